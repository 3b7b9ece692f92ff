"""A plain client for an application in this process: its event loop runs in a thread, so tests need no async."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

import httpx

from serving.app import App, running
from serving.service import Service

T = TypeVar("T")


class Client:
    """Sends requests to a service's application, whose life is the `with` block."""

    def __init__(self, service: Service, app: App | None = None) -> None:
        self.service = service
        transport = httpx.ASGITransport(app or App(service), raise_app_exceptions=False)
        self._http = httpx.AsyncClient(transport=transport, base_url="http://localhost")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._life = running(service)

    def __enter__(self) -> Self:
        self._thread.start()
        self.wait_for(self._life.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.wait_for(self._life.__aexit__(None, None, None))
        self.wait_for(self._http.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of something that the server's event loop does."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request."""
        return self.wait_for(self._http.request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.send("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.send("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.send("DELETE", path, **options)
