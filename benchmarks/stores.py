"""Claim: on PostgreSQL a server takes at least half as many single events a second as on SQLite and answers Related at
least nine tenths as often; and four writers append at least half as much as if nobody minded the order of the log.

Intake: processes that append batches of events, each batch durable before the next. Requests: wrk on a server with 1, 2
and 4 workers; Related at hand, and single events by POST. PostgreSQL is one of our own on this machine, over TCP, with
its defaults. All share two cores. Rounds alternate between the stores, medians count. What a part found is written
before the next one begins; a part that is not named keeps what an earlier run found.

    python benchmarks/stores.py [HOME] [intake] [requests]
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from psycopg import sql

from benchmarks.serving_site import make
from benchmarks.wrk import measured
from recsys.event import Event
from recsys.home import Home
from recsys.record import Micros
from recsys.store import Store
from recsys.store.postgres import PostgresStore
from recsys.store.postgres_move import move_store
from recsys.store.sqlite import SqliteStore
from recsys.times import parse_time
from tests.recsys.store.postgres_server import PostgresServer, missing

RESULTS = Path(__file__).parent / "results" / "stores.json"
DEFAULT = Path(gettempdir()) / "recsys-stores-home"  # kept from one run to the next
ARTICLES = 2_000
WRITERS = (1, 2, 4)  # and workers of a server
BATCHES = (1, 20, 1_000)
INTAKE_SECONDS, INTAKE_ROUNDS = 0.5, 3
WARM_SECONDS, REQUEST_SECONDS, REQUEST_ROUNDS = 2, 1, 3
CONNECTIONS = 16
AT = parse_time("2026-03-01T11:00:00Z")

_RUN = "from recsys.cli import main; main()"
_LUA = """
local number = 0
request = function()
  number = number + 1
  if "%(kind)s" == "related" then
    return wrk.format("GET", "/v1/articles/article-" .. (number %% 100) .. "/related")
  end
  local event = string.format(
    '{"id":"%(name)s-%%d","type":"view","article_id":"article-%%d","visitor_id":"%%032x","at":"2026-03-01T11:00:00Z"}',
    number, number %% %(articles)d, number)
  return wrk.format("POST", "/v1/events", {["content-type"] = "application/json"}, event)
