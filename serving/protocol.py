"""uvicorn's HTTP protocol with what it lacks: bounds and deadlines for requests, and a bound for connections."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from serving.limits import Network, is_within
from serving.problems import Problem
from serving.receiving import DEADLINE_SECONDS
from serving.security import is_loopback
from serving.sending import CLOSE, LINGER_BYTES, LINGER_SECONDS, Headers, Wired

HEAD_BYTES = 65_536
HEAD_SECONDS = 10.0
BODY_SECONDS = DEADLINE_SECONDS + 2.0  # who reads a body gives up first, and says so
READER_SECONDS = 10.0  # for a client to make room for more of its answer
CONNECTIONS = 256  # open at once from one address

AtOnce = Callable[[Scope], tuple[Wired, Headers] | None]

# Headers of requests with a body or a wish that uvicorn sees to.
_SPECIAL = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})


class BoundedProtocol(HttpToolsProtocol):
    """Closes a connection whose request is too long in its head or in coming, or whose answer isn't fetched."""

    _deadline: asyncio.TimerHandle | None = None
    _reader_deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _received = 0
    _refused = False
    _at_once: AtOnce | None = None
    _answered = False  # the request at hand was answered at once
    _may_answer = False  # one request of each piece that arrives: the others take turns, as a client may not read
    _unfinished: Sequence[RequestResponseCycle] = ()  # uvicorn itself keeps the last one only
    _idle: asyncio.TimerHandle | None = None
    _idle_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection that never says anything is closed too."""
        super().connection_made(transport)
        self._wait(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any longer, and no answer that is under way goes on to be written."""
        for cycle in self._unfinished:
            cycle.disconnected = True
            cycle.message_event.set()
        self.pipeline.clear()
        self._stop_waiting()
        self._reader_is_back()
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, then judges what is still incomplete. A request that comes in one piece costs no timer."""
        self._received += len(data)
        if self._refused:
            if self._received > LINGER_BYTES:
                self.transport.close()
            return
        self._may_answer = self._at_once is not None
        super().data_received(data)
        self._judge()

    def _judge(self) -> None:
        if self._refused or not self._received:
            return
        if self._in_head and self._received > HEAD_BYTES:
            self.send_400_response("")
        elif self._deadline is None:
            self._wait(HEAD_SECONDS if self._in_head else BODY_SECONDS)

    def pause_writing(self) -> None:
        """The client doesn't fetch what it asked for."""
        super().pause_writing()
        if self._reader_deadline is None:
            self._reader_deadline = self.loop.call_later(READER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It does again."""
        self._reader_is_back()
        super().resume_writing()

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
        self._stop_waiting()
        if self._received > HEAD_BYTES and self._head_bytes() > HEAD_BYTES:
            raise ValueError("the head of the request is too long")
        if self._may_answer and self.parser.get_method() == b"GET" and self._answer_at_once():
            return
        super().on_headers_complete()
        if self.cycle is not None:
            under_way = [cycle for cycle in self._unfinished if not cycle.response_complete and cycle is not self.cycle]
            self._unfinished = [*under_way, self.cycle]

    def _answer_at_once(self) -> bool:
        """Answers without a task of its own, and in one write, what needs no waiting; False where it has to go round.

        Only where nothing is under way on this connection, the request has no body and wants nothing special.
        """
        if self._under_way() or self.flow.write_paused:
            return False
        if self.parser.get_http_version() != "1.1" or not self.parser.should_keep_alive() or self.root_path:
            return False
        for name, _ in self.headers:
            if name in _SPECIAL:
                return False
        scope = self.scope
        url = httptools.parse_url(self.url)
        scope["method"], scope["raw_path"], scope["query_string"] = "GET", url.path, url.query or b""
        found = self._at_once(scope)  # type: ignore[misc, arg-type]
        if found is None:
            return False
        wired, more = found
        parts = [wired.head]
        for name, value in self.server_state.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in more:
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n", wired.reply.body)
        self.transport.write(b"".join(parts))
        self._answered, self._may_answer = True, False
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self._idle is None:
            self._idle = self.loop.call_later(self.timeout_keep_alive, self._close_idle)
        return True

    def _under_way(self) -> bool:
        """Whether an answer that takes a task of its own is not complete."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first such request
        return cycle is not None and not cycle.response_complete

    def _close_idle(self) -> None:
        """Closes a connection on which nothing has happened since the last answer at once; a request moves it on."""
        self._idle = None
        if self._received or self._under_way() or self.transport.is_closing():
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idle = self.loop.call_later(left, self._close_idle)
        elif self.timeout_keep_alive_task is None:  # uvicorn's own waits for a later answer
            self.transport.close()

    def on_message_complete(self) -> None:
        """The next bytes belong to the head of another request."""
        if self._answered:
            self._answered = False
        else:
            super().on_message_complete()
        self._in_head = True
        self._received = 0
        self._stop_waiting()

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _wait(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _reader_is_back(self) -> None:
        if self._reader_deadline is not None:
            self._reader_deadline.cancel()
            self._reader_deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


def protocol_for(
    proxies: Sequence[Network], connections: int = CONNECTIONS, at_once: AtOnce | None = None
) -> type[BoundedProtocol]:
    """The protocol of one server, which turns an address away that has `connections` open already.

    This machine's own programs and `proxies` may have any number: behind one of them stand many clients.

    at_once  answers what needs no waiting, such as `App.at_once`
    """
    by_address: Counter[str] = Counter()

    class Protocol(BoundedProtocol):
        _counted: str | None = None
        _at_once = None if at_once is None else staticmethod(at_once)

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            address = self.client[0] if self.client else ""
            if is_loopback(address) or is_within(address, proxies):
                return
            by_address[address] += 1
            self._counted = address
            if by_address[address] > connections:
                transport.abort()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._counted is not None:
                by_address[self._counted] -= 1
                if not by_address[self._counted]:
                    del by_address[self._counted]
            super().connection_lost(exc)

    return Protocol
