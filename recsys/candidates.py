"""The candidates of a Recommendation, and how strongly each signal speaks for each of them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.affinity import Taste
from recsys.items import WINDOWS, Wish, best
from recsys.mix import SIGNALS
from recsys.ranking import LEADERS, Standing
from recsys.reader import Reader

if TYPE_CHECKING:
    from recsys.model import Model

POPULAR = 100  # how many of the most read and of the newest are candidates, and as many of the section read most
NEIGHBOURS = 30  # how many text neighbours each article brings
FRESH = 3  # of so many of the newest reads also neighbours that were published since the bundle

NOWHERE = -1

_WINDOW = WINDOWS.index("day")
_SECTION, _TAGS, _LIKED, _POPULAR, _NEW = (SIGNALS.index(n) for n in ("section", "tags", "liked", "popular", "new"))


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes of the reader's articles for candidates, four arrays of equal length.

    signal  position in SIGNALS      owner   position in `Reader.rows`
    place   position in the rows     weight  float64, > 0; the votes for one candidate sum to its strength
    """

    signal: NDArray[np.intp]
    owner: NDArray[np.intp]
    place: NDArray[np.intp]
    weight: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """What speaks for c candidates.

    rows       (c,) ascending, distinct
    strength   (9, c) float64 in 0..1, by signal; the best candidate of a signal that says anything has 1
    votes      what the strength of the signals that are ties consists of
    """

    rows: NDArray[np.integer]
    strength: NDArray[np.float64]
    votes: Votes


def candidates_for(model: "Model", reader: Reader, tastes: Mapping[str, Taste], wish: Wish, now: int) -> Candidates:
    """All articles that `wish` admits and that are tied to what the reader read, or that readers favour now.

    tastes  the reader's, by signal: "section" and "tags"
    """
    n = len(model.articles)
    free = np.ones(n, np.bool_)
    free[np.fromiter(wish.exclude, np.int64, len(wish.exclude))] = False
    wish = replace(wish, exclude=frozenset())
    signal, owner, tied, weight = _ties(model, reader)
    standing = model.ranking.standing(model.articles, model.engagement, _WINDOW, now)
    section = tastes["section"].favourite(reader)
    wanted = np.zeros(n, np.bool_)
    for some in (tied, model.mix.liked_rows, _favoured(model, standing, free, section=section, wish=wish, now=now)):
        wanted[some] = True
    rows = np.flatnonzero(wanted & free)
    rows = rows[model.articles.admits(rows, wish, now)]
    strength = np.zeros((len(SIGNALS), rows.size))
    if not rows.size:
        nothing = np.zeros(0, np.intp)
        return Candidates(rows, strength, Votes(nothing, nothing, nothing, np.zeros(0)))
    place_of = np.full(n, NOWHERE, np.int32)
    place_of[rows] = np.arange(rows.size)
    place = place_of[tied]
    kept = np.flatnonzero(place != NOWHERE)
    signal, owner, place, weight = signal[kept], owner[kept], place[kept], weight[kept]
    strength += np.bincount(signal * rows.size + place, weight, strength.size).reshape(strength.shape)
    strength[_SECTION] = tastes["section"].of_rows(rows)
    strength[_TAGS] = tastes["tags"].of_rows(rows)
    strength[_LIKED] = model.mix.liked(rows)
    strength[_POPULAR] = standing.interest[rows]
    strength[_NEW] = standing.expected[rows]
    scale = strength.max(axis=1)
    scale[scale == 0.0] = 1.0
    return Candidates(rows, strength / scale[:, None], Votes(signal, owner, place, weight / scale[signal]))


def tastes_of(model: "Model", reader: Reader) -> dict[str, Taste]:
    """The reader's taste in sections and tags, by signal."""
    groups = model.articles.groups
    return {"section": Taste.of(groups["section"], reader), "tags": Taste.of(groups["tag"], reader)}


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
    place, column = np.nonzero(stored.rows >= 0)
    fresh = [model.neighbours.neighbours(row, NEIGHBOURS) for row in rows[:FRESH].tolist()]
    owners = [np.full(near.size, at) for at, (near, _) in enumerate(fresh)]
    near = [near for near, _ in fresh]
    cosine = [cosine for _, cosine in fresh]
    return (
        np.concatenate([*owners, place + FRESH]),
        np.concatenate([*near, stored.rows[place, column]]),
        np.concatenate([*cosine, stored.scores[place, column]]),
    )


def _favoured(
    model: "Model", standing: Standing, free: NDArray[np.bool_], *, section: str | None, wish: Wish, now: int
) -> NDArray[np.intp]:
    """The `free` rows (n,) that readers favour now or are about to, of all and of one section."""
    rows = standing.leaders[free[standing.leaders]]
    rows = rows[model.articles.admits(rows, wish, now)]
    if rows.size < POPULAR and standing.score.size > LEADERS:
        rows = np.flatnonzero(free)
        rows = rows[model.articles.admits(rows, wish, now)]
    pools = [rows] if section is None else [rows, rows[model.articles.groups["section"].has(rows, section)]]
    signals = (standing.interest, standing.expected)
    return np.concatenate([pool[best(of[pool], pool, POPULAR)] for pool in pools for of in signals])