end
"""

Found = dict[str, Any]


def each_flushes(place: str) -> PostgresStore:
    """Every transaction waits for the disk by itself, and holds the lock meanwhile."""
    store = PostgresStore(place)
    database: Any = store._database
    database._commit = lambda: database._session.together(f"UPDATE durable SET upto = {database.last()}", "COMMIT")
    return store


def unordered(place: str) -> PostgresStore:
    """No lock: numbers from a sequence, visible in the order of commits. No store to be read."""
    store = PostgresStore(place)
    database: Any = store._database
    database._session.together("CREATE SEQUENCE IF NOT EXISTS numbers")

    def begin() -> None:
        [(database._newest,)] = database._session.together(
            "BEGIN", sql.SQL("SELECT nextval('numbers') - {}").format(1)
        ).rows

    database._begin = begin
    database._commit = lambda: database._session.together("COMMIT")
    return store


STORES: dict[str, Callable[[str], Store]] = {
    "SQLite": lambda place: SqliteStore(Path(place)),
    "PostgreSQL": PostgresStore,
    "PostgreSQL, each its own flush": each_flushes,
    "PostgreSQL, no order": unordered,
}


def write(tasks: Connection, writer: int, barriers: dict[int, Barrier]) -> None:
    """Does what comes out of the pipe, (store, place, writers, batch), and puts in how many events it appended."""
    while (task := tasks.recv()) is not None:
        kind, place, writers, batch = task
        number = 0
        with closing(STORES[kind](place)) as store:
            barriers[writers].wait()
            until = time.perf_counter() + INTAKE_SECONDS
            while time.perf_counter() < until:
                first, number = number, number + batch
                store.log.append_events(
                    [
                        Event(
                            id=f"{writer}-{one}", type="view", article_id=f"article-{one % ARTICLES}",
                            visitor_id=f"{one:032x}", at=Micros(AT + one),
                        )
                        for one in range(first, number)
                    ],
                    AT,
                )  # fmt: skip
        tasks.send(number)


@contextmanager
def writing_processes() -> Iterator[list[Connection]]:
    context = get_context("spawn")
    barriers = {writers: context.Barrier(writers) for writers in WRITERS}
    pipes = [context.Pipe() for _ in range(max(WRITERS))]
    processes = [
        context.Process(target=write, args=(theirs, writer, barriers), daemon=True)
        for writer, (_, theirs) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    yield [ours for ours, _ in pipes]
    for (ours, _), process in zip(pipes, processes, strict=True):
        ours.send(None)
        process.join()


def intake(postgres: PostgresServer, home: Path, folder: Path) -> Found:
    """Events a second, by store, batch and number of writers; medians of rounds that alternate."""
    runs: dict[str, dict[str, dict[str, list[int]]]] = {}
    number = 0
    with writing_processes() as processes:
        for batch in BATCHES:
            for writers in WRITERS:
                for _ in range(INTAKE_ROUNDS):
                    for kind, opened in STORES.items():
                        number += 1
                        place = str(folder / f"{number}.db")
                        if kind != "SQLite":
                            postgres.schema(f"intake_{number}")
                            place = postgres.address(f"intake_{number}", tcp=True)
                        opened(place).close()
                        for pipe in processes[:writers]:
                            pipe.send((kind, place, writers, batch))
                        total = sum(pipe.recv() for pipe in processes[:writers])
                        row = runs.setdefault(kind, {}).setdefault(str(batch), {})
                        row.setdefault(str(writers), []).append(round(total / INTAKE_SECONDS))
    return {
        "events_per_second": {
            kind: {
                batch: {writers: round(median(rates)) for writers, rates in row.items()}
                for batch, row in by_batch.items()
            }
            for kind, by_batch in runs.items()
        },
        "runs": runs,
        "seconds": INTAKE_SECONDS,
    }


@contextmanager
def server(home: Path, workers: int, address: str | None) -> Iterator[str]:
    command = [sys.executable, "-c", _RUN, "serve", "--port", "0", "--home", str(home), "--workers", str(workers)]
    environment = os.environ | ({} if address is None else {"RECSYS_STORE": address})
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().removeprefix("listening on ").strip()
        assert url.startswith("http"), url
        yield url
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def asked(url: str, folder: Path, kind: str, name: str, seconds: int) -> dict[str, float]:
    """Requests answered a second, the share that was answered, and p99 in ms, of one run of wrk."""
    script = folder / f"{name}-{kind}.lua"
    script.write_text(_LUA % {"kind": kind, "name": name, "articles": ARTICLES})
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    told = measured(command)
    share = 1 - told.refused / max(told.requests, 1)  # a busy machine: the server sheds load
    return {"requests_per_second": round(share * told.rate), "answered": round(share, 3), "p99_ms": told.p99_ms}


def requests(postgres: PostgresServer, home: Path, folder: Path) -> Found:
    """By store, workers and kind of request; medians of rounds that alternate. The other server idles meanwhile."""
    copies = {name: Home(Path(shutil.copytree(home, folder / name))) for name in ("SQLite", "PostgreSQL")}
    postgres.schema("site")
    address = postgres.address("site", tcp=True)
    move_store(copies["PostgreSQL"].store, address, lambda *_: None)
    runs: dict[str, dict[str, dict[str, list[dict[str, float]]]]] = {name: {} for name in copies}
    for workers in WRITERS:
        with ExitStack() as both:
            urls = {
                name: both.enter_context(server(copy.root, workers, address if name == "PostgreSQL" else None))
                for name, copy in copies.items()
            }
            for kind in ("related", "events"):  # a new process has much to do for its first answers
                for name, url in urls.items():
                    asked(url, folder, kind, f"{name}-{workers}-warm", WARM_SECONDS)
            for turn in range(REQUEST_ROUNDS):
                for kind in ("related", "events"):
                    for name, url in urls.items():
                        one = asked(url, folder, kind, f"{name}-{workers}-{turn}", REQUEST_SECONDS)
                        runs[name].setdefault(str(workers), {}).setdefault(kind, []).append(one)
    with closing(PostgresStore(address)) as store:
        began = time.perf_counter()
        for _ in range(2_000):
            store.log.last()
        asked_us = round((time.perf_counter() - began) / 2_000 * 1e6)
        engine = store.engine()
    medians = {
        name: {
            workers: {kind: {key: median(one[key] for one in some) for key in some[0]} for kind, some in row.items()}
            for workers, row in by_workers.items()
        }
        for name, by_workers in runs.items()
    }
    return {
        "medians": medians, "runs": runs, "last_entry_asked_us": asked_us, "engine": engine, "articles": ARTICLES,
        "connections": CONNECTIONS, "seconds": REQUEST_SECONDS,
    }  # fmt: skip


PARTS: dict[str, Callable[[PostgresServer, Path, Path], Found]] = {"intake": intake, "requests": requests}


def claims(found: Found) -> dict[str, bool]:
    """Which of the claims hold, of those that were measured."""
    kept: dict[str, bool] = {}
    if "requests" in found:
        ours, sqlite = (found["requests"]["medians"][name]["1"] for name in ("PostgreSQL", "SQLite"))
        for kind, share in (("events", 0.5), ("related", 0.9)):
            rates = [one[kind]["requests_per_second"] for one in (ours, sqlite)]
            kept[f"{kind}: {share} of SQLite"] = rates[0] >= share * rates[1]
    if "intake" in found:
        rate = found["intake"]["events_per_second"]
        kept["four writers: half of no order"] = (
            rate["PostgreSQL"]["1"]["4"] >= rate["PostgreSQL, no order"]["1"]["4"] / 2
        )
    return kept


def show(found: Found) -> None:
    if "intake" in found:
        print(f"events a second with {'/'.join(map(str, WRITERS))} writers, batches of {', '.join(map(str, BATCHES))}")
        for kind, by_batch in found["intake"]["events_per_second"].items():
            print(f"{kind:32}" + "   ".join("/".join(f"{n:,}" for n in row.values()) for row in by_batch.values()))
    for store, by_workers in found.get("requests", {}).get("medians", {}).items():
        for workers, row in by_workers.items():
            cells = (f"{kind} {one['requests_per_second']:,.0f}/s p99 {one['p99_ms']} ms" for kind, one in row.items())
            print(f"{store:12}{workers} workers: " + "; ".join(cells))


def main() -> int:
    why = missing() or (None if shutil.which("wrk") else "wrk is missing")
    if why is not None:
        print(f"not measured: {why}")
        return 0
    wanted = [name for name in sys.argv[1:] if name in PARTS]
    homes = [Path(name) for name in sys.argv[1:] if name not in PARTS]
    home = make(homes[0] if homes else DEFAULT, ARTICLES).root
    found: Found = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    with TemporaryDirectory(prefix="pg-") as place, TemporaryDirectory() as folder:
        postgres = PostgresServer(Path(place))
        postgres.start()
        try:
            for name in wanted or PARTS:
                found[name] = PARTS[name](postgres, home, Path(folder))
                found |= {"python": platform.python_version(), "claims": claims(found)}
                RESULTS.write_text(json.dumps(found, indent=1) + "\n")
        finally:
            postgres.stop("immediate")
    show(found)
    for claim, holds in found["claims"].items():
        print(f"{'holds' if holds else 'FAILS'}  {claim}")
    return 0 if all(found["claims"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
