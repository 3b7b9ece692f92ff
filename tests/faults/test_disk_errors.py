"""System calls that fail under a server: what could not be stored is refused, what was acknowledged is there."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recsys.home import Home
from recsys.store.sqlite import SqliteStore
from tests.faults.scale import FULL, tries
from tests.serving.process import RUN, ask

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")]

BATCHES = tries(200, 40)
BATCH = 5
FAILING = ("fdatasync:error=EIO", "pwrite64:error=EIO", "pwrite64:error=ENOSPC")
ARTICLE = {"id": "a", "title": "An article", "published_at": "2026-03-10T11:00:00Z"}


@pytest.mark.parametrize("failing", FAILING if FULL else FAILING[:1])
def test_calls_that_fail_cost_nothing_that_was_acknowledged(tmp_path: Path, failing: str) -> None:
    home = Home(tmp_path)
    SqliteStore(home.store).close()
    traced = ["strace", "-f", "-qq", "-o", os.devnull, "-e", "trace=fdatasync,pwrite64"]
    # Calls are counted for each thread by itself; some of them may open the store before.
    inject = ["-e", f"inject={failing}:when=20+{3 if 'fdatasync' in failing else 7}"]
    command = [*traced, *inject, sys.executable, "-c", RUN, "serve", "--port", "0", "--home", str(home.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    acknowledged: list[str] = []
    refused = 0
    try:
        url = process.stdout.readline().removeprefix("listening on ").strip()
        if not url:
            pytest.skip("processes can't be traced here")
        while ask(f"{url}/v1/articles/a", ARTICLE, "PUT")[0] not in (200, 201):
            pass
        for number in range(BATCHES):
            events = [
                {"id": f"{number}-{n}", "type": "view", "article_id": "a", "at": ARTICLE["published_at"]}
                for n in range(BATCH)
            ]
            status, answer = ask(f"{url}/v1/events", events)
            assert status in (202, 503, 507), answer
            if status == 202:
                acknowledged.append(str(number))
            else:
                refused += 1
            assert ask(f"{url}/v1/ranking")[0] == 200
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    store = SqliteStore(home.store)
    stored = [event.id for entry in store.log.read(0, 1_000_000) for event in entry.events]
    store.close()
    print(f"{failing}: {refused} of {BATCHES} refused, {len(acknowledged)} acknowledged")
    assert refused
    assert acknowledged
    assert {f"{name}-{n}" for name in acknowledged for n in range(BATCH)} <= set(stored)
    assert len(stored) == len(set(stored))
    assert len(stored) % BATCH == 0
