"""Starting and stopping the server process."""

import asyncio
import gc
import resource
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import uvicorn

from recsys.errors import BadInput
from recsys.home import Home
from recsys.registry import open_registry
from recsys.settings import Settings
from recsys.store.opening import has_store, open_store, postgres_address
from recsys.times import now_micros
from serving.accepting import Door
from serving.app import App
from serving.keys import Keyring
from serving.limits import networks
from serving.live import Live, Replica, opened
from serving.logs import log_to_stderr
from serving.memory import MAPPED_BYTES
from serving.protocol import protocol_for
from serving.security import check_address, is_loopback
from serving.senders import Sources
from serving.service import Service
from serving.site import ServiceSource
from serving.telemetry import Telemetry, new_counts
from serving.web.dashboard import dashboard_routes
from serving.web.sessions import new_secret
from serving.web.site import site_routes
from serving.workers import Ends, keep_working
from serving.writer import Writer

DRAIN_SECONDS = 5
READ_SECONDS = 2.0  # that readers may have to wait, once, for a database that has gone silent
WRITE_SECONDS = 5.0
BACKLOG = 2_048


@dataclass(frozen=True, slots=True)
class Serving:
    """How a home is served. `port` 0 picks a free one; `json_logs` writes logs for programs; `secret` signs cookies."""

    host: str
    port: int
    workers: int = 1
    access_log: bool = False
    json_logs: bool = False
    open_browser: bool = False
    secret: bytes = field(default_factory=new_secret)


def serve(home: Home, settings: Settings, how: Serving) -> None:
    """Serves a home until SIGTERM or SIGINT, and says where it listens once it answers.

    Raises BadInput for an address that can't be taken, or needs keys where there are none, BadBundle where the active
    model does not verify, StoreFailed.
    """
    if not is_loopback(how.host) and not has_keys(home):
        check_address(how.host)
    log_to_stderr(as_json=how.json_logs)
    allow_open_files()
    home.root.mkdir(parents=True, exist_ok=True)
    with listen(how.host, how.port) as listening:
        if how.workers == 1:
            _serve_on(listening, open_service(home, settings), how, lambda _: _say(listening, how))
        else:
            _serve_with_workers(listening, home, settings, how)


def _serve_with_workers(listening: socket.socket, home: Home, settings: Settings, how: Serving) -> None:
    """The same in several processes. What they have in common is made before them: the model's memory, the counters,
    and keys that live as long as the server does.
    """
    store = open_store(home)
    try:
        replica = opened(open_registry(home.bundles, settings.bundles), store)
    finally:
        store.close()
    counts, sources = new_counts(how.workers), Sources()
    sources.turn(now_micros())

    def work(worker: int, started: Callable[[Ends], None]) -> None:
        telemetry = Telemetry(counts, worker)
        service = open_service(
            home, settings, telemetry=telemetry, replica=replica, sources=sources, workers=how.workers
        )
        _serve_on(listening, service, how, started)

    parent = Telemetry(counts, how.workers)
    _keep_what_is_loaded()
    keep_working(
        how.workers,
        work,
        on_ready=lambda: _say(listening, how),
        on_restart=parent.restarted,
        now_and_then=lambda: sources.turn(now_micros()),
    )


def _serve_on(listening: socket.socket, service: Service, how: Serving, started: Callable[[Ends], None]) -> None:
    """Serves on a socket that listens, until the process is asked to end."""
    source = ServiceSource(service)
    pages = [*site_routes(lambda: source, service.settings), *dashboard_routes(service, how.secret)]
    app = App(service, pages, access_log=how.access_log)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=protocol_for(networks(service.settings.trusted_proxies), at_once=app.at_once),
        ws="none",
        lifespan="on",
        access_log=False,  # uvicorn's has addresses and queries in it
        log_level="warning",
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    _keep_what_is_loaded()
    _Server(config, listening, started).run([])


def _keep_what_is_loaded() -> None:
    """The collector need not look at it again and again."""
    gc.freeze()
    gc.enable()


def allow_open_files() -> None:
    """Raises the number of files and connections that the process may have open to what the system lets it have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises BadInput where the address can't be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        raise BadInput(f"can't listen on {host} port {port}: {error.strerror or error}") from None


def _say(listening: socket.socket, how: Serving) -> None:
    """Where it listens, on standard output."""
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    print(f"listening on {address}", flush=True)
    if how.open_browser:
        webbrowser.open(address)


def open_service(
    home: Home,
    settings: Settings,
    clock: Callable[[], int] = now_micros,
    *,
    telemetry: Telemetry | None = None,
    replica: Replica | None = None,
    sources: Sources | None = None,
    workers: int = 1,
) -> Service:
    """The service of a home: store and model opened, change log applied; raises BadBundle or StoreFailed.

    telemetry, replica, sources  what a worker has from its parent
    workers                      that share the memory for the model's files
    """
    telemetry = telemetry or Telemetry()
    registry = open_registry(home.bundles, settings.bundles)
    live = Live(registry, lambda: open_store(home, answer_seconds=READ_SECONDS), telemetry.refused_bundle, replica)
    if postgres_address() is None:
        telemetry.gauge("recsys_store_bytes", "Size of the store with its write-ahead log.", lambda: store_bytes(home))
    return Service(
        live=live,
        keyring=Keyring(live),
        writer=Writer(lambda: open_store(home, answer_seconds=WRITE_SECONDS), lambda: telemetry.shed("write")),
        settings=settings,
        home=home,
        registry=registry,
        telemetry=telemetry,
        open_store=lambda: open_store(home),
        clock=clock,
        sources=sources or Sources(),
        mapped_bytes=MAPPED_BYTES // workers,
    )


def store_bytes(home: Home) -> int:
    """What the store takes on the disk."""
    files = (home.store.with_name(home.store.name + suffix) for suffix in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.exists())


def has_keys(home: Home) -> bool:
    """Whether anybody has a good key to the home's server."""
    if not has_store(home):
        return False
    store = open_store(home)
    try:
        return any(key.revoked_at is None for key in store.keys.all())
    finally:
        store.close()


class _Server(uvicorn.Server):
    """Takes connections by itself, and tells when it has begun to."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, told: Callable[[Ends], None]) -> None:
        super().__init__(config)
        self._listening = listening
        self._told = told
        self._door: Door | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the door."""
        await super().startup(sockets)
        if self.started:
            self._door = Door(self._listening, self._protocol)
            self._told(self)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes it, and what listens, then ends what is under way."""
        if self._door is not None:
            self._door.close()
        self._listening.close()
        await super().shutdown(sockets)

    def _protocol(self) -> asyncio.Protocol:
        make = cast(Callable[..., asyncio.Protocol], self.config.http_protocol_class)
        return make(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
