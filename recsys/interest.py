"""What an event is worth, and how that fades: each formula once.

The functions use plain operators only, so that NumPy arrays, Python numbers and Ibis columns all pass through them:
training and the live layer can't drift apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.event import EVENT_TYPES, EventType
from recsys.items import Window
from recsys.times import DAY, HOUR

# What one event says of the interest in its article, in views. A dislike never counts for an article; an impression is
# what we did, not what the reader did. A rating is worth a view whether good or not: who rates has read. (Counting good
# ones as likes cost 0.013 of nDCG@8 on MovieLens.)
WEIGHTS: Mapping[EventType, float] = MappingProxyType(
    {
        "view": 1.0,
        "click": 1.0,
        "dwell": 1.0,
        "rating": 1.0,
        "comment": 2.0,
        "like": 2.0,
        "bookmark": 2.0,
        "share": 2.0,
        "dislike": 0.0,
        "impression": 0.0,
    }
)

# A shorter dwell is a reader who turned away.
DWELL_SECONDS = 10.0

# The time after which an event counts half, by window of the ranking; fitted to the site where it has a past.
HALF_LIVES: Mapping[Window, float] = MappingProxyType(
    {"hour": 1.0 * HOUR, "day": 12.0 * HOUR, "week": 3.0 * DAY, "month": 14.0 * DAY, "all": float("inf")}
)

# Stands for "no such event": far before any, and yet a difference of two times never overflows.
LONG_AGO = -(2**61)

NOTHING = -1

_LIKE, _DWELL = EVENT_TYPES.index("like"), EVENT_TYPES.index("dwell")


def decayed(weight: Any, at: Any, reference: Any, half_life: Any) -> Any:
    """`weight` of an event stamped `at`, as it counts at `reference`: half after each `half_life`.

    Times and half-life are in microseconds. Forward decay: Cormode et al., ICDE 2009: moving the reference multiplies
    all by the same factor, so sums and orders can be kept without touching the past.
    """
    ages = (at - reference) / half_life
    return weight * (np.exp2(ages) if isinstance(ages, np.ndarray) else 2.0**ages)  # a fifth of the time of a power


# A source weighs as its heaviest so many readers: 1 + 1/2 + ... + 1/100 of one, 5.2 of them.
READERS_OF_SOURCE = 100


def shared(weight: Any, place: Any) -> Any:
    """What the `place`-th heaviest (1, 2, ...) of the readers of one source adds to an article; `weight` is its own.

    So n readers of one source weigh as about 0.58 + ln n of different ones. An ordered weighted average (Yager, 1988)
    with harmonic weights: it doesn't depend on who came first, fades as its parts do, and never falls by one more.
    """
    return weight / place


def smoothed_rate(successes: Any, trials: Any, expected: Any, strength: Any) -> Any:
    """The rate `successes / trials`, drawn towards `expected` (0..1) as `strength` further trials would.

    The posterior mean of a Beta prior with mean `expected`; with strength > 0 defined for no trials at all.
    """
    return (successes + strength * expected) / (trials + strength)


def site_clock(now: int, last_event: int, last_published: int) -> int:
    """The moment that ages are counted from: the site's last sign of life, at most `now`.

    A site whose data ends last year is ranked as on its last day; on a living site this is as good as `now`.
    """
    return min(now, max(last_event, last_published))


@dataclass(frozen=True, slots=True)
class Worth:
    """What events are worth, with equal weights made one level.

    levels       (l,) float64, > 0, ascending, distinct
    level_of     (10,) int8, position in `levels` by event type (order of EVENT_TYPES); NOTHING: worth nothing
    good_rating  the rating from which on one is good, which Recommendation wants to know; NaN where there are none
    """

    levels: NDArray[np.float64]
    level_of: NDArray[np.int8]
    good_rating: float

    @classmethod
    def of(cls, weights: Mapping[EventType, float], good_rating: float = float("nan")) -> Self:
        """From a weight per event type; types left out are worth nothing. Raises ValueError on a weight below 0."""
        if not all(0.0 <= weight < float("inf") for weight in weights.values()):
            raise ValueError("weights: expected finite numbers, 0 or more")
        levels = sorted({weight for weight in weights.values() if weight > 0.0})
        level_of = [levels.index(w) if (w := weights.get(kind, 0.0)) > 0.0 else NOTHING for kind in EVENT_TYPES]
        return cls(np.array(levels, np.float64), np.array(level_of, np.int8), good_rating)

    def weights(self, kinds: NDArray[np.integer], values: NDArray[np.float64]) -> NDArray[np.float64]:
        """What each of m events is worth, 0 for nothing. A like that is taken back is worth nothing.

        kinds  (m,) positions in EVENT_TYPES      values  (m,) NaN where there is none
        """
        of_level = np.append(self.levels, 0.0)  # NOTHING, -1, is the last
        found: NDArray[np.float64] = of_level[self.level_of[kinds]]
        found[(kinds == _LIKE) & (values == 0.0)] = 0.0
        found[(kinds == _DWELL) & ~(values >= DWELL_SECONDS)] = 0.0
        return found
