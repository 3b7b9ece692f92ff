"""uvicorn's HTTP protocol with what it lacks: a bound and a deadline for the head of a request."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from serving.problems import Problem
from serving.sending import CLOSE, LINGER_BYTES, LINGER_SECONDS

HEAD_BYTES = 65_536
HEAD_SECONDS = 10.0


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request line and headers are too long, or too long in coming."""

    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _received = 0
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection that never says anything is closed too."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, then judges what is still incomplete. A head that comes in one piece costs no timer."""
        self._received += len(data)
        if self._refused:
            if self._received > LINGER_BYTES:
                self.transport.close()
            return
        super().data_received(data)
        if self._refused:
            return
        if not self._in_head:
            self._stop_waiting()
        elif self._received > HEAD_BYTES:
            self.send_400_response("")
        elif self._received and self._deadline is None:
            self._wait()

    def send_400_response(self, msg: str) -> None:
        """Refuses what is no HTTP. The rest is let come for a while: closing at once would reset the connection."""
        self._refused = True
        self._stop_waiting()
        problem = Problem(400, "This is no HTTP request that can be answered.").reply()
        headers = (*problem.headers, CLOSE, (b"content-length", str(len(problem.body)).encode()))
        head = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + problem.body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def on_headers_complete(self) -> None:
        """The head is there; httptools turns an error raised here into a refusal."""
        self._in_head = False
        if self._received > HEAD_BYTES and self._head_bytes() > HEAD_BYTES:
            raise ValueError("the head of the request is too long")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next bytes belong to the head of another request."""
        super().on_message_complete()
        self._in_head = True
        self._received = 0

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._in_head and not self.transport.is_closing():
            self.transport.close()
