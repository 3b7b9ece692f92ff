"""Ranking fitted to the site's own past: each window gets the half-life and the mix that would have ranked best.

`training.grid_replay` ranks past moments with every setting of a grid. Here the settings are compared: recent moments
weigh more, a window borrows from the next shorter and the next longer one, the more the less past it has itself, and
neighbours on the grid are averaged, so that no lucky setting wins.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.columns import ArticleColumns
from recsys.interest import HALF_LIVES as YOUNG_HALF_LIVES
from recsys.interest import Worth
from recsys.items import Window
from recsys.ranking import RankingFit
from recsys.times import NEVER
from training.age_curve import AGES, AgeCurve
from training.event_columns import before
from training.grid_replay import HALF_LIVES as GRID_HALF_LIVES
from training.grid_replay import HORIZONS, MIXES, STEPS, replay_grid
from training.traces import Traces, traces_of

YOUNG_MIX = 0.3  # with the half-lives of `recsys.interest`, of a site that has no past to replay
FADE = 20.0  # replays after which one counts half
BORROWED = 5.0  # replays that those of a neighbouring window are worth, at most


@dataclass(frozen=True, slots=True)
class Evidence:
    """The mean quality of each setting, (s,), in so many replays, recent ones counting more."""

    quality: NDArray[np.float64]
    replays: float

    def with_borrowed(self, other: "Evidence") -> "Evidence":
        """This, and what another window tells, as at most BORROWED replays."""
        lent = min(other.replays, BORROWED)
        replays = self.replays + lent
        if replays == 0.0:
            return self
        return Evidence((self.quality * self.replays + other.quality * lent) / replays, replays)


class Chosen(NamedTuple):
    """What a window was given. `ndcg` is what it would have reached in `replays`, weighed; 0 for none."""

    half_life: float
    mix: float
    ndcg: float
    replays: float


UNDECAYED = Chosen(half_life=math.inf, mix=1.0, ndcg=0.0, replays=0.0)  # the window `all`


def fit_ranking(columns: ArticleColumns, table: pa.Table, as_of: int, worth: Worth) -> RankingFit:
    """From what a table of `training.events` holds from before `as_of`, on articles published by then and not gone."""
    return ranking_of(columns, traces_of(before(table, as_of), worth), as_of)


def ranking_of(columns: ArticleColumns, traces: Traces, as_of: int) -> RankingFit:
    """`fit_ranking` from what readers left on the articles before `as_of`."""
    counts = (columns.published < as_of) & ~columns.gone
    traces = traces.only(counts[traces.row])
    chosen = choose(replay_grid(traces, np.where(counts, columns.published, NEVER)))
    half_life, mix, quality, replays = np.array([*chosen.values(), UNDECAYED]).T
    return RankingFit(
        horizons=np.array([*(float(HORIZONS[window]) for window in chosen), np.inf]),
        half_lives=half_life,
        mix=mix,
        quality=quality,
        replays=replays,
        ages=AGES,
        drawn=age_curve(traces, columns.published, counts),
        evergreen_rate=np.array([mean_rate(traces, columns.published, columns.evergreen & counts)]),
    )


def choose(replays: Mapping[Window, NDArray[np.float64]]) -> dict[Window, Chosen]:
    """By window the setting that would have ranked best. `replays` are from the shortest window to the longest.

    A window without replays takes what its neighbours have; where there are none at all, it gets the young site's.
    """
    own = {window: _own(window, seen) for window, seen in replays.items()}
    found: dict[Window, Chosen] = {}
    shorter = Evidence(np.zeros(next(iter(own.values())).quality.size), 0.0)
    for window, longer in zip(own, [*list(own.values())[1:], None], strict=True):
        mine = own[window].with_borrowed(shorter)
        shorter = mine
        if longer is not None:
            mine = mine.with_borrowed(longer)
        if mine.replays == 0.0:
            found[window] = Chosen(float(YOUNG_HALF_LIVES[window]), YOUNG_MIX, 0.0, 0.0)
            continue
        best = int(np.argmax(_smoothed(mine.quality.reshape(GRID_HALF_LIVES.size, MIXES.size))))
        half_life, mix = divmod(best, MIXES.size)
        quality, replayed = float(own[window].quality[best]), own[window].replays
        found[window] = Chosen(float(GRID_HALF_LIVES[half_life]), float(MIXES[mix]), quality, replayed)
    return found


def _own(window: Window, seen: NDArray[np.float64]) -> Evidence:
    """From replays (s, r), the latest last. Where horizons overlap, a replay counts only the part that is its own."""
    weight = 0.5 ** (np.arange(seen.shape[1])[::-1] / FADE)
    if not weight.size:
        return Evidence(np.zeros(len(seen)), 0.0)
    alone = min(1.0, STEPS[window] / HORIZONS[window])
    return Evidence(seen @ weight / weight.sum(), float(weight.sum()) * alone)


def age_curve(traces: Traces, published: NDArray[np.int64], counts: NDArray[np.bool_]) -> NDArray[np.float64]:
    """`RankingFit.drawn`, from the first acts of readers; all 0 without acts.

    published, counts  (n,) microseconds, and whether the article counts; `traces` are on those that do
    """
    if not traces.at.size:
        return np.zeros(AGES.size)
    curve = AgeCurve(published[counts], int(traces.at[0]))
    first = traces.former == 0.0
    curve.add(traces.at[first] - published[traces.row[first]], traces.weight[first])
    return curve.drawn(int(traces.at[-1]))


def mean_rate(traces: Traces, published: NDArray[np.int64], of: NDArray[np.bool_]) -> float:
    """What one of the articles `of` (n,) bool drew in a microsecond of being there, whatever its age; 0 of none."""
    if not traces.at.size or not of.any():
        return 0.0
    first, last = int(traces.at[0]), int(traces.at[-1])
    observed = np.maximum(last - np.maximum(published[of], first), 0).sum(dtype=np.float64)
    drawn = traces.weight[(traces.former == 0.0) & of[traces.row]].sum()
    return float(drawn / observed) if observed > 0.0 else 0.0


def _smoothed(quality: NDArray[np.float64]) -> NDArray[np.float64]:
    """(h, w) each setting averaged with its neighbours in half-life and mix, itself counting twice."""
    wide = np.pad(quality, 1, mode="edge")
    around = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]
    return (2.0 * quality + around) / 6.0
