"""How each setting of a grid would have ranked a site's past moments, by what was known then."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from recsys.interest import decayed
from recsys.items import Window
from recsys.metrics import ndcg
from recsys.times import DAY, HOUR, MINUTE
from training.age_curve import AGES, AgeCurve
from training.traces import Traces

HORIZONS: dict[Window, int] = {"hour": HOUR, "day": DAY, "week": 7 * DAY, "month": 30 * DAY}

# A setting is a half-life, each twice the one before, and the weight of an article's own readers: a fifth at least, so
# that they can always change the order. No site measured did better with less.
HALF_LIVES = 20.0 * MINUTE * 2.0 ** np.arange(13)
MIXES = np.array([0.2, 0.3, 0.5, 0.7, 0.9, 1.0])

# Between replays of a window: no multiple of a day, so that all hours of the day have their turn.
STEPS: dict[Window, int] = {"hour": 7 * HOUR, "day": 25 * HOUR, "week": 25 * HOUR, "month": 49 * HOUR}
MOMENTS = 60  # replays of a window, at most
WARM_UP = 30  # acts before the first of them
DEPTH = 20  # of nDCG
CANDIDATES = 100  # by each half-life, and by age


class Past:
    """What was known at a moment that only moves on."""

    def __init__(self, traces: Traces, published: NDArray[np.int64]) -> None:
        """published  (n,) microseconds, of every article that `traces` name"""
        self._traces = traces
        self._published = published
        self._used = 0
        self._now = int(traces.at[0]) if traces.at.size else 0
        self._interest = np.zeros((HALF_LIVES.size, published.size))
        self._curve = AgeCurve(published, self._now)

    def advance(self, now: int) -> None:
        """Takes in all acts stamped before `now`."""
        end = int(np.searchsorted(self._traces.at, now))
        new = self._traces.only(slice(self._used, end))
        for column, half_life in enumerate(HALF_LIVES):
            former = decayed(new.former, new.former_at, new.at, half_life)
            gained = np.maximum(new.weight - former, 0.0)
            won = np.bincount(new.row, decayed(gained, new.at, now, half_life), self._published.size)
            self._interest[column] = decayed(self._interest[column], self._now, now, half_life) + won
        first = new.former == 0.0
        self._curve.add(new.at[first] - self._published[new.row[first]], new.weight[first])
        self._used, self._now = end, now

    def scores(self, horizon: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Articles (c,) that any setting may rank high, ascending, and their scores by every setting (s, c)."""
        out = np.flatnonzero(self._published < self._now)
        curve = self._curve.drawn(self._now)
        ages = (self._now - self._published[out]).astype(np.float64)
        expected = np.interp(ages + horizon, AGES, curve) - np.interp(ages, AGES, curve)
        best = [_top(of_age, CANDIDATES) for of_age in (expected, -ages)]
        best += [_top(interest[out], CANDIDATES) for interest in self._interest]
        kept = np.unique(np.concatenate(best))
        promise = 1.0 - 0.5 ** (horizon / HALF_LIVES)
        own = self._interest[:, out[kept]] * promise[:, np.newaxis]
        mixed = MIXES[:, np.newaxis] * own[:, np.newaxis, :] + (1.0 - MIXES[:, np.newaxis]) * expected[kept]
        return out[kept], mixed.reshape(-1, kept.size)

    def drawn(self, horizon: int) -> NDArray[np.float64]:
        """(n,) what articles that were out drew in the `horizon` that followed: the truth, which the past can't see."""
        end = int(np.searchsorted(self._traces.at, self._now + horizon))
        acts = self._traces.only(slice(self._used, end))
        found: NDArray[np.float64] = np.bincount(acts.row, acts.weight, self._published.size).astype(np.float64)
        found[self._published >= self._now] = 0.0
        return found


def replay_grid(traces: Traces, published: NDArray[np.int64]) -> dict[Window, NDArray[np.float64]]:
    """By window (s, r): the nDCG@20 of each setting, half-lives by mixes, at each of r moments, the latest last.

    published  (n,) microseconds
    cost       O(moments x n x half-lives + acts x half-lives)
    """
    found: dict[Window, list[NDArray[np.float64]]] = {window: [] for window in HORIZONS}
    asked = _moments(traces.at)
    past = Past(traces, published)
    for moment in sorted(asked):
        past.advance(moment)
        for window in asked[moment]:
            truth = past.drawn(HORIZONS[window])
            if truth.any():
                found[window].append(_quality(*past.scores(HORIZONS[window]), truth))
    settings = HALF_LIVES.size * MIXES.size
    return {
        window: np.stack(of_moments, axis=1) if of_moments else np.zeros((settings, 0))
        for window, of_moments in found.items()
    }


def _moments(at: NDArray[np.int64]) -> dict[int, list[Window]]:
    """When to replay which windows: back from the end in steps, as long as anything was known."""
    asked: dict[int, list[Window]] = defaultdict(list)
    if at.size > WARM_UP:
        for window, horizon in HORIZONS.items():
            latest = int(at[-1]) - horizon
            for moment in range(latest, int(at[WARM_UP]), -STEPS[window])[:MOMENTS]:
                asked[moment].append(window)
    return asked


def _quality(rows: NDArray[np.intp], scores: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """(s,) nDCG of the ranking by each of `scores` (s, c), of articles `rows` (c,), against `truth` (n,)."""
    top = min(DEPTH, rows.size)
    kept = np.sort(np.argpartition(-scores, top - 1, axis=1)[:, :top], axis=1)
    order = np.argsort(-np.take_along_axis(scores, kept, axis=1), axis=1, kind="stable")
    order = np.take_along_axis(kept, order, axis=1)
    gains = np.zeros((len(scores), DEPTH))
    gains[:, : order.shape[1]] = truth[rows[order]]
    ideal = np.zeros(DEPTH)
    most = np.sort(truth)[::-1][:DEPTH]
    ideal[: most.size] = most
    return ndcg(gains, np.broadcast_to(ideal, gains.shape))


def _top(values: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    return np.argpartition(-values, k)[:k] if k < values.size else np.arange(values.size)
