"""A server whose disk is full: writes are refused, readers see nothing of it, and it goes on once there is room."""

import contextlib
import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.home import Home
from recsys.store.sqlite import SqliteStore
from tests.faults.scale import tries
from tests.serving.process import ask, server

pytestmark = pytest.mark.slow

MEGABYTES = 24
TRIES = tries(100, 20)
EVENT = {"type": "view", "article_id": "council-4", "at": "2026-03-10T11:00:00Z"}
ASKED = ("/v1/ranking", "/v1/articles/council-4/related", "/v1/articles/harbour-1/page", "/readyz")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _fill(file: Path) -> None:
    """Leaves no room on the file's disk."""
    with file.open("ab", buffering=0) as filling:
        for size in (1 << 20, 4_096, 1):
            with contextlib.suppress(OSError):
                while True:
                    filling.write(b"x" * size)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)), file.with_name("more").open("wb") as more:
        more.write(b"x" * 4_096)


def test_a_full_disk_stops_writes_only(home: Home, small_disk: Path) -> None:
    served = Home(Path(shutil.copytree(home.root, small_disk / "home")))
    acknowledged: list[str] = []

    def send(url: str, name: str) -> int:
        status = ask(f"{url}/v1/events", [EVENT | {"id": f"{name}-{number}"} for number in range(200)])[0]
        if status == 202:
            acknowledged.append(name)
        return status

    with server(served.root) as (url, _):
        assert send(url, "before") == 202
        _fill(small_disk / "filling")
        refused = 0
        for number in range(TRIES):
            status = send(url, f"full-{number}")
            assert status in (202, 507)  # the log has room of its own for a while
            refused += status == 507
            assert all(ask(url + path)[0] == 200 for path in ASKED)
        assert refused
        article = {"id": "late", "title": "Late", "published_at": "2026-03-10T11:00:00Z", "body": "x" * 500_000}
        assert ask(f"{url}/v1/articles/late", article, "PUT")[0] == 507
        (small_disk / "filling").unlink()
        began, number = time.monotonic(), 0
        while send(url, f"after-{number}") != 202:
            number += 1
        print(
            f"{refused} of {TRIES} writes refused; stored again {time.monotonic() - began:.2f} s after there was room"
        )
        assert ask(f"{url}/v1/articles/late", article, "PUT")[0] == 201
    store = SqliteStore(served.store)
    stored = [event.id for entry in store.log.read(0, 1_000_000) for event in entry.events]
    store.close()
    assert {f"{name}-{number}" for name in acknowledged for number in range(200)} <= set(stored)
    assert len(stored) == len(set(stored))
