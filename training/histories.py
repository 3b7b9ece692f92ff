"""What each visitor has read, from the table of events."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.histories import history_arrays, strengths
from recsys.interest import Worth, decayed
from recsys.items import best
from training.event_columns import before, plain

LEADERS = 500  # articles that are told of as liked lately


def histories_of(events: pa.Table, worth: Worth, as_of: int) -> dict[str, NDArray[Any]]:
    """The arrays of `recsys.histories.Histories`: what the table of `training.events` holds from before `as_of`."""
    events = before(events, as_of)
    strength, kept = strengths(plain(events["type"], 0), plain(events["value"], np.nan), worth)
    kept &= events["visitor"].is_valid().to_numpy()
    columns = plain(events["visitor"], 0), plain(events["row"], 0), plain(events["at"], 0), strength
    return history_arrays(*(columns if kept.all() else (column[kept] for column in columns)))


def liked_lately(
    histories: Mapping[str, NDArray[Any]], as_of: int, half_life: float
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """`Mix.liked_rows` and `Mix.liked_score` from the arrays of `Histories`.

    An article that a visitor liked at `as_of` has that strength from it, half after each `half_life` (microseconds).
    """
    rows, place = np.unique(histories["rows"], return_inverse=True)
    liked = decayed(histories["strength"].astype(np.float64), histories["at"], as_of, half_life)
    score = np.bincount(place, liked, rows.size).astype(np.float64)
    kept = np.flatnonzero(score > 0.0)
    kept = np.sort(kept[best(score[kept], rows[kept], LEADERS)])
    return rows[kept], score[kept]
