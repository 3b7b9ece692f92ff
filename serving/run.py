"""Starting and stopping the server process."""

import gc
import logging
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn

from recsys.home import Home
from recsys.settings import Settings
from recsys.store import Store
from recsys.store.sqlite import SqliteStore
from recsys.times import now_micros
from serving.app import App
from serving.live import Live
from serving.protocol import BoundedProtocol
from serving.security import check_address
from serving.service import Service
from serving.site import ServiceSource
from serving.telemetry import Telemetry
from serving.web.site import site_routes
from serving.writer import Writer

DRAIN_SECONDS = 5


def serve(
    home: Home, settings: Settings, *, host: str, port: int, access_log: bool = False, open_browser: bool = False
) -> None:
    """Serves a home until SIGTERM or SIGINT, and says where it listens once it answers.

    port  0 picks a free one

    Raises BadInput for an address that needs keys, BadBundle where the active model does not verify, StoreFailed.
    """
    check_address(host)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    home.root.mkdir(parents=True, exist_ok=True)
    service = open_service(home, settings)
    source = ServiceSource(service)
    config = uvicorn.Config(
        App(service, site_routes(lambda: source, settings)),
        host=host,
        port=port,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        access_log=access_log,
        log_level="info" if access_log else "warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    gc.freeze()  # what is loaded by now stays: the collector need not look at it again and again
    _Server(config, open_browser=open_browser).run()


def open_service(home: Home, settings: Settings, clock: Callable[[], int] = now_micros) -> Service:
    """The service of a home: store and model opened, change log applied; raises BadBundle or StoreFailed."""
    telemetry = Telemetry()
    live = Live(home.bundles, lambda: open_store(home.store), telemetry.refused_bundles.inc)
    telemetry.gauge("recsys_articles", "Articles known, whether shown or not.", lambda: len(live.model.articles))
    telemetry.gauge("recsys_log_lag", "Entries of the change log not applied yet.", live.lag)
    return Service(
        live=live,
        writer=Writer(lambda: open_store(home.store)),
        settings=settings,
        bundles=home.bundles,
        telemetry=telemetry,
        clock=clock,
    )


def open_store(path: Path) -> Store:
    """A connection of its own to the home's store."""
    return SqliteStore(path)


class _Server(uvicorn.Server):
    """Says where it listens, on standard output, once it does."""

    def __init__(self, config: uvicorn.Config, *, open_browser: bool) -> None:
        super().__init__(config)
        self._open_browser = open_browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen."""
        await super().startup(sockets)
        if not self.started:
            return
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        print(f"listening on {address}", flush=True)
        if self._open_browser:
            webbrowser.open(address)
