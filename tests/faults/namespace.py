"""A network namespace with two links, one to clients and one to a store, which can be cut. Only root can make one."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class Namespace:
    """Addresses: `inside` is where clients reach what runs in it, `store` where it reaches what runs outside."""

    def __init__(self) -> None:
        number = os.getpid() % 250
        self._name = f"recsys-{os.getpid()}"
        self._cut = f"rs{number}s"
        self.inside, self.store = f"198.18.{number}.2", f"198.19.{number}.1"
        self.network = f"198.19.{number}.0/24"
        self.run = ("ip", "netns", "exec", self._name)
        _ip("netns", "add", self._name)
        _ip("-n", self._name, "link", "set", "lo", "up")
        for link, network in ((f"rs{number}c", f"198.18.{number}"), (self._cut, f"198.19.{number}")):
            _ip("link", "add", link, "type", "veth", "peer", "name", f"{link}p", "netns", self._name)
            _ip("addr", "add", f"{network}.1/24", "dev", link)
            _ip("link", "set", link, "up")
            _ip("-n", self._name, "addr", "add", f"{network}.2/24", "dev", f"{link}p")
            _ip("-n", self._name, "link", "set", f"{link}p", "up")

    @contextmanager
    def cut(self) -> Iterator[None]:
        """No packet passes between it and the store inside, and no connection is closed."""
        _ip("link", "set", self._cut, "down")
        try:
            yield
        finally:
            _ip("link", "set", self._cut, "up")

    def remove(self) -> None:
        """With its links."""
        _ip("netns", "del", self._name)


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """One of one's own; skips where none can be made."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("a network namespace takes root and iproute2")
    try:
        found = Namespace()
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made: {error.stderr.decode().strip()}")
    yield found
    found.remove()


def _ip(*command: str) -> None:
    subprocess.run(["ip", *command], check=True, capture_output=True)
