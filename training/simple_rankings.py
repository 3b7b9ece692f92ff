"""The simple rankings that ours must beat, each from what was known at one moment."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from recsys.interest import LONG_AGO, decayed
from recsys.times import DAY, HOUR, SECOND

COUNTED = {
    "last hour": HOUR,
    "last 3 hours": 3 * HOUR,
    "last day": DAY,
    "last 7 days": 7 * DAY,
    "last 30 days": 30 * DAY,
}
FADED = {"half-life 12 h": 12 * HOUR, "half-life 1 d": DAY, "half-life 3 d": 3 * DAY, "half-life 7 d": 7 * DAY}
BUFFER = 200  # acts that "most recent readers" looks back on


def simple_rankings(
    row: NDArray[np.integer], at: NDArray[np.int64], published: NDArray[np.int64], now: int
) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Name and score (n,) of each, higher is better.

    row, at    (m,) article and time of every act before `now`, in order of time
    published  (n,) microseconds
    """
    n = published.size
    total = np.bincount(row, minlength=n).astype(np.float64)
    age = np.maximum(now - published, 0).astype(np.float64)
    yield "all time", total
    for name, span in COUNTED.items():
        yield name, np.bincount(row[np.searchsorted(at, now - span) :], minlength=n).astype(np.float64)
    for name, half_life in FADED.items():
        yield name, np.bincount(row, decayed(1.0, at, now, half_life), n).astype(np.float64)
    yield "newest first", -age
    # news.arc in the Arc distribution: (points - 1) / (hours + 2)^1.8
    yield "Hacker News", np.maximum(total - 1.0, 0.0) / (age / HOUR + 2.0) ** 1.8
    # _sorts.pyx in Reddit's source: log10(score) + seconds / 45000
    yield "Reddit", np.log10(np.maximum(total, 1.0)) - age / (45_000.0 * SECOND)
    recent = np.full(n, LONG_AGO, np.float64)
    recent[row] = at  # the last one stays
    buffered = np.bincount(row[-BUFFER:], minlength=n)
    yield "most recent readers", buffered + _rank_share(recent)


def _rank_share(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) in [0, 1), ascending with `values`: to break ties."""
    share = np.empty(values.size)
    share[np.argsort(values, kind="stable")] = np.arange(values.size) / max(values.size, 1)
    return share
