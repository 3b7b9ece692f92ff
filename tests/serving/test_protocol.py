"""Connections that keep a server waiting are closed; ordinary ones are not."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from serving import protocol
from serving.protocol import BoundedProtocol

HEAD = b"GET /x HTTP/1.1\r\nHost: localhost\r\n"


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _with_server(work: Callable[[int], Awaitable[bytes]]) -> bytes:
    """What `work` returns, given the port of a server of this protocol."""

    async def run() -> bytes:
        config = uvicorn.Config(_app, port=0, http=BoundedProtocol, lifespan="off", log_level="critical", ws="none")
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
