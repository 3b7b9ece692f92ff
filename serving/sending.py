"""Finished answers and how they go out: as plain bytes, past FastAPI's own serialising."""

import asyncio
import contextlib
from http import HTTPStatus
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Headers = tuple[tuple[bytes, bytes], ...]

CLOSE = (b"connection", b"close")
SAFE = (b"x-content-type-options", b"nosniff")  # an answer is what its type says, whatever it looks like
LINGER_SECONDS = 1.0
LINGER_BYTES = 64 * 1024 * 1024

_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


class Reply(NamedTuple):
    """A whole answer. `headers` are complete but for the length."""

    status: int
    body: bytes
    headers: Headers

    def all_headers(self) -> Headers:
        """The headers with the length, where there is a body."""
        if self.status in (204, 304):
            return self.headers
        return (*self.headers, SAFE, (b"content-length", str(len(self.body)).encode()))


class Wired(NamedTuple):
    """An answer and the beginning of its bytes on the wire: status line and headers, but for the date."""

    reply: Reply
    head: bytes

    @classmethod
    def of(cls, reply: Reply) -> "Wired":
        """The answer, written out."""
        parts = [_STATUS_LINES[reply.status]]
        for name, value in reply.all_headers():
            parts += (name, b": ", value, b"\r\n")
        return cls(reply, b"".join(parts))


async def send_reply(reply: Reply, send: Send, more: Headers = ()) -> None:
    """Sends an answer over ASGI, with `more` headers."""
    headers = (*reply.all_headers(), *more)
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})


class Finished(Response):
    """A `Reply` as FastAPI wants it returned."""

    def __init__(self, reply: Reply) -> None:
        """Takes over status, body and headers as they are."""
        super().__init__(reply.body, reply.status)
        fixed = [pair for pair in self.raw_headers if reply.status not in (204, 304)]
        self.raw_headers = [*reply.headers, *fixed]
        self._closes = CLOSE in reply.headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the answer. Before the connection is closed on a body that was not read, that is let come for a while.

        Otherwise the operating system answers it with a reset, and the client never sees why it was refused.
        """
        if not self._closes:
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        await _let_come(receive)
        await send({"type": "http.response.body", "body": b""})


async def _let_come(receive: Receive) -> None:
    size = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while size < LINGER_BYTES:
                message = await receive()
                size += len(message.get("body", b""))
                if not message.get("more_body"):
                    return


def json_reply(body: bytes, status: int = 200, *headers: tuple[bytes, bytes]) -> Reply:
    """A JSON answer that nobody may keep."""
    return Reply(status, body, ((b"content-type", b"application/json"), (b"cache-control", b"no-store"), *headers))


class Tagged(NamedTuple):
    """A JSON answer that caches may keep. `caching` are the headers that tell them how."""

    whole: Wired
    etag: bytes
    caching: Headers

    @classmethod
    def of(cls, body: bytes, etag: str, cache_control: bytes, *more: tuple[bytes, bytes]) -> "Tagged":
        """etag  the value without quotes"""
        quoted = f'"{etag}"'.encode()
        caching = ((b"etag", quoted), (b"cache-control", cache_control), *more)
        whole = Reply(200, body, ((b"content-type", b"application/json"), *caching))
        return cls(Wired.of(whole), quoted, caching)

    def for_holder(self, if_none_match: bytes | None) -> Wired:
        """What to send: the answer, or the news that the caller's copy still holds.

        if_none_match  that header of the request, where it has one
        """
        if if_none_match is not None and _matches(if_none_match, self.etag):
            return Wired.of(Reply(304, b"", self.caching))
        return self.whole


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    """Weak comparison, RFC 9110 section 13.1.2."""
    tags = (tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b","))
    return any(tag in (etag, b"*") for tag in tags)
