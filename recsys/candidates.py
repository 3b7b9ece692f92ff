"""The candidates of a Recommendation, and how strongly each signal speaks for each of them.

Two kinds of articles are looked at: those most strongly tied to what the reader read, and those that readers favour.
Neither is more than a few hundred, so that an answer costs the same on a site of a thousand articles and of a million.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.affinity import Taste
from recsys.covisitation import gathered
from recsys.favoured import LEADERS, strengths
from recsys.items import Wish, best, highest
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
    """Votes of the reader's articles for others, candidates or not: (v,) each but bounds and scale.

    article  a number for the article voted for, below `articles`      owner  position in `Reader.rows`
    weight   float64, > 0      bounds  (4,) where the votes of each signal end
    scale    (4,) by signal: divided by it, the votes for a candidate sum to its strength
    """

    article: NDArray[np.intp]
    articles: int
    owner: NDArray[np.intp]
    weight: NDArray[np.float64]
    bounds: NDArray[np.intp]
    scale: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What speaks for c candidates.

    rows       (c,) distinct
    strength   (9, c) float64 in 0..1, by signal; the best candidate of a signal that says anything has 1; ties count
               for those that are tied most strongly alone
    tastes     by signal: the reader's taste in sections and in tags, and how the candidates match it
    votes      what the strength of the signals that are ties consists of
    article    (c,) the numbers of the candidates in `votes`
    """

    rows: NDArray[np.integer]
    strength: NDArray[np.float64]
    tastes: Mapping[str, Taste]
    votes: Votes
    article: NDArray[np.intp]


def candidates_for(model: "Model", reader: Reader, wish: Wish, now: int) -> Candidates:
    """All articles that `wish` admits and that are tied to what the reader read, or that readers favour now."""
    favoured, clock = model.mix.favoured.at(model, now)
    ties = _ties(model, reader)
    met = _Met.of(model, favoured, ties, wish)
    filters = replace(wish, exclude=frozenset())
    strongest, scale = _strongest(model, met, model.mix.weights_at(reader.idle or 0)[:_TIES], filters, now)
    leading = met.numbers[: favoured.size]
    leading = leading[(leading < met.end) & model.articles.admits(favoured, filters, now)]
    if leading.size < POPULAR and favoured.size >= LEADERS:
        met = _Met.of(model, _searched(model, wish, now, clock), ties, wish)
        strongest, scale = _strongest(model, met, model.mix.weights_at(reader.idle or 0)[:_TIES], filters, now)
        leading = met.numbers[: met.favoured]
    chosen = np.zeros(met.end, np.bool_)
    chosen[strongest] = chosen[leading] = True
    article = chosen.nonzero()[0]
    rows = met.rows.take(article)

    found = np.zeros((len(SIGNALS), rows.size))
    among = np.zeros(met.end)
    among[strongest] = 1.0
    np.multiply(met.sums.take(article, axis=1), among.take(article), out=found[:_TIES])
    found[:_TIES] /= scale[:, None]
    tastes = {kind: Taste.of(model.articles.groups[group], reader, rows) for kind, group in TASTES.items()}
    for kind, taste in tastes.items():
        found[SIGNALS.index(kind)] = taste.match
    found[_LIKED] = model.mix.liked(rows)
    found[_POPULAR], found[_NEW] = strengths(model, rows, clock)
    others = found[_TIES:]
    others /= _greatest(others)[:, None]
    votes = Votes(met.numbers[met.favoured : met.end], met.rows.size, ties.owner, ties.weight, ties.bounds, scale)
    return Candidates(rows, found, tastes, votes, article)


class _Ties(NamedTuple):
    """All ties of the reader's articles, signal by signal: (v,) each but `bounds`, and `rows` in parts."""

    rows: list[NDArray[np.int32]]
    owner: NDArray[np.intp]
    weight: NDArray[np.float64]
    bounds: NDArray[np.intp]


