"""How interest in an article runs over its age, read off all articles of a site together."""

import numpy as np
from numpy.typing import NDArray

from recsys.times import DAY, MINUTE

# Ages at which the curve may bend: dense while an article is young.
AGES = np.concatenate([[0.0], np.geomspace(15.0 * MINUTE, 20 * 365.0 * DAY, 48)])


class AgeCurve:
    """Interest drawn by age, kept up as acts are added in order of time.

    Between two ages the rate is all interest drawn then, over all time that articles of that age were observed: from
    the first act on the site to the moment asked for. An act before publication counts as of age 0.
    """

    def __init__(self, published: NDArray[np.int64], first_act: int) -> None:
        """published  (n,) microseconds, of the articles that count"""
        self._published = np.sort(published)
        self._sums = np.concatenate([[0.0], np.cumsum(self._published - first_act, dtype=np.float64)])
        self._first_act = first_act
        self._total = np.zeros(AGES.size - 1)

    def add(self, age: NDArray[np.integer], weight: NDArray[np.float64]) -> None:
        """Acts on articles that count: (m,) age of the article, microseconds, and what the act adds to its interest."""
        bucket = np.minimum(np.searchsorted(AGES, np.maximum(age, 0), side="right") - 1, AGES.size - 2)
        self._total += np.bincount(bucket, weight, AGES.size - 1)

    def drawn(self, until: int) -> NDArray[np.float64]:
        """(g,) how much an article draws by each of AGES, on the average: ascending from 0."""
        observed = np.diff(self._lived(until) - self._lived(self._first_act))
        rate = np.divide(self._total, observed, out=np.zeros_like(self._total), where=observed > 1.0)
        return np.concatenate([[0.0], np.cumsum(rate * np.diff(AGES))])

    def _lived(self, until: int) -> NDArray[np.float64]:
        """(g,) the time that all articles together had spent below each of AGES at the moment `until`."""
        born = int(np.searchsorted(self._published, until, side="right"))
        older = np.searchsorted(self._published[:born], until - AGES, side="right")
        younger = born - older
        lived: NDArray[np.float64] = (
            older * AGES + younger * float(until - self._first_act) - (self._sums[born] - self._sums[older])
        )
        return lived
