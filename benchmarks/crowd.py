"""Readers who come at a set rate, whether answers come or not: what each request took is told from when it was due.

A client that waits for its answers asks no faster than it is answered, so it can't ask ten times what a server can do,
and the time that it waits before it asks is in no figure.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import uvloop

TICK_SECONDS = 0.001
LONGEST_SECONDS = 10.0  # that an answer is waited for
LOST = 0
IN_TURN = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when it was due, how much later it went out, and how long after `due` the answer was there, seconds.

    status  LOST where no answer came
    """

    due: float
    behind: float
    took: float
    status: int


class Crowd:
    """Asks a server at 127.0.0.1. A connection that is free is used again, where none is, another is opened."""

    def __init__(self, port: int, paths: Iterator[str]) -> None:
        """paths  what is asked, one after the other"""
        self._port = port
        self._paths = paths
        self._free: list[_Connection] = []
        self._found: list[Asked] = []
        self._under_way = 0
        self._again_until = 0.0  # whoever is answered asks again before
        self._opening: set[asyncio.Task[None]] = set()

    async def come(self, rate: float, seconds: float) -> list[Asked]:
        """`rate` requests a second for so many seconds; then waits for what is under way."""
        self._found = []
        began, count, sent = time.perf_counter(), int(rate * seconds), 0
        while sent < count:
            due_by_now = min(count, int((time.perf_counter() - began) * rate) + 1)
            for number in range(sent, due_by_now):
                self._ask(began + number / rate)
            sent = due_by_now
            await asyncio.sleep(TICK_SECONDS)
        latest = time.perf_counter() + LONGEST_SECONDS
        while self._under_way and time.perf_counter() < latest:
            await asyncio.sleep(TICK_SECONDS)
        missing = count - len(self._found)
        return self._found + [Asked(began + seconds, 0.0, LONGEST_SECONDS, LOST)] * missing

    async def wait_in_turn(self, connections: int, seconds: float) -> float:
        """So many who each ask again when they have their answer; answers with 200 a second."""
        self._found = []
        began = time.perf_counter()
        self._again_until = began + seconds
        for _ in range(connections):
            self._ask(began)
        while self._under_way:
            await asyncio.sleep(TICK_SECONDS)
        return sum(one.status == 200 for one in self._found) / (time.perf_counter() - began)

    def leave(self) -> None:
        """Closes what is open."""
        for connection in self._free:
            connection.close()
        self._free.clear()

    def _ask(self, due: float) -> None:
        self._under_way += 1
        self._send(b"GET %b HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n" % next(self._paths).encode(), due)

    def _send(self, request: bytes, due: float) -> None:
        while self._free:
            connection = self._free.pop()
            if connection.is_open:
                connection.ask(request, due)
                return
        opening = asyncio.ensure_future(self._open(request, due))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _open(self, request: bytes, due: float) -> None:
        loop = asyncio.get_running_loop()
        try:
            _, connection = await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._port)
        except OSError:
            connection = None
        if connection is not None and connection.is_open:
            connection.ask(request, due)
        else:
            self.answered(Asked(due, 0.0, time.perf_counter() - due, LOST))

    def closed(self, request: bytes, due: float) -> None:
        """A connection that was used before has been closed as idle while this went out: it is sent again."""
        self._send(request, due)

    def answered(self, one: Asked, connection: "_Connection | None" = None) -> None:
        """Takes note of an answer, and of a connection that is free again."""
        self._under_way -= 1
        self._found.append(one)
        if connection is not None:
            self._free.append(connection)
        now = time.perf_counter()
        if now < self._again_until:
            self._ask(now)


class _Connection(asyncio.Protocol):
    """Asks once at a time."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._transport: asyncio.Transport | None = None
        self._request = b""
        self._due, self._behind = 0.0, 0.0
        self._asked, self._used = False, False
        self._head = b""
        self._left = -1  # bytes of the answer's body; -1: in its head

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def ask(self, request: bytes, due: float) -> None:
        assert self._transport is not None
        self._due, self._behind, self._asked = due, time.perf_counter() - due, True
        self._request, self._head, self._left = request, b"", -1
        self._transport.write(request)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            length = self._head.lower().index(b"content-length:") + 15
            self._left = int(self._head[length : self._head.index(b"\r", length)]) - (len(self._head) - end - 4)
        else:
            self._left -= len(data)
        if self._left == 0 and self._asked:
            self._asked, self._used = False, True
            took = time.perf_counter() - self._due
            self._crowd.answered(Asked(self._due, self._behind, took, int(self._head[9:12])), self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._asked and self._used and not self._head:
            self._crowd.closed(self._request, self._due)
        elif self._asked:
            self._crowd.answered(Asked(self._due, self._behind, time.perf_counter() - self._due, LOST))


@dataclass(frozen=True, slots=True)
class Strain:
    """What became of a crowd, and of half the peak right after it. Rates a second, times in milliseconds.

    peak    what is answered where IN_TURN each wait for their answer
    kept    of the peak, both by the server's CPU seconds: a core that others take too gives it more at one time than
            at another
    behind  p99 of how late the crowd's own requests went out: counted in `accepted`
    back    seconds from the crowd's end to the last one who was turned away
    """

    peak: int
    offered: int
    good: int
    kept: float
    statuses: dict[int, int]
    accepted_p50: float
    accepted_p99: float
    behind_p99: float
    before_p99: float
    after_p99: float
    back: float


async def strain(crowd: Crowd, cpu: Callable[[], float], times: float, seconds: float) -> Strain:
    """The peak, half of it, `times` the peak, half of it again, so many seconds each.

    cpu  what the server has had of it by now, in any unit
    """
    await crowd.wait_in_turn(IN_TURN, 1.0)
    at_first = cpu()
    peak = await crowd.wait_in_turn(IN_TURN, seconds)
    at_peak = cpu()
    before = await crowd.come(peak / 2, seconds)
    began, at_begin = time.perf_counter(), cpu()
    during = await crowd.come(peak * times, seconds)
    ended, at_end = began + seconds, cpu()
    after = await crowd.come(peak / 2, seconds)
    good = sum(one.status == 200 for one in during)
    turned_away = [one.due for one in (*during, *after) if one.status != 200 and one.due > ended]
    return Strain(
        peak=round(peak),
        offered=round(len(during) / seconds),
        good=round(good / seconds),
        kept=round(good / (at_end - at_begin) / (peak * seconds / (at_peak - at_first)), 2),
        statuses={status: sum(one.status == status for one in during) for status in {one.status for one in during}},
        accepted_p50=milliseconds(during, 50),
        accepted_p99=milliseconds(during, 99),
        behind_p99=round(float(np.percentile([one.behind for one in during], 99)) * 1_000, 1),
        before_p99=milliseconds(before, 99),
        after_p99=milliseconds(after, 99),
        back=round(max((due - ended for due in turned_away), default=0.0), 2),
    )


def milliseconds(found: Sequence[Asked], percent: float) -> float:
    """So many per cent of those answered with 200 took no longer; infinity where none was."""
    good = [one.took for one in found if one.status == 200]
    return round(float(np.percentile(good, percent)) * 1_000, 1) if good else float("inf")


def run_crowd(work: Coroutine[Any, Any, T]) -> T:
    """Runs it on the event loop that costs a crowd the least."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
