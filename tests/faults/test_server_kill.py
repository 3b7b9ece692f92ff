"""`kill -9` of a server that takes events: what it acknowledged is there, once; and the disk has it before the answer.

RECSYS_KILLS sets how many kills; `make faults` takes 100.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from http.client import HTTPException
from pathlib import Path

import pytest

from recsys.home import Home
from recsys.store.sqlite import SqliteStore
from tests.serving.process import RUN, ask, server

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("RECSYS_KILLS", "4"))
CLIENTS = 8
BATCH = 20
ACKNOWLEDGEMENTS = 50
ARTICLE = {"id": "a", "title": "An article", "published_at": "2026-03-10T11:00:00Z"}


def _batch(name: str) -> list[dict[str, str]]:
    event = {"type": "view", "article_id": "a", "at": "2026-03-10T11:00:00Z"}
    return [event | {"id": f"{name}-{number}"} for number in range(BATCH)]


def test_a_killed_server_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    home, chance = Home(tmp_path / "home"), random.Random(1)
    acknowledged: list[str] = []
    ready: list[float] = []

    def send(url: str, client: str, ended: threading.Event) -> None:
        number = 0
        while not ended.is_set():
            name, number = f"{client}-{number}", number + 1
            try:
                status, answer = ask(f"{url}/v1/events", _batch(name))
            except (OSError, HTTPException):
                return
            assert (status, answer["accepted"]) == (202, BATCH)
            acknowledged.append(name)

    for kill in range(KILLS):
        began = time.monotonic()
        with server(home.root) as (url, process):
            ready.append(time.monotonic() - began)
            assert ask(f"{url}/v1/articles/a", ARTICLE, "PUT")[0] in (200, 201)
            ended = threading.Event()
            clients = [threading.Thread(target=send, args=(url, f"{kill}-{n}", ended)) for n in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(chance.uniform(0.3, 1.0))
            process.send_signal(signal.SIGKILL)
            process.wait()
            ended.set()
            for client in clients:
                client.join()

    store = SqliteStore(home.store)
    stored = [event.id for entry in store.log.read(0, 1_000_000) for event in entry.events]
    store.close()
    print(f"{KILLS} kills, {len(acknowledged) * BATCH:,} events acknowledged, ready in {max(ready):.1f} s at most")
    assert len(acknowledged) > KILLS
    assert len(stored) == len(set(stored)), "an event twice"
    assert {f"{name}-{number}" for name in acknowledged for number in range(BATCH)} <= set(stored)
    assert len(stored) % BATCH == 0, "half a batch"


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
