"""What each visitor has read, from the table of events."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.event import EVENT_TYPES
from recsys.histories import history_arrays
from recsys.interest import DWELL_SECONDS, NOTHING, Worth

_CODE = {name: code for code, name in enumerate(EVENT_TYPES)}


def histories_of(events: pa.Table, worth: Worth, as_of: int) -> dict[str, NDArray[Any]]:
    """The arrays of `recsys.histories.Histories`: what the table of `training.events` holds from before `as_of`."""
    events = events.filter((pc.field("at") < as_of) & pc.field("visitor").is_valid())
    kind = events["type"].to_numpy()
    value = events["value"].to_numpy()
    strength, read = strengths(kind, value, worth)
    return history_arrays(
        events["visitor"].to_numpy()[read],
        events["row"].to_numpy()[read],
        events["at"].to_numpy()[read],
        strength[read],
    )


def strengths(
    kind: NDArray[np.int8], value: NDArray[np.float64], worth: Worth
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """`recsys.histories.strength_of` of m events at once: the strength (m,), and whether there is one (m,).

    kind   (m,) position in EVENT_TYPES      value  (m,) NaN where there is none
    """
    of_level = np.append(worth.levels, 0.0)  # NOTHING, -1, is the last
    strength = of_level[worth.level_of[kind]]
    rating = kind == _CODE["rating"]
    with np.errstate(invalid="ignore"):
        strength[rating & (value >= worth.good_rating)] = of_level[worth.level_of[_CODE["like"]]]
        strength[rating & (value < worth.good_rating)] = 0.0
        strength[(kind == _CODE["dwell"]) & ~(value >= DWELL_SECONDS)] = of_level[NOTHING]
    read = (kind != _CODE["impression"]) & ~((kind == _CODE["like"]) & (value == 0.0))
    return strength.astype(np.float32), read
