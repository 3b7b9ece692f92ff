"""Which of the candidates stand in a Recommendation: not all of one kind, and not the same ones day after day.

Score says how good an article is for the reader, and in what order the chosen ones stand. Whether a candidate near the
edge is chosen depends also on what stands there already, and a little on the day.
"""

from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.carried import KINDS, kind_of
from recsys.items import Wish
from recsys.rules.placing import leading

if TYPE_CHECKING:
    from recsys.model import Model

POOL = 5  # times the places: so many candidates are compared with each other
ROTATION = 0.2  # the greatest part of its score that chance may take from an article when it is chosen

_CAPPED = ("section", "author")  # of one of these there may be only so many
NO_NAME = -1

# More than relevance and likeness can make up for: first what is neither full nor buried, then the rest.
_FULL, _BURIED = 10.0, 100.0

# Constants of splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
_GAMMA, _MIX1, _MIX2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def chosen(
    model: "Model",
    wish: Wish,
    rows: NDArray[np.integer],
    score: NDArray[np.float64],
    *,
    diversity: float,
    chance: int | None,
) -> NDArray[np.intp]:
    """Positions of at most `wish.limit` of the candidates, in the order of their scores, equal ones by lower row.

    rows, score  (c,) score > 0
    diversity    0..1; 0: the best; else maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998) among the
                 best few dozen, and of one section or author at most (1 - diversity) of the places, rounded up, where
                 there are others
    chance       a seed: the same one, the same choice; None: no chance
    """
    worth = score if chance is None else score * (1.0 - ROTATION * uniform(rows, chance))
    if diversity > 0.0 and rows.size > wish.limit > 0:
        pool = leading(wish, worth, rows, POOL * wish.limit)
        picked = pool[_diverse(model, wish, rows[pool], worth[pool], diversity)]
    elif chance is not None:
        picked = leading(wish, worth, rows, wish.limit)
    else:
        return leading(wish, score, rows, wish.limit)
    return picked[leading(wish, score[picked], rows[picked], picked.size)]


def uniform(rows: NDArray[np.integer], seed: int) -> NDArray[np.float64]:
    """(m,) a number in [0, 1) for each of `rows` (m,), by chance, always the same for a row and a seed."""
    mixed = (rows.astype(np.uint64) + np.uint64(1)) * _GAMMA + np.uint64(seed)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX2
    found: NDArray[np.float64] = ((mixed ^ (mixed >> np.uint64(31))) >> np.uint64(11)) * np.float64(2.0**-53)
    return found


def _diverse(
    model: "Model", wish: Wish, rows: NDArray[np.integer], worth: NDArray[np.float64], diversity: float
) -> NDArray[np.intp]:
    """Positions of `wish.limit` of `rows` (p,), best first, p > limit: each the best beside those before it."""
    kinds, alike = _names(model, rows)
    alike *= diversity
    value = (1.0 - diversity) * worth / worth.max()
    if wish.ruled is not None and wish.ruled.buries:
        value -= _BURIED * wish.ruled.buried(rows)
    codes = [code_of.tolist() for code_of in kinds]
    nearest = np.zeros(rows.size)
    most = max(1, ceil((1.0 - diversity) * wish.limit))
    taken: dict[tuple[int, int], int] = {}
    picked: list[int] = []
    for _ in range(wish.limit):
        place = int((value - nearest).argmax())
        picked.append(place)
        value[place] = -np.inf
        np.maximum(nearest, alike[place], out=nearest)
        for kind, code_of in enumerate(codes):
            code = code_of[place]
            if code != NO_NAME:
                taken[kind, code] = taken.get((kind, code), 0) + 1
                if taken[kind, code] == most:
                    value[kinds[kind] == code] -= _FULL
    return np.array(picked, np.intp)


def _names(model: "Model", rows: NDArray[np.integer]) -> tuple[list[NDArray[np.intp]], NDArray[np.float64]]:
    """The most particular section and the last author of `rows` (p,), (p,) each; and their likeness (p, p), 0..1.

    Likeness is the cosine of the names that two carry, of which those that few of the rows carry count most.
    """
    owner, code = model.carrying.of(rows)
    place = model.mix.slate.last(code)
    last = np.empty(len(KINDS) * rows.size, np.intp)
    last.fill(NO_NAME)
    last[kind_of(code) * rows.size + owner] = code  # of several the last one stays
    by_kind = last.reshape(len(KINDS), rows.size)
    kinds = [by_kind[KINDS.index(name)] for name in _CAPPED]
    carriers = np.bincount(place, minlength=place.size).take(place)
    weight = np.log((1.0 + rows.size) / carriers)
    length = np.sqrt(np.bincount(owner, weight * weight, rows.size))
    shared = (carriers > 1).nonzero()[0]  # others add to the length alone
    column_of = np.zeros(place.size, np.intp)
    column_of[place.take(shared)] = 1
    column_of = column_of.cumsum() - 1
    part = np.zeros((rows.size, int(column_of.max(initial=-1)) + 1))
    part[owner.take(shared), column_of.take(place.take(shared))] = weight.take(shared)
    part /= np.maximum(length, 1e-9)[:, None]
    return kinds, part @ part.T
