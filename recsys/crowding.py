"""Keeps one template from filling a list: market reports, weather and draws that repeat each other word for word.

Such items are no duplicates, so a list may show some; beyond the third that resembles the others word for word, items
of other words go first that score half as much or more. What is left out comes back where there are no more of those,
and the order stays that of the score.
"""

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import Neighbours
from recsys.lookup import met

CROWD = 3  # items of one template before all others had their turn
WORD_FOR_WORD = 0.5  # cosine from which two articles count as made from one template
GOOD = 0.5  # of the score of what is left out: others that score less don't go first
DEPTH = 4  # times the places: so many of the best are looked at


def uncrowded(rows: NDArray[np.integer], score: NDArray[np.float64], lists: Neighbours, k: int) -> NDArray[np.intp]:
    """Positions of k of `rows` (m,), ascending.

    score  (m,) falling      lists  the nearest of each of `rows`, (m, any)
    """
    if k >= rows.size or not np.any(lists.scores[:, 0] >= WORD_FOR_WORD):
        return np.arange(min(k, rows.size))
    alike = _alike(rows, lists)
    chosen: list[int] = []
    crowded: list[int] = []
    for place in range(rows.size):
        if len(chosen) == k or (crowded and score[place] < GOOD * score[crowded[0]]):
            break
        (crowded if np.count_nonzero(alike[place, chosen]) >= CROWD else chosen).append(place)
    rest = [*crowded, *range(len(chosen) + len(crowded), rows.size)]
    return np.array(sorted(chosen + rest[: k - len(chosen)]), np.intp)


def _alike(rows: NDArray[np.integer], lists: Neighbours) -> NDArray[np.bool_]:
    """(m, m) which of `rows` resemble each other word for word, as far as either stands among the other's nearest."""
    owner, place = np.nonzero(lists.scores >= WORD_FOR_WORD)
    order = np.argsort(rows)
    at, found = met(rows[order], lists.rows[owner, place])
    alike = np.zeros((rows.size, rows.size), np.bool_)
    alike[owner[at], order[found]] = True
    return alike | alike.T
