"""The whole server as one ASGI application: guard, fast lists, everything else through FastAPI, all of it counted."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Iterable, Sequence

from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope, Send

from serving.api import make_api
from serving.fast import FastLists
from serving.gate import Gate
from serving.limits import Limits, networks
from serving.logs import request_ids
from serving.memory import keep_small
from serving.overload import TURNED_AWAY
from serving.problems import Problem
from serving.security import guard
from serving.sending import SAFE, Headers, Reply, Wired, send_reply
from serving.service import Service
from serving.telemetry import ELSEWHERE, PAGES, REFUSED

GONE = 499  # as nginx counts those who left before their answer

_REQUEST_ID = b"x-request-id"
_ALWAYS = frozenset({b"/livez", b"/readyz", b"/metrics", b"/widget.js"})
_BY_READERS = frozenset({b"/v1/events", b"/v1/related"})
_POLICY = (b"content-security-policy", b"frame-ancestors 'none'")  # of pages that bring none of their own

log = logging.getLogger(__name__)


class App:
    """Answers HTTP for one site. Routes are matched on the raw path: an id keeps its `%2F` until it is decoded."""

    def __init__(self, service: Service, site: Sequence[BaseRoute] = (), *, access_log: bool = False) -> None:
        """site        routes of the pages for readers; paths reach them percent-encoded
        access_log  writes a line for each request: id, method, route, status, time; no path, no address
        """
        self._service = service
        self._keyring = service.keyring
        self._gate: Gate | None = None
        self._access_log = access_log
        self._ids = request_ids()
        self._lists = FastLists(service)
        self._api = make_api()
        self._api.state.service = service
        self._api.router.routes.extend(site)
        self._api.router.lifespan_context = lambda _: running(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the life of the server."""
        if scope["type"] != "http":
            await self._api(scope, receive, send)
            return
        at_once = self.at_once(scope)
        if at_once is not None:
            wired, headers = at_once
            await send_reply(wired.reply, send, headers)
            return
        began = time.perf_counter()
        self._service.pulse.worked(0.0)
        reply, headers = self._let_in(scope)
        route = REFUSED
        if reply is None and self._too_much(scope):
            reply, route = TURNED_AWAY.reply, ELSEWHERE
            self._service.telemetry.shed("request")
        if reply is not None:
            await send_reply(reply, send, (*headers, *self._count(scope, route, reply.status, began)))
            return
        await self._through_api(scope, receive, send, began, headers)

    def at_once(self, scope: Scope) -> tuple[Wired, Headers] | None:
        """The answer to a request for a list, with further headers; None where something else is asked for.

        Nothing is waited for, so a protocol may call this without a task of its own.
        """
        asked = self._lists.asked(scope)
        if asked is None:
            return None
        began = time.perf_counter()
        route = asked[0].template
        refused, headers = self._let_in(scope)
        if refused is not None:
            wired, route = Wired.of(refused), REFUSED
        else:
            try:
                wired = self._lists.reply(asked, scope)
            except Exception:
                log.exception("a list could not be answered")
                wired = Wired.of(Problem(500, "The server failed. Its log says how.").reply())
        self._service.pulse.worked(time.perf_counter() - began)
        return wired, (*headers, *self._count(scope, route, wired.reply.status, began))

    def _let_in(self, scope: Scope) -> tuple[Reply | None, Headers]:
        """Why a request is refused, None where it is not; and headers for whatever is answered."""
        if self._keyring.open:
            refused = guard(scope)
            return (None if refused is None else refused.reply()), ()
        passage = self._with_keys().passage(scope)
        return passage.reply, passage.headers

    def _with_keys(self) -> Gate:
        """The gate, made with the first key: a home without any needs none."""
        if self._gate is None:
            settings = self._service.settings
            limits = Limits(settings.requests_per_minute)
            self._gate = Gate(self._keyring, limits, networks(settings.trusted_proxies))
        return self._gate

    def _too_much(self, scope: Scope) -> bool:
        """Whether there is no time for this: pages first, then what readers send. What a site changes is let in."""
        path: bytes = scope["raw_path"]
        if path in _ALWAYS or path.startswith(b"/static/"):
            return False
        if not path.startswith(b"/v1/"):
            return self._service.pulse.late()
        by_readers = scope["method"] in ("GET", "HEAD") or path in _BY_READERS
        return by_readers and self._service.pulse.too_late()

    async def _through_api(self, scope: Scope, receive: Receive, send: Send, began: float, headers: Headers) -> None:
        status = 500
        request_id = next(self._ids)

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                logged = self._access_log or status >= 500
                own = ((_REQUEST_ID, request_id.encode()),) if logged else ()
                message["headers"] = [*message["headers"], *_missing(message["headers"]), *own, *headers]
            await send(message)

        scope["path"] = scope["raw_path"].decode("ascii")
        try:
            await self._api(scope, receive, send_and_note)
        except ClientDisconnect:
            status = GONE
        except Exception:
            log.exception("request %s failed", request_id)
        finally:
            self._count(scope, _route(scope), status, began, request_id)

    def _count(self, scope: Scope, route: str, status: int, began: float, request_id: str | None = None) -> Headers:
        """Counts a request; the header that names its line in the log, where there is a new one."""
        seconds = time.perf_counter() - began
        self._service.telemetry.answered(route, status, seconds)
        if not self._access_log:
            return ()
        named = request_id or next(self._ids)
        told = {"request_id": named, "method": scope["method"], "route": route, "status": status}
        told["ms"] = round(seconds * 1_000, 1)
        log.info("%s %s %d in %.1f ms", told["method"], route, status, told["ms"], extra={"request": told})
        return () if request_id is not None else ((_REQUEST_ID, named.encode()),)


def _route(scope: Scope) -> str:
    """The template of the route that took a request. Only those of the API leave theirs; a page leaves its endpoint."""
    return getattr(scope.get("route"), "path", PAGES if "endpoint" in scope else ELSEWHERE)


def _missing(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """What an answer should say for the safety of its readers, and does not yet."""
    own = dict(headers)
    wanted = (SAFE, _POLICY) if own.get(b"content-type", b"").startswith(b"text/html") else (SAFE,)
    return [pair for pair in wanted if pair[0] not in own]


@contextlib.asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """Follows change log and keys as long as the server runs; what was accepted is committed before it ends."""
    followings = [
        asyncio.create_task(service.live.follow()),
        asyncio.create_task(service.keyring.follow()),
        asyncio.create_task(service.pulse.follow(service.beat)),
        asyncio.create_task(keep_small(service.live, service.mapped_bytes)),
    ]
    service.beat(0.0)
    for following in followings:
        following.add_done_callback(_report)
    try:
        yield
    finally:
        for following in followings:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await following
        await service.writer.close()
        service.live.close()


def _report(following: asyncio.Task[None]) -> None:
    if not following.cancelled() and following.exception() is not None:
        log.critical("something that a server must follow is no longer followed", exc_info=following.exception())
