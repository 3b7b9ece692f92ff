"""Ranking and Recommendation against what readers did after a cut in time, beside what is simple.

The model is one of before the cut; whatever came later, totals on articles included, is only the truth to measure by.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.event import EVENT_TYPES
from recsys.interest import decayed
from recsys.items import Wish
from recsys.model import Model
from recsys.ranking import ranking
from recsys.reader import reader_of
from recsys.recommendation import recommend_to
from recsys.times import DAY
from training.comparison import SEED, Comparison, compare
from training.histories import strengths
from training.progress import Progress
from training.simple_rankings import simple_rankings

VISITORS = 1_000  # at most so many are asked for; more would narrow the intervals little
WINDOWS = 30
EVENTS = 200_000  # at most so many are played to the live layer
RECENT_HALF_LIFE = 7 * DAY

_NONE = np.uint64(0)


@dataclass(frozen=True, slots=True)
class Acts:
    """Events as columns, in order of time.

    row, at, kind, value  (m,) kind: position in EVENT_TYPES; value: NaN where there is none
    reader                (m,) digest of the visitor, else of the session, else 0
    visitor               (m,) digest of the visitor, else 0
    strength              (m,) float32 >= 0, what the event says of its reader's interest
    read                  (m,) bool: whether it shows that the article was read
    """

    row: NDArray[np.int32]
    at: NDArray[np.int64]
    kind: NDArray[np.int8]
    value: NDArray[np.float64]
    reader: NDArray[np.uint64]
    visitor: NDArray[np.uint64]
    strength: NDArray[np.float32]
    read: NDArray[np.bool_]

    def only(self, kept: NDArray[np.bool_] | slice) -> "Acts":
        """Some of them, in the same order."""
        return Acts(*(getattr(self, name)[kept] for name in self.__slots__))


def acts_of(events: pa.Table, model: Model) -> Acts:
    """The table of `training.events` in order of time, with each event's worth as `model` has it."""
    events = events.sort_by("at")
    kind, value = events["type"].to_numpy(), events["value"].to_numpy()
    visitor = events["visitor"].fill_null(0).to_numpy()
    session = events["session"].fill_null(0).to_numpy()
    strength, read = strengths(kind, value, model.engagement.worth)
    return Acts(
        row=events["row"].to_numpy(),
        at=events["at"].to_numpy(),
        kind=kind,
        value=value,
        reader=np.where(visitor == _NONE, session, visitor),
        visitor=visitor,
        strength=np.where(read, strength, np.float32(0.0)),
        read=read,
    )


def time_cut(events: pa.Table, share: float = 0.8) -> int | None:
    """The moment before which `share` of the events lie; None where no event lies on either side."""
    at = np.sort(events["at"].to_numpy())
    if not at.size:
        return None
    cut = int(at[min(int(at.size * share), at.size - 1)])
    return cut if at[0] < cut else None


def replay_recommendation(model: Model, acts: Acts, cut: int, *, k: int = 10, progress: Progress) -> Comparison:
    """One split in time: what visitors known before `cut` liked after it for the first time, of what was there by then.

    All articles that they had not read are candidates. `model` is as of the cut and stays so.
    """
    n = len(model.articles)
    every = np.arange(n)
    shown = model.articles.shown(every, cut)
    past, later = acts.only(acts.at < cut), acts.only(acts.at >= cut)
    liked = later.only((later.strength > 0) & (later.visitor != _NONE) & shown[later.row])
    known = np.unique(past.visitor[(past.visitor != _NONE) & past.read])
    wanted = np.intersect1d(known, liked.visitor)
    if wanted.size > VISITORS:
        wanted = np.sort(np.random.default_rng(SEED).choice(wanted, VISITORS, replace=False))
    truth: list[dict[int, float]] = []
    lists: dict[str, list[list[int]]] = {"ours": [], "recent popular": [], "most popular": [], "random": []}
    liked_past = past.only(past.strength > 0)
    fresh = decayed(1.0, liked_past.at, cut, RECENT_HALF_LIFE)
    orders = {
        "recent popular": _order(np.bincount(liked_past.row, fresh, n)),
        "most popular": _order(np.bincount(liked_past.row, minlength=n)),
    }
    rng = np.random.default_rng(SEED)
    for done, visitor in enumerate(wanted.tolist()):
        reader = reader_of(cut, model.histories.of_key(visitor))
        new = set(liked.row[liked.visitor == visitor].tolist()) - reader.seen
        truth.append(dict.fromkeys(new, 1.0))
        items = recommend_to(model, reader, Wish(limit=k, fill="none"), cut)
        lists["ours"].append([item.row for item in items])
        candidates = shown.copy()
        candidates[list(reader.seen)] = False
        for name, order in (*orders.items(), ("random", rng.permutation(n))):
            lists[name].append(order[candidates[order]][:k].tolist())
        progress("evaluating Recommendation", done + 1, wanted.size)
    protocol = "one split in time, visitors known before it, all articles that they had not read as candidates"
    return compare("recommendation", protocol, lists, truth, k=k, catalogue=int(shown.sum()))


def replay_ranking(model: Model, acts: Acts, cut: int, *, k: int = 8, progress: Progress) -> Comparison:
    """Day by day from `cut` on: what readers turned to within the next day. `model` meets the events as they come."""
    every = np.arange(len(model.articles))
    later = acts.only(acts.at >= cut)
    later = later.only(slice(EVENTS))
    windows = range(cut, int(later.at[-1]) + 1, DAY)[:WINDOWS] if later.at.size else range(0)
    truth: list[dict[int, float]] = []
    lists: dict[str, list[list[int]]] = defaultdict(list)
    counted = acts.only(acts.strength > 0)
    rng = np.random.default_rng(SEED)
    for done, start in enumerate(windows):
        shown = model.articles.shown(every, start)
        here = (later.at >= start) & (later.at < start + DAY) & shown[later.row]
        drawn = np.bincount(later.row[here], later.strength[here], every.size)
        truth.append({row: drawn[row] for row in np.flatnonzero(drawn).tolist()})
        lists["ours"].append([item.row for item in ranking(model, "day", Wish(limit=k), start)])
        known = counted.only(slice(int(np.searchsorted(counted.at, start))))
        simple = simple_rankings(known.row, known.at, model.articles.published, start)
        for name, order in (
            *((name, _order(score)) for name, score in simple),
            ("random", rng.permutation(every.size)),
        ):
            lists[name].append(order[shown[order]][:k].tolist())
        play(model, later.only((later.at >= start) & (later.at < start + DAY)))
        progress("evaluating Ranking", done + 1, len(windows))
    protocol = "day by day, what readers turned to within the next day, of what was there at its start"
    return compare("ranking", protocol, lists, truth, k=k, catalogue=every.size)


def play(model: Model, acts: Acts) -> None:
    """Lets the live layer of `model` meet events that it has not met."""
    columns = (acts.kind, acts.value, acts.at, acts.reader, acts.row, acts.visitor, acts.strength, acts.read)
    for kind, value, at, reader, row, visitor, strength, read in zip(*(c.tolist() for c in columns), strict=True):
        model.engagement.act(EVENT_TYPES[kind], None if np.isnan(value) else value, at, reader or None, row)
        if visitor and read:
            model.histories.read(visitor, row, at, strength)


def _order(score: NDArray[np.number]) -> NDArray[np.intp]:
    """Rows by descending score, equal ones by lower row."""
    return np.lexsort((np.arange(score.size), -score))
