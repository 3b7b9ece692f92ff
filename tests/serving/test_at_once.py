"""Answers that go past uvicorn's own way out are the same answers, in the same order, on the same connections."""

import asyncio
import re

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from serving.protocol import protocol_for
from serving.sending import Reply, Wired
from tests.serving.process import raw

LIST = b"GET /v1/articles/council-4/related HTTP/1.1\r\nHost: localhost\r\n"
LAST = b"Connection: close\r\n\r\n"  # such a request goes uvicorn's way


def _parts(answer: bytes) -> tuple[bytes, frozenset[bytes], bytes]:
    """Status line, headers without those that may differ, body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.lower().split(b"\r\n")
    return status, frozenset(h for h in headers if not h.startswith((b"date:", b"connection:"))), body


@pytest.mark.slow
@pytest.mark.parametrize("more", [b"", b"If-None-Match: *\r\n", b"Origin: http://elsewhere.example\r\n"])
def test_an_answer_is_the_same_whichever_way_it_goes(running: str, more: bytes) -> None:
    both = raw(running, LIST + more + b"\r\n" + LIST + more + LAST)
    assert both.count(b"HTTP/1.1 ") == 2
    second = both.index(b"HTTP/1.1 ", 1)
    assert _parts(both[:second]) == _parts(both[second:])


@pytest.mark.slow
def test_requests_sent_ahead_are_answered_in_their_order(running: str) -> None:
    """Lists, which are answered at once, between others, which take a task of their own."""
    asked = [b"/v1/ranking?limit=1", b"/livez", b"/v1/ranking?limit=2", b"/v1/ranking?limit=3", b"/livez"] * 20
    sent = b"".join(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path for path in asked)
    answers = raw(running, sent + LIST + LAST).split(b"HTTP/1.1 200 OK")[1:]
    assert len(answers) == len(asked) + 1
    for path, answer in zip(asked, answers, strict=False):
        items = int(path[-1:]) if path.startswith(b"/v1") else 0
        assert len(re.findall(rb'"score":', answer)) == items


@pytest.mark.slow
@pytest.mark.parametrize(
    "head", [b"Content-Length: 3\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"]
)
def test_a_list_asked_with_a_body_is_answered_too(running: str, head: bytes) -> None:
    answer = raw(running, LIST + head + LIST + LAST)
    assert answer.count(b"HTTP/1.1 200") == 2


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_a_connection_that_was_answered_at_once_is_closed_when_it_is_idle() -> None:
    """Measured from the last answer, not from the first one."""
    wired = Wired.of(Reply(200, b"{}", ()))

    async def run() -> float:
        protocol = protocol_for((), at_once=lambda _: (wired, ()))
        config = uvicorn.Config(
            _app, port=0, http=protocol, lifespan="off", log_level="critical", ws="none", timeout_keep_alive=1
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.005)
        loop = asyncio.get_running_loop()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.servers[0].sockets[0].getsockname()[1])
        for _ in range(3):
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readuntil(b"{}")).startswith(b"HTTP/1.1 200 OK\r\n")
            last = loop.time()
            await asyncio.sleep(0.6)
        await reader.read()
        idle = loop.time() - last
        writer.close()
        server.should_exit = True
        await serving
        return idle

    assert 0.9 <= asyncio.run(run()) < 5.0
