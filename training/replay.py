"""Events as columns, cuts in time that part them, and how a model of before a cut meets what came after.

What came later, totals on articles included, is only the truth to measure by.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.histories import strengths
from recsys.model import Model
from training.event_columns import in_order, plain, readers_of

PLAYED = 200_000  # events that models meet in one replay, at most

_NONE = np.uint64(0)


@dataclass(frozen=True, slots=True)
class Acts:
    """Events as columns, in order of time.

    row, at, kind, value  (m,) kind: position in EVENT_TYPES; value: NaN where there is none
    reader                (m,) digest of the visitor, else of the session, else of the source, else 0
    visitor               (m,) digest of the visitor, else 0
    source                (m,) digest of the source, else 0
    strength              (m,) float32 >= 0, what the event says of its reader's interest
    read                  (m,) bool: whether it shows that the article was read
    """

    row: NDArray[np.int32]
    at: NDArray[np.int64]
    kind: NDArray[np.int8]
    value: NDArray[np.float64]
    reader: NDArray[np.uint64]
    visitor: NDArray[np.uint64]
    source: NDArray[np.uint64]
    strength: NDArray[np.float32]
    read: NDArray[np.bool_]

    def only(self, kept: NDArray[np.bool_] | slice) -> "Acts":
        """Some of them, in the same order; nothing is copied where they are all or a slice."""
        if isinstance(kept, np.ndarray) and kept.all():
            return self
        return Acts(*(getattr(self, name)[kept] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Split:
    """What is known before a cut in time, and what came after it until the next one.

    acts      all of the site, in order of time
    cut, end  microseconds
    """

    acts: Acts
    cut: int
    end: int

    @property
    def past(self) -> Acts:
        """Those stamped before the cut."""
        return self.acts.only(slice(int(np.searchsorted(self.acts.at, self.cut))))

    @property
    def later(self) -> Acts:
        """Those stamped from the cut on and before the end."""
        first, last = np.searchsorted(self.acts.at, [self.cut, self.end]).tolist()
        return self.acts.only(slice(first, last))


def acts_of(events: pa.Table, model: Model) -> Acts:
    """The table of `training.events` in order of time, with each event's worth as `model` has it.

    Where the table is in order, columns without nulls are its own; 37 bytes an event at most besides.
    """
    events = in_order(events)
    kind, value = plain(events["type"], 0), plain(events["value"], np.nan)
    visitor, source = plain(events["visitor"], 0), plain(events["source"], 0)
    strength, read = strengths(kind, value, model.engagement.worth)
    strength[~read] = 0.0
    return Acts(
        row=plain(events["row"], 0),
        at=plain(events["at"], 0),
        kind=kind,
        value=value,
        reader=readers_of(events),
        visitor=visitor,
        source=source,
        strength=strength,
        read=read,
    )


def time_cut(events: pa.Table, share: float = 0.8) -> int | None:
    """The moment before which `share` of the events lie; None where no event lies on either side."""
    at = plain(events["at"], 0)
    if not at.size:
        return None
    place = min(int(at.size * share), at.size - 1)
    cut = int(np.partition(at, place)[place])
    return cut if at.min() < cut else None


def time_cuts(events: pa.Table, splits: int) -> list[int]:
    """The moments at which `splits` models are trained, ascending and distinct; fewer where events are few.

    Each split judges by a fifth of the events, or less, so that every model has at least half of them to learn from.
    """
    width = min(0.2, 0.5 / splits)
    cuts = (time_cut(events, 1.0 - width * parts) for parts in range(splits, 0, -1))
    return [*dict.fromkeys(cut for cut in cuts if cut is not None)]


def play(model: Model, acts: Acts) -> None:
    """Lets the live layer of `model` meet events that it has not met."""
    model.engagement.meet(acts.kind, acts.value, acts.at, acts.row, acts.reader, acts.source)
    seen = acts.only(acts.read & (acts.visitor != _NONE))
    model.histories.meet(seen.visitor, seen.row, seen.at, seen.strength)
