"""What a training will need, told before it begins: memory, disk and time, from what the store holds.

The constants are such that no measured site exceeded what they give (docs/scaling.md has the sites); time is for one
machine and depends on yours.
"""

import shutil
from pathlib import Path

import msgspec

from recsys.store import StoreSize
from training.resources import MB, free_memory_mb

_BASE_MB = 450.0  # the program with its libraries
_ARTICLE_KB = 12.0  # records, vectors, neighbours
_TEXT_FACTOR = 12.0  # bytes in memory for each byte of a record as it is stored
_EVENTS_MB = 500.0  # where there are any: the engine, the item-item model, what compiles
_EVENT_KB = 0.08
_BASE_SECONDS = 8.0
_ARTICLE_MS = 2.0
_EVENT_MS = 0.15
_BUNDLE_ARTICLE_KB = 4.0
_BUNDLE_TEXT_FACTOR = 2.0
_HISTORY_BYTES = 60.0  # an event, in the history and in the bundle


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What one training needs at most, and what there is; `cpu_seconds` are of one core."""

    articles: int
    events: int
    memory_mb: float
    disk_mb: float
    cpu_seconds: float
    memory_free_mb: float | None  # None: the system doesn't say
    disk_free_mb: float

    def shortages(self) -> list[str]:
        """What does not fit, in words."""
        found = []
        if self.memory_free_mb is not None and self.memory_mb > self.memory_free_mb:
            found.append(
                f"memory may not suffice: up to {self.memory_mb:,.0f} MB are needed, {self.memory_free_mb:,.0f} MB are"
                " free"
            )
        if self.disk_mb > self.disk_free_mb:
            found.append(
                f"the disk may not suffice: {self.disk_mb:,.0f} MB are needed, {self.disk_free_mb:,.0f} MB are free"
            )
        return found

    def says(self) -> str:
        """The needs in a line."""
        return (
            f"{self.articles:,} articles, {self.events:,} events: up to {self.memory_mb:,.0f} MB of memory,"
            f" {self.disk_mb:,.0f} MB of disk, about {_time(self.cpu_seconds)} of CPU"
        )


def forecast(size: StoreSize, root: Path, *, models: int = 2) -> Forecast:
    """For the home at `root`; `models`: how many are fitted, one after the other."""
    text = size.article_bytes
    memory = _BASE_MB + (size.articles * _ARTICLE_KB + size.events * _EVENT_KB) / 1024 + _TEXT_FACTOR * text / MB
    memory += _EVENTS_MB if size.events else 0.0
    disk = (size.articles * _BUNDLE_ARTICLE_KB * 1024 + _BUNDLE_TEXT_FACTOR * text + size.events * _HISTORY_BYTES) / MB
    seconds = _BASE_SECONDS + models * (size.articles * _ARTICLE_MS + size.events * _EVENT_MS) / 1000
    return Forecast(
        articles=size.articles,
        events=size.events,
        memory_mb=round(memory, 1),
        disk_mb=round(disk, 1),
        cpu_seconds=round(seconds, 1),
        memory_free_mb=free_memory_mb(),
        disk_free_mb=round(shutil.disk_usage(root).free / MB, 1),
    )


def _time(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds < 120 else f"{seconds / 60:,.0f} min"
