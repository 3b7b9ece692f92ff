"""What readers did, day by day: counts from the newest part of the change log, kept up as it grows."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from recsys.event import EVENT_TYPES, Event
from recsys.store import Entry, Store
from recsys.times import DAY, format_time

DAYS = 30
MOST = 200_000  # events that the first reading goes back: a second or so, whatever the log's length
ENTRIES = 8  # read at a time


class DailyCounts:
    """Events by UTC day of their stamp, of the site and of each article. Holds nothing about readers."""

    def __init__(self) -> None:
        self._reading = asyncio.Lock()
        self._read: int | None = None
        self._complete = True
        self._counted = 0
        self._site: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._articles: defaultdict[str, Counter[int]] = defaultdict(Counter)

    async def refresh(self, store: Store) -> None:
        """Counts what came since; at first the newest MOST events, or some more, by whole entries of the log.

        Others are answered between two entries.
        """
        async with self._reading:
            last = store.log.last()
            if self._read is None:
                self._read = last
                end = last
                while end > 0 and self._counted < MOST:
                    start = max(0, end - ENTRIES)
                    await self._count(store.log.read(start, end - start))
                    end = start
                self._complete = end == 0
            while self._read < last:
                entries = store.log.read(self._read, ENTRIES)
                self._read = entries[-1].seq
                await self._count(entries)

    def site(self, now: int) -> dict[str, Any]:
        """The last DAYS days, oldest first: events of each type that there were; whether older ones were left out."""
        days = _days(now)
        kinds = [kind for kind in EVENT_TYPES if any(self._site[day][kind] for day in days if day in self._site)]
        rows = [
            {
                "day": format_time(day * DAY)[:10],
                **{kind: self._site[day][kind] if day in self._site else 0 for kind in kinds},
            }
            for day in days
        ]
        return {"types": kinds, "days": rows, "events": self._counted, "complete": self._complete}

    def article(self, article_id: str, now: int) -> list[int]:
        """Views, likes and other acts on an article, but for impressions: a number a day, oldest first."""
        counts = self._articles.get(article_id, Counter())
        return [counts[day] for day in _days(now)]

    async def _count(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            await asyncio.sleep(0)
            self._counted += len(entry.events)
            self._add(entry.events)

    def _add(self, events: Sequence[Event]) -> None:
        for event in events:
            day = event.at // DAY
            self._site[day][event.type] += 1
            if event.type != "impression":
                self._articles[event.article_id][day] += 1


def _days(now: int) -> range:
    today = now // DAY
    return range(today - DAYS + 1, today + 1)
