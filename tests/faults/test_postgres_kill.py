"""PostgreSQL and its writers are killed: what was acknowledged is there, whole, once, in a log without gaps."""

import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path

import pytest

from recsys.errors import StoreFailed
from recsys.event import Event
from recsys.home import Home
from recsys.record import Micros
from recsys.store.postgres import PostgresStore
from serving.overload import overloaded
from tests.faults.scale import tries
from tests.faults.tail import tailed
from tests.recsys.store.postgres_server import PostgresServer, missing
from tests.serving.process import ask, server

pytestmark = pytest.mark.slow

KILLS = tries(40, 2)
WRITERS = 2
BATCH = 20
BACK_SECONDS = 5.0
ARTICLE = {"id": "a", "title": "An article", "published_at": "2026-03-10T11:00:00Z"}

WRITER = f"""
import sys
from recsys.event import Event
from recsys.record import Micros
from recsys.store.postgres import PostgresStore

store, name, number = PostgresStore(sys.argv[1]), sys.argv[2], 0
while True:
    batch = [Event(id=f"{{name}}-{{number}}-{{i}}", type="view", article_id="a", at=Micros(1)) for i in range({BATCH})]
    store.log.append_events(batch, 1)
    print(number, flush=True)
    number += 1
"""


@pytest.fixture(scope="module")
def durable() -> Iterator[PostgresServer]:
    """A server that flushes, but not before it is told to, and that may be killed."""
    if (why := missing()) is not None:
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        found = PostgresServer(Path(folder), "wal_writer_delay=10s")
        found.start()
        yield found
        found.stop("immediate")


def test_killed_writers_and_a_killed_database_lose_nothing_that_was_acknowledged(
    durable: PostgresServer, tmp_path: Path
) -> None:
    address, chance = durable.schema("kills"), random.Random(1)
    acknowledged: dict[str, int] = {}
    with closing(PostgresStore(address)) as store, tailed(store) as seen:
        for kill in range(KILLS):
            outputs = [tmp_path / f"{kill}-{writer}.txt" for writer in range(WRITERS)]
            processes = []
            for output in outputs:
                with output.open("wb") as out, output.with_suffix(".err").open("wb") as err:
                    command = [sys.executable, "-c", WRITER, address, output.stem]
                    processes.append(subprocess.Popen(command, stdout=out, stderr=err))
            while not all(output.stat().st_size for output in outputs):
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.1))
            if kill % 2:
                durable.stop("immediate")
                durable.start()
            for process in processes:
                process.send_signal(signal.SIGKILL)
                process.wait()
            # A last line without its end was cut by the kill: not acknowledged.
            acknowledged |= {output.stem: output.read_text().count("\n") for output in outputs}

    with closing(PostgresStore(address)) as store:
        entries = store.log.read(0, 1_000_000)
    assert seen == entries, "a reader saw what was lost, or missed what came late"
    stored: dict[str, list[str]] = {}
    for entry in entries:
        batch = [event.id or "" for event in entry.events]
        name, number, _ = batch[0].rsplit("-", 2)
        assert batch == [f"{name}-{number}-{i}" for i in range(BATCH)], "half a batch"
        stored.setdefault(name, []).append(number)
    for name, count in acknowledged.items():
        assert count > 0
        assert stored[name][:count] == [str(number) for number in range(count)]
        assert len(stored[name]) - count <= 1, "at most the batch in flight"


def test_a_crash_takes_away_only_what_nobody_saw(durable: PostgresServer) -> None:
    """Entry 2 is stored and waits for the disk; the crash takes it, and another becomes entry 2."""
    address = durable.schema("crash")

    def append(name: str) -> None:
        with closing(PostgresStore(address)) as store, suppress(StoreFailed):
            store.log.append_events([Event(id=name, type="view", article_id="a", at=Micros(1))], 1)
            acknowledged.append(name)

    acknowledged = list[str]()
    append("first")
    with closing(PostgresStore(address)) as store, tailed(store) as seen:
        with closing(PostgresStore(address)) as disk:
            disk._database._session.together("BEGIN", disk._database._flush_lock)
            thread = threading.Thread(target=append, args=("cut off",))
            thread.start()
            while disk._database.value("SELECT max(seq) FROM log") == 1:
                time.sleep(0.01)
            time.sleep(0.1)  # for the reader to look
            durable.stop("immediate")
            durable.start()
            thread.join()
        append("next")
    with closing(PostgresStore(address)) as store:
        entries = store.log.read(0, 9)
    assert acknowledged == ["first", "next"]
    assert set(acknowledged) <= {event.id for entry in entries for event in entry.events}
    assert seen == entries


def test_a_server_lives_through_restarts_and_silence_of_its_database(
    durable: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers notice nothing, writers are told to come again, nothing acknowledged is lost.

    Silence is what a network brings that is cut: no connection is closed, nothing answers.
    """
    monkeypatch.setenv("RECSYS_STORE", durable.address(tcp=True))
    home, acknowledged, refused = Home(tmp_path / "home"), set[str](), list[int]()
    read, back = list[str](), list[float]()
    ended = threading.Event()

    def write(url: str, client: int) -> None:
        number = 0
        while not ended.is_set():
            number += 1
            name = f"{client}-{number}"
            event = {"id": name, "type": "view", "article_id": "a", "at": "2026-03-10T11:00:00Z"}
            status, _ = ask(f"{url}/v1/events", event)
            if status == 202:
                acknowledged.add(name)
            else:
                refused.append(status)
                time.sleep(0.02)

    def look(url: str) -> None:
        while not ended.is_set():
            status, answer = ask(f"{url}/v1/ranking")
            read.append("" if status == 200 else answer["detail"])

    with server(home.root) as (url, _):
        assert ask(f"{url}/v1/articles/a", ARTICLE, "PUT")[0] == 201
        threads = [threading.Thread(target=write, args=(url, client)) for client in range(4)]
        threads.append(threading.Thread(target=look, args=(url,)))
        for thread in threads:
            thread.start()
        for mode in ("immediate", "fast"):
            time.sleep(0.5)
            durable.stop(mode)
            time.sleep(0.5)
            assert _ready(url) == 503
            durable.start()
            back.append(_back(url))
        time.sleep(0.3)
        with durable.frozen():
            while _ready(url) == 200:
                time.sleep(0.05)
            seen = len(read)
            assert ask(f"{url}/v1/articles/a", ARTICLE, "PUT")[0] == 503
        back.append(_back(url))
        ended.set()
        for thread in threads:
            thread.join()
    with closing(PostgresStore(durable.address())) as store:
        stored = [event.id for entry in store.log.read(0, 1_000_000) for event in entry.events]
    print(f"{len(acknowledged):,} acknowledged, {len(refused):,} refused, back after {max(back):.1f} s at most")
    assert set(read) <= {"", overloaded().detail}, "the machine may be busy, the database is not asked"
    assert read[seen:].count("") > 20
    assert set(refused) == {503}
    assert max(back) < BACK_SECONDS
    assert len(acknowledged) > 5
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored)), "an event twice"


def _back(url: str) -> float:
    """Seconds until it is ready and takes what is sent."""
    began = time.monotonic()
    while _ready(url) != 200 or ask(f"{url}/v1/articles/a", ARTICLE, "PUT")[0] != 200:
        assert time.monotonic() - began < 30
        time.sleep(0.05)
    return time.monotonic() - began


def _ready(url: str) -> int:
    try:
        return ask(f"{url}/readyz")[0]
    except (OSError, HTTPException):
        return 0
