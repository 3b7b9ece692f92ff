"""Claim: on PostgreSQL a server takes at least half as many single events a second as on SQLite and answers Related at
least nine tenths as often; and numbering the log in the order of commits costs 4 writers at most half of what they
would append without that order.

Intake: processes that append batches of events, each batch durable before the next. Requests: wrk on a server with 1, 2
and 4 workers; Related at hand, and single events by POST. PostgreSQL is one of our own on this machine, over TCP, with
its defaults. wrk and PostgreSQL share the cores with the server.

    python benchmarks/stores.py [HOME]
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
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
WRITERS = (1, 2, 4)
BATCHES = (1, 20, 1_000)
SECONDS = 2.0
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


def unordered(store: PostgresStore) -> PostgresStore:
    """The same without the lock: numbers from a sequence, visible in the order of commits. No store to be read."""
    database: Any = store._database
    database._lock = sql.SQL("BEGIN")
    database._command("CREATE SEQUENCE IF NOT EXISTS numbers")
    log: Any = store.log
    log.last = lambda: database.value("SELECT nextval('numbers')") - 1
    return store


def opened(kind: str, place: str) -> Store:
    if kind == "SQLite":
        return SqliteStore(Path(place))
    return unordered(PostgresStore(place)) if kind == "PostgreSQL, no order" else PostgresStore(place)


def write(kind: str, place: str, writer: int, batch: int, begin: Barrier, appended: Any) -> None:  # noqa: PLR0917
    with closing(opened(kind, place)) as store:
        number = 0
        begin.wait()
        until = time.perf_counter() + SECONDS
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
        appended.put(number)


def intake(kind: str, place: str, writers: int, batch: int) -> int:
    """Events a second."""
    context = get_context("spawn")
    begin, appended = context.Barrier(writers), context.Queue()
    opened(kind, place).close()
    processes = [
        context.Process(target=write, args=(kind, place, writer, batch, begin, appended)) for writer in range(writers)
    ]
    for process in processes:
        process.start()
    total = sum(appended.get(timeout=60) for _ in processes)
    for process in processes:
        process.join()
    return round(total / SECONDS)


@contextmanager
def server(home: Path, workers: int) -> Iterator[str]:
    command = [sys.executable, "-c", _RUN, "serve", "--port", "0", "--home", str(home), "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().removeprefix("listening on ").strip()
        assert url.startswith("http"), url
        yield url
    finally:
        process.terminate()
        process.wait(20)


def asked(url: str, folder: Path, kind: str, name: str) -> dict[str, float]:
    """Requests answered a second, the share that was answered, and p99 in ms, of one run of wrk."""
    script = folder / f"{name}-{kind}.lua"
    script.write_text(_LUA % {"kind": kind, "name": name, "articles": ARTICLES})
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{round(SECONDS)}s", "--latency", "-s", str(script), url]
    told = measured(command)
    share = 1 - told.refused / told.requests  # a busy machine: the server sheds load
    return {
        "requests_per_second": round(share * told.rate),
        "answered": round(share, 3),
        "p99_ms": told.p99_ms,
    }


def served(home: Path, folder: Path, store: str) -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for workers in WRITERS:
        with server(home, workers) as url:
            asked(url, folder, "related", f"{store}-{workers}-warm")
            found[str(workers)] = {
                kind: asked(url, folder, kind, f"{store}-{workers}") for kind in ("related", "events")
            }
    return found


def measure(postgres: PostgresServer, home: Path, folder: Path) -> dict[str, Any]:
    appended: dict[str, dict[str, dict[str, int]]] = {}
    number = 0
    for batch in BATCHES:
        for writers in WRITERS:
            for kind in ("SQLite", "PostgreSQL", "PostgreSQL, no order"):
                number += 1
                place = str(folder / f"{number}.db")
                if kind != "SQLite":
                    postgres.schema(f"intake_{number}")
                    place = postgres.address(f"intake_{number}", tcp=True)
                appended.setdefault(kind, {}).setdefault(str(batch), {})[str(writers)] = intake(
                    kind, place, writers, batch
                )
    copies = [Home(Path(shutil.copytree(home, folder / name))) for name in ("on-sqlite", "on-postgres")]
    requests = {"SQLite": served(copies[0].root, folder, "sqlite")}
    postgres.schema("site")
    os.environ["RECSYS_STORE"] = postgres.address("site", tcp=True)
    move_store(copies[1].store, os.environ["RECSYS_STORE"], lambda *_: None)
    requests["PostgreSQL"] = served(copies[1].root, folder, "postgres")
    with closing(PostgresStore(os.environ["RECSYS_STORE"])) as store:
        began = time.perf_counter()
        for _ in range(2_000):
            store.log.last()
        asked_us = (time.perf_counter() - began) / 2_000 * 1e6
        version = store.engine()
    return {
        "intake_events_per_second": appended,
        "requests": requests,
        "last_entry_asked_us": round(asked_us),
        "engines": [version],
    }


def main() -> int:
    why = missing() or (None if shutil.which("wrk") else "wrk is missing")
    if why is not None:
        print(f"not measured: {why}")
        return 0
    home = make(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT, ARTICLES).root
    with TemporaryDirectory(prefix="pg-") as postgres_folder, TemporaryDirectory() as folder:
        postgres = PostgresServer(Path(postgres_folder))
        postgres.start()
        try:
            found = measure(postgres, home, Path(folder))
        finally:
            postgres.stop("immediate")
    found |= {"articles": ARTICLES, "connections": CONNECTIONS, "seconds": SECONDS, "python": platform.python_version()}
    appended, requests = found["intake_events_per_second"], found["requests"]
    print("events a second by processes that write (batch: " + ", ".join(map(str, BATCHES)) + ")")
    for kind, by_batch in appended.items():
        print(f"{kind:22}" + "   ".join("/".join(f"{n:,}" for n in row.values()) for row in by_batch.values()))
    for kind, by_workers in requests.items():
        for workers, row in by_workers.items():
            cells = (f"{name} {one['requests_per_second']:,}/s p99 {one['p99_ms']} ms" for name, one in row.items())
            print(f"{kind:12}{workers} workers: " + "; ".join(cells))
    print(f"the newest entry asked for over TCP: {found['last_entry_asked_us']} us")

    def rate(kind: str, what: str) -> float:
        return float(requests[kind]["1"][what]["requests_per_second"])

    kept = {
        "events, half of SQLite": rate("PostgreSQL", "events") >= rate("SQLite", "events") / 2,
        "Related, nine tenths of SQLite": rate("PostgreSQL", "related") >= 0.9 * rate("SQLite", "related"),
        "order costs 4 writers at most half": appended["PostgreSQL"]["1"]["4"]
        >= appended["PostgreSQL, no order"]["1"]["4"] / 2,
    }
    found["claims"] = kept
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    for claim, holds in kept.items():
        print(f"{'holds' if holds else 'FAILS'}  {claim}")
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
