"""Ranking as time goes on from a cut: at every step it is made from what is known, and judged by what readers do next.

Truth is what they turn to within 3 hours, a day and a week of what is there at the step. Steps are a day apart; 3 hours
on a site where half of all reading is of articles younger than FAST. The model meets the events as they come.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.items import Window, Wish
from recsys.model import Model
from recsys.ranking import ranking
from recsys.times import DAY, HOUR
from training.comparison import OURS, SEED, Answers
from training.progress import Progress
from training.replay import PLAYED, Acts, Split, play
from training.simple_rankings import simple_rankings

# How far the truth reaches, in words, and the window of the ranking that is made for it.
HORIZONS: Mapping[str, tuple[int, Window]] = {
    "24 hours": (DAY, "day"),
    "3 hours": (3 * HOUR, "hour"),
    "7 days": (7 * DAY, "week"),
}
STEPS = 30  # of one replay, at most
FAST = 12 * HOUR


class Counted(NamedTuple):
    """The acts that say something of an interest, as columns of `Acts`, in order of time."""

    row: NDArray[np.int32]
    at: NDArray[np.int64]
    strength: NDArray[np.float32]

    @classmethod
    def of(cls, acts: Acts) -> "Counted":
        """Those of `acts`."""
        kept = acts.strength > 0
        return cls(acts.row[kept], acts.at[kept], acts.strength[kept])


def replay_ranking(model: Model, split: Split, *, k: int, steps: int = STEPS, progress: Progress) -> dict[str, Answers]:
    """By protocol, in words, ours beside the simple rankings; a horizon that the data doesn't reach has no questions.

    `model` is of before the cut and meets all that comes until the last step.
    """
    acts, every = split.acts, np.arange(len(model.articles))
    counted = Counted.of(acts)
    apart = 3 * HOUR if _is_fast(counted, model.articles.published, split.cut) else DAY
    moments = _moments(split, apart, steps)
    truth: dict[str, list[dict[int, float]]] = {name: [] for name in HORIZONS}
    asked: dict[str, list[int]] = {name: [] for name in HORIZONS}
    lists: dict[str, dict[str, list[list[int]]]] = {name: defaultdict(list) for name in HORIZONS}
    rng, met = np.random.default_rng(SEED), split.cut
    for done, start in enumerate(moments, start=1):
        play(model, acts.only(slice(*np.searchsorted(acts.at, [met, start]).tolist())))
        met = start
        shown = model.articles.shown(every, start)
        known = slice(int(np.searchsorted(counted.at, start)))
        scores = dict(simple_rankings(counted.row[known], counted.at[known], model.articles.published, start))
        orders = {name: np.argsort(-score, kind="stable") for name, score in scores.items()}
        orders["random"] = rng.permutation(every.size)
        simple = {name: order[shown[order]][:k].tolist() for name, order in orders.items()}
        for name, (horizon, window) in HORIZONS.items():
            if start + horizon > int(acts.at[-1]) + min(horizon, DAY):
                continue
            first, last = np.searchsorted(counted.at, [start, start + horizon])
            drawn = np.bincount(counted.row[first:last], counted.strength[first:last], every.size) * shown
            truth[name].append({row: drawn[row] for row in np.flatnonzero(drawn).tolist()})
            asked[name].append(start)
            ours = [item.row for item in ranking(model, window, Wish(limit=k), start)]
            for ranked, rows in ({OURS: ours} | simple).items():
                lists[name][ranked].append(rows)
        progress("Ranking", done, len(moments))
    pace = "every 3 hours" if apart < DAY else "day by day"
    return {
        f"{pace}: what readers turn to within the next {name}, of what is there at that moment": Answers(
            lists[name], truth[name], begins=split.cut, now=asked[name]
        )
        for name in HORIZONS
    }


def _moments(split: Split, apart: int, steps: int) -> range:
    """When to rank: from the cut on, as long as events follow and not too many were played."""
    later = split.later.at[:PLAYED]
    return range(split.cut, int(later[-1]) + 1, apart)[:steps] if later.size else range(0)


def _is_fast(counted: Counted, published: NDArray[np.int64], cut: int) -> bool:
    past = slice(int(np.searchsorted(counted.at, cut)))
    ages = counted.at[past] - published[counted.row[past]]
    return bool(ages.size and np.median(ages) < FAST)
