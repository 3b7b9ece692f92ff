"""The whole server as one ASGI application: guard, fast lists, everything else through FastAPI, all of it counted."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Sequence

from starlette.routing import BaseRoute
from starlette.types import Message, Receive, Scope, Send

from serving.api import make_api
from serving.fast import FastLists
from serving.problems import Problem
from serving.security import guard
from serving.sending import send_reply
from serving.service import Service

_ELSEWHERE = "elsewhere"

log = logging.getLogger(__name__)


class App:
    """Answers HTTP for one site. Routes are matched on the raw path: an id keeps its `%2F` until it is decoded."""

    def __init__(self, service: Service, site: Sequence[BaseRoute] = ()) -> None:
        """site  routes of the pages for readers; paths reach them percent-encoded"""
        self._service = service
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
        began = time.perf_counter()
        refused = guard(scope)
        if refused is not None:
            await send_reply(refused.reply(), send)
            self._count("refused", refused.status, began)
            return
        try:
            found = self._lists.reply(scope)
        except Exception:
            log.exception("a list could not be answered")
            found = (_ELSEWHERE, Problem(500, "The server failed. Its log says how.").reply())
        if found is not None:
            route, reply = found
            await send_reply(reply, send)
            self._count(route, reply.status, began)
            return
        await self._through_api(scope, receive, send, began)

    async def _through_api(self, scope: Scope, receive: Receive, send: Send, began: float) -> None:
        status = 500

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        scope["path"] = scope["raw_path"].decode("ascii")
        try:
            await self._api(scope, receive, send_and_note)
        finally:
            route = scope.get("route")
            self._count(getattr(route, "path", _ELSEWHERE), status, began)

    def _count(self, route: str, status: int, began: float) -> None:
        self._service.telemetry.answered(route, status, time.perf_counter() - began)


@contextlib.asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """Follows the change log as long as the server runs; what was accepted is committed before it ends."""
    following = asyncio.create_task(service.live.follow())
    following.add_done_callback(_report)
    try:
        yield
    finally:
        following.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await following
        await service.writer.close()
        service.live.close()


def _report(following: asyncio.Task[None]) -> None:
    if not following.cancelled() and following.exception() is not None:
        log.critical("the change log is no longer followed", exc_info=following.exception())