def _ties(model: "Model", reader: Reader) -> _Ties:
    covisits = model.covisits
    tables = (covisits.together_table, covisits.after_table, covisits.learned_table)
    owner, bounds, tied, scores = gathered(tables, reader.rows)
    near = model.neighbours.first_lists(reader.rows, NEIGHBOURS, current=FRESH)
    alike, cosine, by = near.rows.ravel(), near.scores.ravel(), np.arange(reader.rows.size).repeat(near.rows.shape[1])
    if alike.min(initial=0) < 0:
        there = (alike >= 0).nonzero()[0]
        alike, cosine, by = alike.take(there), cosine.take(there), by.take(there)
    owner = np.concatenate((owner, by))
    weight = np.concatenate((*scores, cosine), dtype=np.float64)
    weight *= reader.weights.take(owner)
    return _Ties([*tied, alike], owner, weight, np.append(bounds, owner.size))


class _Met(NamedTuple):
    """Favourites, what was voted for and what is out, in this order: m of them, one article perhaps several times.

    rows      (m,)
    numbers   (m,) the last position of the same article, which stands for it
    favoured, end  where favourites and votes end: an article numbered `end` or more is out
    sums      (4, m) float64, by signal and number the votes for an article
    """

    rows: NDArray[np.integer]
    numbers: NDArray[np.intp]
    favoured: int
    end: int
    sums: NDArray[np.float64]

    @classmethod
    def of(cls, model: "Model", favoured: NDArray[np.integer], ties: _Ties, wish: Wish) -> "_Met":
        out = np.fromiter(wish.exclude, np.int64, len(wish.exclude))
        rows = np.concatenate((favoured, *ties.rows, out))
        m, end = rows.size, rows.size - out.size
        numbers = model.mix.slate.last(rows)
        index = numbers[favoured.size : end].copy()
        for signal in range(1, _TIES):
            index[ties.bounds[signal - 1] : ties.bounds[signal]] += signal * m
        sums = np.bincount(index, ties.weight, _TIES * m).astype(np.float64, copy=False).reshape(_TIES, m)
        return cls(rows, numbers, favoured.size, end, sums)


def _strongest(
    model: "Model", met: _Met, weights: NDArray[np.float64], wish: Wish, now: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Numbers of the TIED articles most strongly tied of those that `wish` admits, and the scale of each signal (4,).

    Admission costs most, so first only those are asked about that matter if all are admitted, as mostly they are.
    """
    tied = (met.numbers[met.favoured : met.end] == np.arange(met.favoured, met.end)).nonzero()[0]
    tied += met.favoured
    rows = met.rows.take(tied)
    if tied.size <= TIED:
        tied = tied[model.articles.admits(rows, wish, now)]
        return tied, _greatest(met.sums.take(tied, axis=1))
    strength = met.sums.take(tied, axis=1)
    scale = _greatest(strength)
    top = highest(weighed(wish, rows, (weights / scale) @ strength), rows, TIED)
    deciding = rows.take(np.concatenate((top, strength.argmax(axis=1))))
    if not model.articles.admits(deciding, wish, now).all():
        admitted = model.articles.admits(rows, wish, now).nonzero()[0]
        tied, rows, strength = tied.take(admitted), rows.take(admitted), strength.take(admitted, axis=1)
        scale = _greatest(strength)
        top = highest(weighed(wish, rows, (weights / scale) @ strength), rows, TIED)
    return tied.take(top), scale


def _greatest(strength: NDArray[np.float64]) -> NDArray[np.float64]:
    """(s,) the greatest of each row (s, c); 1 where there is nothing above 0."""
    found: NDArray[np.float64] = strength.max(axis=1, initial=0.0)
    found[found == 0.0] = 1.0
    return found


def _searched(model: "Model", wish: Wish, now: int, clock: int) -> NDArray[np.integer]:
    """The favourites among all articles that the wish admits."""
    rows = np.arange(len(model.articles))
    rows = rows[model.articles.admits(rows, wish, now)]
    first = [best(strength, rows, LEADERS) for strength in strengths(model, rows, clock)]
    return rows[np.unique(np.concatenate(first))]
