"""A server that takes events is killed or told to end: what it acknowledged is there, once; the disk had it before."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPException
from pathlib import Path

import pytest

from recsys.home import Home
from recsys.store.opening import open_store
from tests.faults.scale import tries
from tests.faults.tail import tailed
from tests.recsys.store.postgres_server import PostgresServer, missing
from tests.serving.process import RUN, ask, server

pytestmark = pytest.mark.slow

KILLS = tries(200, 2)
CLIENTS = 8
BATCH = 20
ACKNOWLEDGEMENTS = 50
ARTICLE = {"id": "a", "title": "An article", "published_at": "2026-03-10T11:00:00Z"}


def _batch(name: str) -> list[dict[str, str]]:
    event = {"type": "view", "article_id": "a", "at": "2026-03-10T11:00:00Z"}
    return [event | {"id": f"{name}-{number}"} for number in range(BATCH)]


class Clients:
    """Programs that send batches until the server is gone; `acknowledged` are the batches that it answered 202."""

    def __init__(self) -> None:
        self.acknowledged: list[str] = []

    def work(self, url: str, name: str, act: Callable[[], None]) -> None:
        """Sends for as long as `act`, which ends the server, takes."""
        ended = threading.Event()
        threads = [threading.Thread(target=self._send, args=(url, f"{name}-{n}", ended)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        act()
        ended.set()
        for thread in threads:
            thread.join()

    def check(self, home: Home) -> None:
        """What was acknowledged is in the store, once, and no batch is there by half."""
        with closing(open_store(home, read_only=True)) as store:
            stored = [event.id for entry in store.log.read(0, 1_000_000) for event in entry.events]
        assert len(stored) == len(set(stored)), "an event twice"
        assert {f"{name}-{number}" for name in self.acknowledged for number in range(BATCH)} <= set(stored)
        assert len(stored) % BATCH == 0, "half a batch"

    def _send(self, url: str, client: str, ended: threading.Event) -> None:
        number = 0
        while not ended.is_set():
            name, number = f"{client}-{number}", number + 1
            try:
                status, answer = ask(f"{url}/v1/events", _batch(name))
            except (OSError, HTTPException):
                return
            if status == 503:  # too much is asked of this machine
                continue
            assert (status, answer["accepted"]) == (202, BATCH)
            self.acknowledged.append(name)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A home without a store yet, on each of the databases; PostgreSQL flushes."""
    if request.param == "SQLite":
        yield Home(tmp_path / "home")
        return
    if (why := missing()) is not None:
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        database = PostgresServer(Path(folder))
        database.start()
        monkeypatch.setenv("RECSYS_STORE", database.address(tcp=True))
        yield Home(tmp_path / "home")
        database.stop("immediate")


def test_a_killed_server_loses_nothing_that_it_acknowledged(home: Home) -> None:
    """Nor does one miss anything who reads the log meanwhile."""
    chance, clients = random.Random(1), Clients()
    ready: list[float] = []
    home.root.mkdir()
    with closing(open_store(home)) as store, tailed(store) as seen:
        for kill in range(KILLS):
            began = time.monotonic()
            with server(home.root) as (url, process):
                ready.append(time.monotonic() - began)
                assert ask(f"{url}/v1/articles/a", ARTICLE, "PUT")[0] in (200, 201)

                def end(process: subprocess.Popen[str] = process) -> None:
                    time.sleep(chance.uniform(0.3, 1.0))
                    process.send_signal(signal.SIGKILL)
                    process.wait()

                clients.work(url, str(kill), end)
    with closing(open_store(home, read_only=True)) as store:
        assert seen == store.log.read(0, 1_000_000)
    events = len(clients.acknowledged) * BATCH
    print(f"{KILLS} kills, {events:,} events acknowledged, ready in {max(ready):.1f} s at most")
    assert len(clients.acknowledged) > KILLS
    clients.check(home)


def test_a_server_that_is_told_to_end_finishes_what_it_began(tmp_path: Path) -> None:
    home, clients = Home(tmp_path / "home"), Clients()
    took: list[float] = []
    with server(home.root, "--workers", "2") as (url, process):
        assert ask(f"{url}/v1/articles/a", ARTICLE, "PUT")[0] == 201
        time.sleep(0.3)  # until both workers know the article

        def end() -> None:
            time.sleep(1.0)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            took.append(time.monotonic() - began)

        clients.work(url, "0", end)
    print(f"{len(clients.acknowledged) * BATCH:,} events acknowledged, ended in {took[0]:.1f} s")
    assert len(clients.acknowledged) > CLIENTS
    clients.check(home)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_disk_has_it_before_the_answer_goes_out(tmp_path: Path) -> None:
    """A kill can't show that: what the operating system has, survives it. So the order of system calls is looked at."""
    home, trace = Home(tmp_path / "home"), tmp_path / "trace"
    watched = ["strace", "-f", "-qq", "-s", "16", "-e", "trace=fdatasync,fsync,write,writev,sendto,sendmsg", "-o"]
    command = [*watched, str(trace), sys.executable, "-c", RUN, "serve", "--port", "0", "--home", str(home.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().removeprefix("listening on ").strip()
        if not url:
            pytest.skip("processes can't be traced here")
        assert ask(f"{url}/v1/articles/a", ARTICLE, "PUT")[0] == 201
        for number in range(ACKNOWLEDGEMENTS):
            assert ask(f"{url}/v1/events", _batch(str(number)))[0] == 202
    finally:
        os.killpg(process.pid, signal.SIGTERM)  # strace itself does not hear it
        process.wait(20)
        process.stdout.close()
    synced, answers = 0, 0
    for line in trace.read_text(errors="replace").splitlines():
        if re.search(r"(fdatasync|fsync)(\(.*| resumed>.*)= 0$", line):
            synced += 1
        elif '"HTTP/1.1 202 Ac' in line:
            assert synced, f"answer {answers} went out before its fdatasync"
            synced, answers = 0, answers + 1
    assert answers == ACKNOWLEDGEMENTS
