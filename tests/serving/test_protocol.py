"""Connections that keep a server waiting are closed; ordinary ones are not."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable
from ipaddress import ip_network
from pathlib import Path
from typing import TypeVar

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from serving import protocol
from serving.protocol import BoundedProtocol, protocol_for
from tests.faults.scale import FULL, tries

T = TypeVar("T")

HEAD = b"GET /x HTTP/1.1\r\nHost: localhost\r\n"


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/at-once":  # answers without looking at the body
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    if scope["path"] == "/large":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * 50_000_000})
        return
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _with_server(
    work: Callable[[int], Awaitable[T]], protocol: type[BoundedProtocol] = BoundedProtocol, host: str = "127.0.0.1"
) -> T:
    """What `work` returns, given the port of a server of this protocol."""

    async def run() -> T:
        config = uvicorn.Config(_app, host=host, port=0, http=protocol, lifespan="off", log_level="critical", ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            return await work(server.servers[0].sockets[0].getsockname()[1])
        finally:
            server.should_exit = True
            await serving

    return asyncio.run(run())


async def _talk(port: int, *parts: bytes, pause: float = 0.0) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(pause)
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("parts", [(), (b"GET",), (HEAD,), (HEAD + b"\r\n", b"GET /again")])
def test_a_head_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch, parts: tuple[bytes, ...]) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.05)
    answer = _with_server(lambda port: _talk(port, *parts, pause=0.01))
    assert answer.count(b"HTTP/1.1 204") == len(parts) - 1 if len(parts) > 1 else answer == b""


@pytest.mark.parametrize(
    "parts",
    [
        (HEAD + b"A: " + b"b" * 100_000 + b"\r\n\r\n",),
        (HEAD + b"A: " + b"b" * 100_000,),
        (HEAD, b"A: b\r\n" * 20_000, b"\r\n"),
        (b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",),
    ],
    ids=["one", "unfinished", "many", "url"],
)
def test_a_head_that_is_too_long_is_refused(parts: tuple[bytes, ...]) -> None:
    assert _with_server(lambda port: _talk(port, *parts, pause=0.05)).startswith(b"HTTP/1.1 400")


def test_a_long_body_is_no_long_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + b"b" * 200_000
    last = HEAD + b"Connection: close\r\n\r\n"
    assert _with_server(lambda port: _talk(port, post, post, last)).count(b"HTTP/1.1 204") == 3


@pytest.mark.parametrize("path", [b"/", b"/at-once"])
def test_a_body_that_drips_is_given_up_whether_anybody_reads_it_or_not(
    monkeypatch: pytest.MonkeyPatch, path: bytes
) -> None:
    """Each byte of a body that comes after its answer puts uvicorn's own keep-alive off."""
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.2)
    head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"

    async def drip(port: int) -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began = asyncio.get_running_loop().time()
        writer.write(head)
        ended = asyncio.create_task(reader.read())
        while not ended.done():
            with contextlib.suppress(ConnectionError):
                writer.write(b"b")
                await writer.drain()
            await asyncio.sleep(0.01)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await ended
        return asyncio.get_running_loop().time() - began

    assert 0.2 <= _with_server(drip) < 2.0


def test_an_answer_that_nobody_fetches_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "READER_SECONDS", 0.2)
    lost = asyncio.Event()

    class Watched(BoundedProtocol):
        def connection_lost(self, exc: Exception | None) -> None:
            lost.set()
            super().connection_lost(exc)

    async def stall(port: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
        writer.write(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(lost.wait(), 30)
        size = 0
        with contextlib.suppress(ConnectionError):
            while part := await reader.read(1_000_000):
                size += len(part)
        writer.close()
        return size

    assert 0 < _with_server(stall, Watched) < 50_000_000


def _own_address() -> str | None:
    """An address of this machine that is not loopback; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))
        except OSError:
            return None
        found: str = asking.getsockname()[0]
        return found


async def _open_connections(address: str, port: int, count: int) -> int:
    """How many of `count` connections that say nothing are still open after a moment."""
    pairs = [await asyncio.open_connection(address, port) for _ in range(count)]
    await asyncio.sleep(0.2)
    closed = 0
    for reader, writer in pairs:
        try:
            closed += await asyncio.wait_for(reader.read(1), 0.01) == b""
        except TimeoutError:
            pass
        except ConnectionError:
            closed += 1
        writer.close()
    await asyncio.sleep(0.1)
    return count - closed


def test_one_address_has_so_many_connections_and_no_more() -> None:
    """And gets them again once the old ones are closed."""
    address = _own_address()
    if address is None:
        pytest.skip("this machine has no other address than loopback")

    async def twice(port: int) -> list[int]:
        return [await _open_connections(address, port, 8) for _ in range(2)]

    assert _with_server(twice, protocol_for((), connections=5), "0.0.0.0") == [5, 5]
    trusted = protocol_for((ip_network(address),), connections=5)
    assert _with_server(lambda port: _open_connections(address, port, 8), trusted, "0.0.0.0") == 8


def test_programs_of_this_machine_may_have_any_number() -> None:
    mine = protocol_for((), connections=5)
    assert _with_server(lambda port: _open_connections("127.0.0.1", port, 8), mine) == 8


@pytest.mark.slow
def test_a_thousand_slow_sockets_are_closed_in_time_and_nobody_else_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """L3: silent ones, half heads, dripping bodies and unread answers; ordinary requests between them."""
    for deadline in ("HEAD_SECONDS", "BODY_SECONDS", "READER_SECONDS"):
        monkeypatch.setattr(protocol, deadline, getattr(protocol, deadline) / tries(1, 3))
    kinds = (
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nb",
        b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n",
    )

    async def asked(port: int) -> float:
        began = time.monotonic()
        await _talk(port, HEAD + b"Connection: close\r\n\r\n")
        return time.monotonic() - began

    async def attack(port: int) -> tuple[int, list[float], float, int]:
        loop = asyncio.get_running_loop()
        alone = sorted([await asked(port) for _ in range(30)])
        descriptors = len(list(Path("/proc/self/fd").iterdir()))
        pairs = [await asyncio.open_connection("127.0.0.1", port, limit=1_000) for _ in range(1_000)]
        for number, (_, writer) in enumerate(pairs):
            writer.write(kinds[number % 4] if number < 40 else kinds[number % 3])
        took, began = [], loop.time()
        while loop.time() - began < protocol.BODY_SECONDS + 2.0 or len(took) < 100:
            took.append(await asked(port))
            await asyncio.sleep(0.02)
        closed, latest = 0, loop.time() + 10.0  # for a machine that pauses
        for reader, writer in pairs:
            with contextlib.suppress(ConnectionError, TimeoutError):
                while await asyncio.wait_for(reader.read(10_000_000), max(0.05, latest - loop.time())):
                    pass
                closed += 1
                writer.close()
                continue
            closed += writer.is_closing() or reader.at_eof() or reader.exception() is not None
            writer.close()
        await asyncio.sleep(0.2)
        took.sort()
        left = len(list(Path("/proc/self/fd").iterdir())) - descriptors
        return closed, took, alone[len(alone) // 2], left

    closed, took, alone, left = _with_server(attack)
    half, p99 = took[len(took) // 2], took[int(0.99 * len(took))]
    print(f"{closed} of 1,000 closed, p99 {p99 * 1_000:.1f} ms, {left} descriptors left")
    assert closed == 1_000
    assert left <= 0
    assert half <= max(0.05, 5 * alone)
    if FULL:  # else other tests share the machine, and take its time as they like
        assert p99 <= 0.05
