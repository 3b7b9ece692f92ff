"""The candidates of a Recommendation, and how strongly each signal speaks for each of them.

Two kinds of articles are looked at: those most strongly tied to what the reader read, and those that readers favour.
Neither is more than a few hundred, so that an answer costs the same on a site of a thousand articles and of a million.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.affinity import Taste
from recsys.favoured import LEADERS, strengths
from recsys.items import Wish, best
from recsys.lookup import union
from recsys.mix import SIGNALS
from recsys.reader import Reader
from recsys.rules.placing import weighed

if TYPE_CHECKING:
    from recsys.model import Model

TIED = 200  # of the articles tied to the reader's so many are candidates
POPULAR = 100  # with fewer favourites that a wish admits, the whole site is searched for more
NEIGHBOURS = 30  # how many text neighbours each article brings
FRESH = 3  # of so many of the newest reads also neighbours that were published since the bundle

TASTES = {"section": "section", "tags": "tag"}  # by signal, the group of names

_LIKED, _POPULAR, _NEW = (SIGNALS.index(name) for name in ("liked", "popular", "new"))
_TIES = 4  # the first signals are ties, in the order of SIGNALS


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes of the reader's articles for others, candidates or not: (v,) each but rows and scale.

    rows    (t,) what there are votes for, ascending, distinct      place  position in `rows`
    signal  position in SIGNALS      owner  position in `Reader.rows`
    weight  float64, > 0      scale  (4,) by signal: divided by it, the votes for a candidate sum to its strength
    """

    rows: NDArray[np.integer]
    place: NDArray[np.intp]
    signal: NDArray[np.intp]
    owner: NDArray[np.intp]
    weight: NDArray[np.float64]
    scale: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What speaks for c candidates.

    rows       (c,) ascending, distinct
    strength   (9, c) float64 in 0..1, by signal; the best candidate of a signal that says anything has 1
    tastes     by signal: the reader's taste in sections and in tags, and how the candidates match it
    votes      what the strength of the signals that are ties consists of
    """

    rows: NDArray[np.integer]
    strength: NDArray[np.float64]
    tastes: Mapping[str, Taste]
    votes: Votes


def candidates_for(model: "Model", reader: Reader, wish: Wish, now: int) -> Candidates:
    """All articles that `wish` admits and that are tied to what the reader read, or that readers favour now."""
    exclude = np.sort(np.fromiter(wish.exclude, np.int64, len(wish.exclude)))
    wish = replace(wish, exclude=frozenset())
    signal, owner, tied, weight = _ties(model, reader)
    tied_rows, place = _distinct(tied)
    sums = np.bincount(signal * tied_rows.size + place, weight, _TIES * tied_rows.size).astype(np.float64, copy=False)
    known = np.flatnonzero(_without(tied_rows, exclude))
    known = known[model.articles.admits(tied_rows[known], wish, now)]
    strength = sums.reshape(_TIES, tied_rows.size).take(known, axis=1)
    scale = _greatest(strength)
    if known.size > TIED:
        together = (model.mix.weights_at(reader.idle or 0)[:_TIES] / scale) @ strength
        most = np.sort(best(weighed(wish, tied_rows[known], together), tied_rows[known], TIED))
        known, strength = known[most], strength.take(most, axis=1)

    favoured, clock = _favoured(model, exclude, wish, now)
    rows = union(tied_rows[known], favoured)
    found = np.zeros((len(SIGNALS), rows.size))
    found[:_TIES, np.searchsorted(rows, tied_rows[known])] = strength / scale[:, None]
    tastes = {kind: Taste.of(model.articles.groups[group], reader, rows) for kind, group in TASTES.items()}
    for kind, taste in tastes.items():
        found[SIGNALS.index(kind)] = taste.match
    found[_LIKED] = model.mix.liked(rows)
    found[_POPULAR], found[_NEW] = strengths(model, rows, clock)
    found[_TIES:] /= _greatest(found[_TIES:])[:, None]
    return Candidates(rows, found, tastes, Votes(tied_rows, place, signal, owner, weight, scale))


def _ties(
    model: "Model", reader: Reader
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.integer], NDArray[np.float64]]:
    """Signal, owner, article tied to and weight of every tie of the reader's articles."""
    covisits = model.covisits
    tables = [table.gather(reader.rows) for table in (covisits.together_table, covisits.after_table)]
    tables += [covisits.learned_table.gather(reader.rows), _alike(model, reader.rows)]
    owner, tied, score = (np.concatenate(parts) for parts in zip(*tables, strict=True))
    signal = np.repeat(np.arange(len(tables)), [rows.size for _, rows, _ in tables])
    return signal, owner, tied, reader.weights[owner] * score


def _alike(model: "Model", rows: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.int32], NDArray[np.float32]]:
    """The text neighbours of `rows`: position in `rows`, neighbour, cosine."""
    stored = model.neighbours.first_lists(rows[FRESH:], NEIGHBOURS)
    flat = stored.rows.ravel()
    there = np.flatnonzero(flat >= 0)
    fresh = [model.neighbours.neighbours(row, NEIGHBOURS) for row in rows[:FRESH].tolist()]
    sizes = [near.size for near, _ in fresh]
    return (
        np.concatenate([np.repeat(np.arange(len(fresh)), sizes), there // max(1, stored.rows.shape[1]) + FRESH]),
        np.concatenate([*(near for near, _ in fresh), flat[there]]),
        np.concatenate([*(cosine for _, cosine in fresh), stored.scores.ravel()[there]]),
    )


def _distinct(rows: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """`np.unique` with its inverse, of rows (m,) >= 0: row and position sort as one number, a third of the time."""
    bits = int(rows.size).bit_length()
    key = (rows.astype(np.int64) << bits) | np.arange(rows.size)
    key.sort()
    ordered = key >> bits
    first = np.ones(rows.size, np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    place = np.empty(rows.size, np.intp)
    place[key & ((1 << bits) - 1)] = np.cumsum(first) - 1
    return ordered[first], place


def _without(rows: NDArray[np.integer], exclude: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each of `rows` (m,), ascending and distinct, is none of `exclude`."""
    mask = np.ones(rows.size, np.bool_)
    if rows.size:
        at = np.minimum(np.searchsorted(rows, exclude), rows.size - 1)
        mask[at[rows[at] == exclude]] = False
    return mask


def _greatest(strength: NDArray[np.float64]) -> NDArray[np.float64]:
    """(s,) the greatest of each row (s, c); 1 where there is nothing above 0."""
    found: NDArray[np.float64] = strength.max(axis=1, initial=0.0)
    found[found == 0.0] = 1.0
    return found


def _favoured(model: "Model", exclude: NDArray[np.int64], wish: Wish, now: int) -> tuple[NDArray[np.integer], int]:
    """The rows, ascending, that readers favour at `now` or liked lately and that may be shown; and the site's clock."""
    leading, clock = model.mix.favoured.at(model, now)
    rows = union(leading, model.mix.liked_rows)
    rows = rows[_without(rows, exclude)]
    rows = rows[model.articles.admits(rows, wish, now)]
    if rows.size >= POPULAR or leading.size < LEADERS:
        return rows, clock
    rows = np.arange(len(model.articles))
    rows = rows[_without(rows, exclude)]
    rows = rows[model.articles.admits(rows, wish, now)]
    first = [best(strength, rows, LEADERS) for strength in strengths(model, rows, clock)]
    return rows[np.unique(np.concatenate(first))], clock
