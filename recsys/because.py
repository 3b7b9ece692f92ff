"""Why a recommended article is recommended, told to the request that asked, and nothing that it didn't know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.affinity import Taste
from recsys.candidates import Candidates
from recsys.items import Item, Reason, best
from recsys.mix import SIGNALS
from recsys.reader import Reader

if TYPE_CHECKING:
    from recsys.model import Model

NAMED = 2  # how many articles of the reader's history an item's reasons name


@dataclass(frozen=True, slots=True)
class Because:
    """The reasons of one answer.

    tastes   by signal: the reader's taste in sections and in tags
    weights  (9,) of the signals
    """

    model: "Model"
    reader: Reader
    tastes: Mapping[str, Taste]
    candidates: Candidates
    weights: NDArray[np.float64]

    def item(self, place: int) -> Item:
        """The candidate at `place` with its reasons; what may not be named adds up in one reason without a name."""
        row = int(self.candidates.rows[place])
        strength = self.weights * self.candidates.strength[:, place]
        reasons, unnamed = self._read(place)
        for kind, taste in self.tastes.items():
            weight, name = float(strength[SIGNALS.index(kind)]), taste.strongest(row)
            if name is None:
                unnamed += weight
            elif weight > 0.0:
                reasons.append(Reason(kind=kind, weight=weight, name=name))
        if unnamed > 0.0:
            reasons.append(Reason(kind="because_read", weight=unnamed))
        for kind in ("liked", "popular", "new"):
            weight = float(strength[SIGNALS.index(kind)])
            if weight > 0.0:
                reasons.append(Reason(kind=kind, weight=weight))
        reasons.sort(key=lambda reason: -reason.weight)
        return Item(row, sum(reason.weight for reason in reasons), tuple(reasons))

    def _read(self, place: int) -> tuple[list[Reason], float]:
        """Reasons that name the articles whose votes count most, and the weight of all other votes together."""
        votes, rows = self.candidates.votes, self.reader.rows
        own = np.flatnonzero(votes.place == place)
        weight = self.weights[votes.signal[own]] * votes.weight[own]
        by_owner = np.bincount(votes.owner[own], weight, rows.size).astype(np.float64)
        named = np.flatnonzero(self.reader.nameable & (by_owner > 0.0))
        named = named[best(by_owner[named], named, NAMED)]
        reasons = [
            Reason(kind="because_read", weight=float(by_owner[at]), article_id=self.model.articles.id(int(rows[at])))
            for at in named.tolist()
        ]
        return reasons, float(by_owner.sum() - by_owner[named].sum())
