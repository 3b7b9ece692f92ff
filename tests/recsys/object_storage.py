"""An S3-compatible server of one's own, over real HTTP, with a bucket for each test."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class ObjectStorage:
    """moto's server on a port of 127.0.0.1. What it holds is in its memory."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        latest = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, "moto's server has ended"
            assert time.monotonic() < latest
            time.sleep(0.05)

    @property
    def environment(self) -> dict[str, str]:
        """What makes S3 clients ask here."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "tester",
            "AWS_SECRET_ACCESS_KEY": "nothing secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def files(self) -> Any:
        """The storage behind the program's back, an fsspec file system; inside `environment`."""
        from fsspec import filesystem

        return filesystem("s3", use_listings_cache=False)

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nothing answers inside."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ends it, and all that it holds."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


@pytest.fixture(scope="session")
def object_storage() -> Iterator[ObjectStorage]:
    """A server that the tests of a process share."""
    storage = ObjectStorage()
    yield storage
    storage.stop()


@pytest.fixture
def bucket(object_storage: ObjectStorage, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket; the environment leads there."""
    for name, value in object_storage.environment.items():
        monkeypatch.setenv(name, value)
    name = f"test-{abs(hash(request.node.nodeid)) % 10**15}-{os.getpid()}"
    object_storage.files().mkdir(name)
    return f"s3://{name}"
