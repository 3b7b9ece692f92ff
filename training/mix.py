"""Fits how much each signal weighs in a Recommendation, on what readers turned to after a cut in time.

Two kinds of questions are asked of a model of before the cut. *Here*: like by like, with everything known up to that
event, what does a reader turn to who was active a moment ago? *Away*: the same for one who comes back, and at the cut
itself, what will visitors known by then turn to whenever they come back?

A reader is taken to choose among the candidates with probabilities exp(score) / sum of exp(score): a conditional logit
model (McFadden 1974). The weights are the most probable ones, none below 0, where beforehand each was normally
distributed around its default: a site that says little keeps the default, which favours what is tied to the reader.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from recsys.candidates import candidates_for
from recsys.items import Wish
from recsys.mix import AWAY
from recsys.model import Model
from recsys.reader import Reader, reader_of
from training.comparison import SEED
from training.progress import Progress
from training.replay import PLAYED, Acts, play

AT_CUT = 150  # visitors asked at the cut: fewer than later, as most readers are served when they are there
LATER = 1_000  # likes asked about after it
SHARPNESS = 10.0  # the sum of all weights that is expected beforehand, in the exponent
DOUBT = 1.0  # standard deviation of each weight around its default, in the exponent


@dataclass(frozen=True, slots=True)
class Asked:
    """What was known when one reader was to be recommended something, and what that reader turned to.

    group     questions of one group weigh together as much as those of another: a visitor's, of one kind
    strength  (9, c) float32 of the candidates, by signal
    wanted    (c,) whether the reader turned to it; some are
    """

    group: int
    strength: NDArray[np.float32]
    wanted: NDArray[np.bool_]


def fit_mix(model: Model, acts: Acts, cut: int, progress: Progress) -> NDArray[np.float64]:
    """`Mix.weights` by which what readers turned to after `cut` is most probable, each visitor counting alike.

    model  as of `cut`; it meets the later events one by one
    acts   of all events, in order of time
    """
    later = acts.only(slice(int(np.searchsorted(acts.at, cut)), None))
    away = list(_coming_back(model, later, cut))
    here: list[Asked] = []
    for question, idle in _going_on(model, later, progress):
        (away if idle > AWAY else here).append(question)
    before = model.mix.weights
    return np.array([most_probable(before[0], here), most_probable(before[1], away)])


def most_probable(before: NDArray[np.float64], asked: list[Asked]) -> NDArray[np.float64]:
    """Weights (9,), >= 0, sum 1, that explain best what was wanted; `before` (9,), sum 1, where nothing was."""
    if not asked:
        return before
    strength = np.concatenate([question.strength for question in asked], axis=1).astype(np.float64)
    sizes = np.array([question.wanted.size for question in asked])
    starts = np.cumsum(sizes) - sizes
    groups: dict[int, int] = {}
    owner = np.array([groups.setdefault(question.group, len(groups)) for question in asked])
    counts = 1.0 / np.bincount(owner)[owner]
    wanted = np.concatenate([question.wanted / question.wanted.sum() for question in asked])
    wanted *= np.repeat(counts, sizes)
    expected = SHARPNESS * before

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        score = np.einsum("s,sc->c", weights, strength)
        score -= np.repeat(np.maximum.reduceat(score, starts), sizes)
        odds = np.exp(score)
        total = np.add.reduceat(odds, starts)
        chosen = odds * np.repeat(counts / total, sizes)
        apart = (weights - expected) / DOUBT
        value = np.sum(counts * np.log(total)) - np.sum(wanted * score) + 0.5 * np.sum(apart**2)
        slope = np.einsum("sc,c->s", strength, chosen - wanted) + apart / DOUBT
        return float(value), slope

    bounds = [(0.0, None)] * before.size
    found: NDArray[np.float64] = minimize(loss, expected, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found / found.sum() if found.sum() > 0.0 else before


def _coming_back(model: Model, later: Acts, cut: int) -> Iterator[Asked]:
    """One question a visitor known at the cut."""
    liked = later.only((later.strength > 0) & (later.visitor != 0))
    visitors = np.unique(liked.visitor)
    if visitors.size > AT_CUT:
        visitors = np.random.default_rng(SEED).choice(visitors, AT_CUT, replace=False)
    for visitor in visitors.tolist():
        reader = reader_of(cut, model.histories.of_key(visitor))
        rows = np.setdiff1d(liked.row[liked.visitor == visitor], list(reader.seen))
        if reader.idle is not None and reader.idle > AWAY and rows.size:
            yield from _asked(model, reader, rows, cut, group=-1 - visitor)


def _going_on(model: Model, later: Acts, progress: Progress) -> Iterator[tuple[Asked, int]]:
    """Questions spread over the later events, each with how long the reader had been idle; the model moves along."""
    later = later.only(slice(PLAYED))
    likes = np.flatnonzero((later.strength > 0) & (later.visitor != 0))
    if likes.size > LATER:
        likes = np.sort(np.random.default_rng(SEED).choice(likes, LATER, replace=False))
    played = 0
    for done, place in enumerate(likes.tolist()):
        play(model, later.only(slice(played, place)))
        played = place
        visitor, row, now = int(later.visitor[place]), int(later.row[place]), int(later.at[place])
        reader = reader_of(now, model.histories.of_key(visitor))
        if reader.idle is not None and row not in reader.seen:
            for question in _asked(model, reader, np.array([row]), now, group=visitor):
                yield question, reader.idle
        progress("fitting the recommendation mix", done + 1, likes.size)


def _asked(model: Model, reader: Reader, rows: NDArray[np.integer], now: int, *, group: int) -> Iterator[Asked]:
    """The question, where anything of `rows` is a candidate."""
    found = candidates_for(model, reader, Wish(exclude=reader.seen), now)
    wanted = np.isin(found.rows, rows)
    if wanted.any():
        yield Asked(group, found.strength.astype(np.float32), wanted)
