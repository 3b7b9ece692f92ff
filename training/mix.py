"""Fits how much each signal weighs in a Recommendation, on what readers turned to after a cut in time.

Two kinds of questions are asked of a model of before the cut. *Here*: event by event, with everything known up to that
second, what does a reader turn to who was active a moment ago? *Away*: the same for one who comes back, and at the cut
itself, what will each visitor known by then turn to whenever they come back?
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from recsys.candidates import candidates_for, tastes_of
from recsys.items import Wish
from recsys.metrics import ndcg
from recsys.mix import AWAY, SIGNALS
from recsys.model import Model
from recsys.reader import Reader, reader_of
from training.comparison import SEED
from training.progress import Progress
from training.replay import EVENTS, Acts, play

QUESTIONS = 300  # at the cut, and twice as many after it
ENOUGH = 50  # with fewer questions the default stays
PLACES = 10

_POPULAR = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
_LIKED = (0.0, 0.5, 0.9)  # the share of that which goes to "liked"
_NEW = (0.0, 0.3, 1.0)  # the weight of "new" in weights of "popular"

_FITTED = [SIGNALS.index(name) for name in ("liked", "popular", "new")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was known when one reader was to be recommended something, and what that reader turned to.

    group     questions of one group weigh together as much as those of another: a visitor's, of one kind
    strength  (9, c) float32 of the candidates, by signal
    wanted    the places of what the reader turned to
    most      how many of these there are, candidates or not
    """

    group: int
    strength: NDArray[np.float32]
    wanted: NDArray[np.intp]
    most: int


def fit_mix(model: Model, acts: Acts, cut: int, progress: Progress) -> NDArray[np.float64]:
    """`Mix.weights` by which what readers turned to after `cut` stood highest (nDCG@10, mean over visitors).

    model  as of `cut`; it meets the later events one by one
    acts   of all events, in order of time
    """
    later = acts.only(acts.at >= cut)
    away = list(_coming_back(model, later, cut))
    here: list[Asked] = []
    for question, idle in _going_on(model, later, progress):
        (away if idle > AWAY else here).append(question)
    weights = model.mix.weights.copy()
    for row, asked in enumerate((here, away)):
        if len(asked) >= ENOUGH:
            weights[row] = _fitted(weights[row], asked)
    return weights


def _coming_back(model: Model, later: Acts, cut: int) -> Iterator[Asked]:
    """One question a visitor known at the cut."""
    liked = later.only((later.strength > 0) & (later.visitor != 0))
    visitors = np.unique(liked.visitor)
    if visitors.size > QUESTIONS:
        visitors = np.random.default_rng(SEED).choice(visitors, QUESTIONS, replace=False)
    for visitor in visitors.tolist():
        reader = reader_of(cut, model.histories.of_key(visitor))
        rows = np.setdiff1d(liked.row[liked.visitor == visitor], list(reader.seen))
        rows = rows[model.articles.shown(rows, cut)]
        if reader.idle is not None and reader.idle > AWAY and rows.size:
            yield _asked(model, reader, rows, cut, group=-1 - visitor)


def _going_on(model: Model, later: Acts, progress: Progress) -> Iterator[tuple[Asked, int]]:
    """Questions spread over the later events, each with how long the reader had been idle; the model moves along."""
    later = later.only(slice(EVENTS))
    likes = np.flatnonzero((later.strength > 0) & (later.visitor != 0))
    if likes.size > 2 * QUESTIONS:
        likes = np.sort(np.random.default_rng(SEED).choice(likes, 2 * QUESTIONS, replace=False))
    played = 0
    for done, place in enumerate(likes.tolist()):
        before = int(np.searchsorted(later.at, later.at[place]))
        play(model, later.only(slice(played, before)))
        played = before
        visitor, row, now = int(later.visitor[place]), int(later.row[place]), int(later.at[place])
        reader = reader_of(now, model.histories.of_key(visitor))
        if reader.idle is not None and row not in reader.seen:
            yield _asked(model, reader, np.array([row]), now, group=visitor), reader.idle
        progress("fitting the recommendation mix", done + 1, likes.size)


def _asked(model: Model, reader: Reader, rows: NDArray[np.integer], now: int, *, group: int) -> Asked:
    found = candidates_for(model, reader, tastes_of(model, reader), Wish(exclude=reader.seen), now)
    return Asked(group, found.strength.astype(np.float32), np.flatnonzero(np.isin(found.rows, rows)), rows.size)


def _fitted(start: NDArray[np.float64], asked: list[Asked]) -> NDArray[np.float64]:
    """Weights (9,): those of "liked", "popular" and "new" as fitted, the others as they were."""
    options = np.array(
        [
            [weight * liked, weight * (1.0 - liked), weight * (1.0 - liked) * new]
            for weight, liked, new in product(_POPULAR, _LIKED, _NEW)
        ]
    )
    weights = np.repeat(start[None, :], len(options), axis=0)
    weights[:, _FITTED] = options
    best: NDArray[np.float64] = weights[int(np.argmax(_quality(weights, asked)))]
    return best


def _quality(options: NDArray[np.float64], asked: list[Asked]) -> NDArray[np.float64]:
    """(o,) nDCG@10 of the options (o, 9), mean over groups."""
    groups, of_group = np.unique([question.group for question in asked], return_inverse=True)
    total = np.zeros((len(options), groups.size))
    weights = options.astype(np.float32)
    for group, question in zip(of_group.tolist(), asked, strict=True):
        if question.wanted.size:
            ideal = np.zeros((len(options), PLACES))
            ideal[:, : question.most] = 1.0
            gains = np.zeros((len(options), PLACES))
            first = _first(weights @ question.strength)
            gains[:, : first.shape[1]] = np.isin(first, question.wanted)
            total[:, group] += ndcg(gains, ideal)
    means: NDArray[np.float64] = (total / np.bincount(of_group)).mean(axis=1)
    return means


def _first(score: NDArray[np.float32]) -> NDArray[np.intp]:
    """(o, at most PLACES) the places of the highest scores (o, c) of each row, best first."""
    k = min(PLACES, score.shape[1])
    top = np.argpartition(-score, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(score, top, axis=1), axis=1, kind="stable")
    return np.take_along_axis(top, order, axis=1)
