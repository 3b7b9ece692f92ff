"""Which of the candidates stand in a Recommendation: not all of one kind, and not the same ones day after day.

Score says how good an article is for the reader, and in what order the chosen ones stand. Whether a candidate near the
edge is chosen depends also on what stands there already, and a little on the day.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.carried import KIND, KINDS
from recsys.items import Wish
from recsys.variety_kernel import picked

if TYPE_CHECKING:
    from recsys.model import Model

POOL = 5  # times the places: so many candidates are compared with each other
ROTATION = 0.2  # the greatest part of its score that chance may take from an article when it is chosen

_CAPPED = np.array([KINDS.index(kind) for kind in ("section", "author")])  # of one of these there may be only so many

# Constants of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
_GAMMA, _MIX1, _MIX2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def chosen(
    model: "Model",
    wish: Wish,
    rows: NDArray[np.int32],
    score: NDArray[np.float64],
    *,
    diversity: float,
    chance: int | None,
) -> NDArray[np.intp]:
    """Positions of at most `wish.limit` of the candidates, in the order of their scores, equal ones by lower row.

    rows, score  (c,) those with no score are not chosen
    diversity    0..1; 0: the best; else maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) among the
                 best few dozen, and of one section or author at most (1 - diversity) of the places, rounded up, where
                 there are others
    chance       a seed: the same one, the same choice; None: no chance
    """
    worth = score if chance is None else score * (1.0 - ROTATION * uniform(rows, chance))
    late = wish.ruled.buried(rows) if wish.ruled is not None and wish.ruled.buries else np.zeros(rows.size, np.bool_)
    least, pool = wish.min_score or 0.0, POOL * wish.limit
    places = np.empty(max(0, wish.limit), np.int64)
    m = picked(model.carrying.table, rows, score, worth, late, least, diversity, pool, _CAPPED, KIND, places)
    return places[:m]


def uniform(rows: NDArray[np.integer], seed: int) -> NDArray[np.float64]:
    """(m,) a number in [0, 1) for each of `rows` (m,), by chance, always the same for a row and a seed."""
    mixed = (rows.astype(np.uint64) + np.uint64(1)) * _GAMMA + np.uint64(seed)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX2
    found: NDArray[np.float64] = ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) * np.float64(2.0**-53)
    return found
