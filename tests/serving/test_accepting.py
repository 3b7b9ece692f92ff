"""All who wait are let in at once; a machine without room for another one is asked again later."""

import asyncio
import errno
import socket
import time
from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar

import pytest
import uvloop

from serving import accepting
from serving.accepting import Door

WAITING = 50

T = TypeVar("T")


class Guest(asyncio.Protocol):
    """Is welcomed, and counted."""

    here: ClassVar[list[asyncio.Transport]] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        Guest.here.append(transport)
        transport.write(b"welcome")


def _run(work: Callable[[socket.socket, Callable[[], socket.socket]], Awaitable[T]]) -> T:
    """On the server's kind of loop: with a socket that listens, and a way to connect to it."""
    with socket.create_server(("127.0.0.1", 0), backlog=2 * WAITING) as listening:
        guests: list[socket.socket] = []

        def come() -> socket.socket:
            guests.append(socket.create_connection(listening.getsockname(), timeout=5))
            return guests[-1]

        async def whole() -> T:
            try:
                return await work(listening, come)
            finally:
                while Guest.here:
                    Guest.here.pop().abort()
                await asyncio.sleep(0.01)

        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(whole())
        finally:
            for guest in guests:
                guest.close()


def test_a_crowd_is_let_in_within_a_few_rounds() -> None:
    async def work(listening: socket.socket, come: Callable[[], socket.socket]) -> int:
        for _ in range(WAITING):
            come()
        door = Door(listening, Guest)
        rounds = 0
        while len(Guest.here) < WAITING:
            await asyncio.sleep(0)
            rounds += 1
        door.close()
        return rounds

    assert _run(work) < WAITING / 2


def test_who_comes_later_is_let_in_too_and_nobody_after_it_is_closed() -> None:
    async def work(listening: socket.socket, come: Callable[[], socket.socket]) -> None:
        door = Door(listening, Guest)
        loop = asyncio.get_running_loop()
        guest = come()
        assert await loop.run_in_executor(None, guest.recv, 100) == b"welcome"
        door.close()
        come()
        await asyncio.sleep(0.05)
        assert len(Guest.here) == 1

    _run(work)


def test_it_waits_where_the_system_has_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "AGAIN_SECONDS", 0.05)

    class Full:
        """A socket that listens in a process with too many open files, until it has room."""

        def __init__(self, listening: socket.socket) -> None:
            self._listening = listening
            self.tried, self.has_room = 0, False

        def accept(self) -> tuple[socket.socket, object]:
            self.tried += 1
            if not self.has_room:
                raise OSError(errno.EMFILE, "too many open files")
            return self._listening.accept()

        def fileno(self) -> int:
            return self._listening.fileno()

        def setblocking(self, flag: bool) -> None:
            self._listening.setblocking(flag)

    async def work(listening: socket.socket, come: Callable[[], socket.socket]) -> None:
        full = Full(listening)
        door = Door(full, Guest)  # type: ignore[arg-type]
        come()
        began = time.monotonic()
        while full.tried < 3:
            await asyncio.sleep(0.01)
        assert time.monotonic() - began >= 0.05, "it must not try without a pause"
        full.has_room = True
        while not Guest.here:
            await asyncio.sleep(0.01)
        door.close()

    _run(work)
