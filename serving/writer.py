"""All writing of a server goes through one thread; what arrives while a commit runs shares the next one.

Events do most of it, in many small requests: those of several requests go to the store together.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from recsys.errors import RecsysError
from recsys.event import Event
from recsys.store import AppendedEvents, Store
from serving.problems import Problem

WAITING = 1_000  # requests that may wait for a commit; more are turned away, so that memory stays bounded

T = TypeVar("T")
Work = Callable[[Store], T]


@dataclass(frozen=True, slots=True)
class _Events:
    """The events of one request, and when it came, microseconds."""

    events: Sequence[Event]
    now: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one piece of work: its result, or the error that undid it."""

    result: Any = None
    error: Exception | None = None


class Writer:
    """Runs work on a store of its own, durably: a call returns after the commit that holds its work.

    newest  seq of the newest entry of the log at the last commit; 0 before the first
    """

    def __init__(self, open_store: Callable[[], Store], on_full: Callable[[], None] = lambda: None) -> None:
        """on_full  is told of each piece of work that is turned away"""
        self.newest = 0
        self._store = open_store()
        self._on_full = on_full
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._waiting: list[tuple[Work[Any] | _Events, asyncio.Future[Any]]] = []
        self._draining: asyncio.Task[None] | None = None

    async def run(self, work: Work[T]) -> T:
        """What `work` returns, once it is committed; raises what it raised, and then nothing of it took effect."""
        done: T = await self._committed(work)
        return done

    async def append(self, events: Sequence[Event], now: int) -> AppendedEvents:
        """What became of these events, once they are committed; raises what the store raised."""
        appended: AppendedEvents = await self._committed(_Events(events, now))
        return appended

    async def _committed(self, work: Work[Any] | _Events) -> Any:
        if len(self._waiting) >= WAITING:
            self._on_full()
            raise Problem(503, "Too many writes are waiting. Send this again later.", headers={"retry-after": "1"})
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((work, done))
        if self._draining is None:
            self._draining = asyncio.create_task(self._drain())
        return await done

    async def close(self) -> None:
        """Finishes what waits, then lets go of the store."""
        if self._draining is not None:
            await self._draining
        self._thread.shutdown()
        self._store.close()

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch, self._waiting = self._waiting, []
            outcomes = await loop.run_in_executor(self._thread, self._commit, [work for work, _ in batch])
            for (_, done), outcome in zip(batch, outcomes, strict=True):
                if done.cancelled():
                    continue
                if outcome.error is not None:
                    done.set_exception(outcome.error)
                else:
                    done.set_result(outcome.result)
        self._draining = None

    def _commit(self, works: Sequence[Work[Any] | _Events]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        try:
            with self._store.transaction():
                for _, some in groupby(works, key=type):
                    group = list(some)
                    outcomes += self._append([one for one in group if isinstance(one, _Events)])
                    outcomes += [self._attempt(one) for one in group if not isinstance(one, _Events)]
                newest = self._store.log.last()
        except Exception as error:  # the commit failed: nobody's work took effect, and everybody is told
            return [Outcome(error=error)] * len(works)
        self.newest = newest
        return outcomes

    def _append(self, requests: Sequence[_Events]) -> list[Outcome]:
        """Appends the events of all; their entry is as late as the last of them."""
        if not requests:
            return []
        batches, now = [one.events for one in requests], max(one.now for one in requests)
        together = self._attempt(lambda store: store.log.append_batches(batches, now))
        if together.error is not None:
            return [together] * len(requests)
        return [Outcome(appended) for appended in together.result]

    def _attempt(self, work: Work[Any]) -> Outcome:
        try:
            with self._store.transaction():
                return Outcome(work(self._store))
        except RecsysError as error:
            return Outcome(error=error)
