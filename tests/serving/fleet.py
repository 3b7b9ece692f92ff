"""Servers as on several machines: one PostgreSQL, one bucket, a folder of its own for each, haproxy before them."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from recsys.bundle import active_version, open_bundle, version_folders
from recsys.home import Home
from recsys.keys import new_key
from recsys.registry import Registry, active_or_none, open_registry
from recsys.store.postgres import PostgresStore
from recsys.store.postgres_move import move_store
from tests.serving.conftest import NOW
from tests.serving.process import server

EXAMPLE = Path(__file__).parents[2] / "docs/deploy/haproxy.cfg"
HAPROXY = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def move_to_fleet(home: Home, postgres: str, address: str, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Moves a home's store and versions to PostgreSQL and the bucket, and points the environment there."""
    move_store(home.store, postgres, lambda *_: None)
    registry = open_registry(home.bundles, address)
    for folder in version_folders(home.bundles):
        manifest, arrays = open_bundle(folder)
        registry.write(arrays, manifest)
    registry.activate(active_version(home.bundles), after=active_or_none(registry))
    monkeypatch.setenv("RECSYS_STORE", postgres)
    monkeypatch.setenv("RECSYS_BUNDLES", address)
    return registry


def publish_elsewhere(registry: Registry, postgres: str, version: str) -> None:
    """What a training on a third machine does at its end."""
    registry.activate(version, after=active_or_none(registry))
    with closing(PostgresStore(postgres)) as store:
        store.log.append_activation(version, NOW)


def secret_key(postgres: str) -> str:
    """The token of a new secret key."""
    key, token = new_key("secret", "", (), NOW)
    with closing(PostgresStore(postgres)) as store:
        store.keys.add(key, NOW)
    return token


class Member:
    """One server of a fleet, on a port that it keeps when it is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._running = ExitStack()
        self.start()

    def start(self) -> None:
        """Returns once it answers."""
        _, self._process = self._running.enter_context(server(self.folder, "--port", str(self.port)))

    def kill(self) -> None:
        """As `kill -9`."""
        self._process.kill()
        self._running.close()

    def stop(self) -> None:
        """In order."""
        self._running.close()


@contextmanager
def balanced(members: list[Member], folder: Path) -> Iterator[str]:
    """The address of haproxy before the members, set up as in the example of the documentation."""
    if HAPROXY is None:
        pytest.skip("haproxy is not installed")
    port, text = free_port(), EXAMPLE.read_text()
    for place, member in zip(("10.0.0.11:8000", "10.0.0.12:8000"), members, strict=True):
        assert text.count(place) == 2
        text = text.replace(place, f"127.0.0.1:{member.port}")
    configuration = folder / "haproxy.cfg"
    configuration.write_text(text.replace("bind :8080", f"bind 127.0.0.1:{port}"))
    process = subprocess.Popen([HAPROXY, "-q", "-db", "-f", str(configuration)])
    url = f"http://127.0.0.1:{port}"
    try:
        _listening(port)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _listening(port: int) -> None:
    latest = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < latest
            time.sleep(0.02)
        else:
            return
