"""Connections are taken as they come. uvloop by itself takes one in each round of the loop, as libuv does since 1.45
(libuv/libuv#3696): while rounds are full of work, a crowd would wait outside for seconds, and nobody could tell it so.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Callable

MOST = 256  # in one round: each takes some 0.1 ms
AGAIN_SECONDS = 1.0  # after the system had no room for another one

_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Door:
    """Takes connections from a socket that listens, for as long as it is open."""

    def __init__(self, listening: socket.socket, make: Callable[[], asyncio.Protocol]) -> None:
        """make  the protocol of one connection"""
        self._listening = listening
        self._make = make
        self._loop = asyncio.get_running_loop()
        self._coming: set[asyncio.Task[None]] = set()
        self._again: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        self._open()

    def close(self) -> None:
        """Takes no more. The socket itself stays open."""
        if self._again is not None:
            self._again.cancel()
        self._loop.remove_reader(self._listening)

    def _open(self) -> None:
        self._loop.add_reader(self._listening, self._take)

    def _take(self) -> None:
        for _ in range(MOST):
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self._loop.remove_reader(self._listening)
                self._again = self._loop.call_later(AGAIN_SECONDS, self._open)
                return
            coming = self._loop.create_task(self._begin(connection))
            self._coming.add(coming)
            coming.add_done_callback(self._coming.discard)

    async def _begin(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):  # who is gone already
            await self._loop.connect_accepted_socket(self._make, connection)
