"""Claim: on the same articles and events, with one core each, we answer at least as many similar-item requests and
recommendations a second as Gorse, in at most its memory, and what readers do changes our lists within a second.

Gorse is not part of this project: name its all-in-one program, `gorse-in-one`, with --gorse. It gets SQLite for both of
its databases, as we have, and loopback addresses; collaborative filtering and item-to-item lists from common words, as
its lists by embedding need a model from elsewhere. It fits when it starts, and every hour by default; how soon a crowd
changes its lists is measured with a period of PERIOD seconds. Speed only: `recsys evaluate` compares lists.

    python benchmarks/gorse.py --gorse PATH [--articles N] [--home HOME]
"""

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, gettempdir
from typing import Any

from benchmarks.gorse_api import RECOMMENDED, SIMILAR, Engine, ask, configuration, gorse, gorse_item, ours
from benchmarks.serving import OURS, Server, asked_of, processes, pss, run, server
from benchmarks.serving_site import make
from recsys.article import Article
from recsys.event import Event
from recsys.record import Micros
from recsys.store.sqlite import SqliteStore

RESULTS = Path(__file__).parent / "results" / "gorse.json"
ARTICLES = 2_000
USUAL_PERIOD = 3_600  # seconds from one fitting of Gorse to the next: its default
PERIOD = 30
TOGETHER = 500  # rows in one request
PATIENCE = 300.0  # seconds
SECONDS, ROUNDS = 2, 3
SAMPLE = 5  # articles and readers that must have lists
CROWD = 60  # readers who like one article
DEFAULT = Path(gettempdir()) / "recsys-gorse-home"  # kept from one run to the next

Found = dict[str, Any]


def until(holds: Callable[[], bool], what: str, pause: float = 0.02) -> float:
    """Seconds until that holds; raises TimeoutError."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError(what)
        time.sleep(pause)
    return time.monotonic() - began


@contextmanager
def gorse_server(program: Path, folder: Path, period: int) -> Iterator[Server]:
    """Gorse on the first core, ready, with what it kept in `folder` before; nothing of it is elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        http_port, rpc_port = one.getsockname()[1], two.getsockname()[1]
    (folder / "cache").mkdir(parents=True, exist_ok=True)
    file = folder / "config.toml"
    file.write_text(configuration(folder, http_port, rpc_port, period))
    command = ["taskset", "-c", "0", str(program), "--config", str(file), "--cache-path", str(folder / "cache")]
    began = time.monotonic()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, cwd=folder, env=os.environ | {"HOME": str(folder)}
        )
    url = f"http://127.0.0.1:{http_port}"

    def ready() -> bool:
        assert process.poll() is None, (folder / "output.txt").read_text(errors="replace")[-2_000:]
        try:
            return bool(ask(f"{url}/api/health/ready")["Ready"])
        except OSError:
            return False

    try:
        until(ready, "Gorse starts")
        yield Server(url, process.pid, time.monotonic() - began)
    finally:
        process.kill()
        process.wait(20)


def load(engine: Engine, articles: Sequence[Article], events: Sequence[Event]) -> None:
    """Gives Gorse the articles, then the events."""
    for start in range(0, len(articles), TOGETHER):
        items = [gorse_item(article) for article in articles[start : start + TOGETHER]]
        ask(f"{engine.server.url}/api/items", items)
    for start in range(0, len(events), TOGETHER):
        engine.send(events[start : start + TOGETHER])


def wait_until_fitted(engine: Engine, articles: Sequence[str], visitors: Sequence[str]) -> float:
    """Seconds until Gorse has lists for every one of these."""
    paths = [engine.similar(one) for one in articles]
    paths += [f"/api/collaborative-filtering/{one}?n={RECOMMENDED}" for one in visitors]
    return until(lambda: all(engine.listed(path) for path in paths), "Gorse has fitted", pause=1.0)


def until_a_reader_counts(engine: Engine, articles: Sequence[str], name: str) -> float:
    """Seconds until a new reader's list is another, from three views of articles that it does not hold."""
    path = engine.recommended(name)
    before = engine.listed(path)
    read = [one for one in articles if one not in before][:3]
    began = time.monotonic()
    engine.send(_acts("view", read, [name] * len(read)))
    until(lambda: not {*before, *read}.issuperset(engine.listed(path)), "a reader's list changes")
    return time.monotonic() - began


def until_a_crowd_counts(engine: Engine, articles: Sequence[str], name: str) -> float:
    """Seconds until an article that CROWD new readers like stands in the list of what readers favour."""
    before = engine.listed(engine.ranking)
    liked = next(one for one in articles if one not in before)
    began = time.monotonic()
    engine.send(_acts("like", [liked] * CROWD, [f"{name}-{number}" for number in range(CROWD)]))
    until(lambda: liked in engine.listed(engine.ranking), "the ranking changes")
    return time.monotonic() - began


def _acts(kind: Any, articles: Sequence[str], visitors: Sequence[str]) -> list[Event]:
    now = Micros(time.time_ns() // 1_000)
    return [
        Event(id=f"{visitor}-{number}", type=kind, article_id=article, visitor_id=visitor, at=now)
        for number, (article, visitor) in enumerate(zip(articles, visitors, strict=True))
    ]


def measure(engines: dict[str, Engine], articles: Sequence[str], visitors: Sequence[str], folder: Path) -> Found:
    """Rounds that alternate, medians, once every list was asked for. Lists change when all speed is measured."""
    full = {
        name: sum(len(engine.listed(engine.similar(one))) == SIMILAR for one in articles)
        for name, engine in engines.items()
    }
    runs: dict[str, dict[str, list[dict[str, float]]]] = {name: {} for name in engines}
    for _ in range(ROUNDS):
        for name, engine in engines.items():
            for kind, paths in (
                ("similar", [engine.similar(one) for one in articles]),
                ("recommended", [engine.recommended(one) for one in visitors]),
            ):
                one = run(engine.server, asked_of(folder, f"{name}-{kind}", paths), SECONDS)
                runs[name].setdefault(kind, []).append(one)
    found: Found = {}
    for name, engine in engines.items():
        found[name] = {
            kind: {key: median(one[key] for one in some) for key in some[0]} for kind, some in runs[name].items()
        }
        found[name]["memory_mb"] = round(sum(pss(pid) for pid in processes(engine.server.pid)))
        found[name]["similar_lists_full"] = full[name]
        found[name]["reader_seconds"] = round(until_a_reader_counts(engine, articles, "a-new-reader"), 2)
    return found | {"runs": runs}


def claims(found: Found) -> dict[str, bool]:
    """Which of the claims hold."""
    one, other = found["ours"], found["gorse"]
    rates = {kind: [row[kind]["requests_per_second"] for row in (one, other)] for kind in ("similar", "recommended")}
    return {
        **{f"{kind}: requests a second": mine >= theirs for kind, (mine, theirs) in rates.items()},
        "memory": one["memory_mb"] <= other["memory_mb"],
        "a reader's list changes within a second": one["reader_seconds"] <= 1.0,
        "the ranking changes within a second": one["crowd_seconds"] <= 1.0,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gorse", type=Path, help="Gorse's all-in-one program")
    parser.add_argument("--articles", type=int, default=ARTICLES)
    parser.add_argument("--home", type=Path, default=DEFAULT)
    asked = parser.parse_args()
    if asked.gorse is None or not os.access(asked.gorse, os.X_OK):
        print("not measured: name Gorse's all-in-one program with --gorse PATH; it is not part of this project")
        return 0
    missing = [name for name in ("wrk", "taskset") if shutil.which(name) is None]
    if missing or len(os.sched_getaffinity(0)) < 2:
        print(f"not measured: {', '.join(missing) or 'a second core'} is missing")
        return 0
    home = make(asked.home, asked.articles)
    with closing(SqliteStore(home.store)) as store:
        articles = [stored.article for stored in store.catalogue.scan()]
        events = [event for entry in store.log.read(0, 1_000_000) for event in entry.events]
    ids = [article.id for article in articles]
    visitors = sorted({event.visitor_id for event in events if event.visitor_id is not None})
    with TemporaryDirectory() as place:
        folder = Path(place)
        copy = shutil.copytree(home.root, folder / "home")  # the one that is kept stays as it was made
        ours_run = (OURS, "serve", "--port", "0", "--home", str(copy))
        with gorse_server(asked.gorse, folder / "gorse", USUAL_PERIOD) as theirs:
            began = time.monotonic()
            load(gorse(theirs), articles, events)
            loaded = time.monotonic() - began
        with gorse_server(asked.gorse, folder / "gorse", USUAL_PERIOD) as theirs, server(*ours_run) as mine:
            fitted = wait_until_fitted(gorse(theirs), ids[:SAMPLE], visitors[:SAMPLE])
            found = measure({"gorse": gorse(theirs), "ours": ours(mine)}, ids, visitors, folder)
        with gorse_server(asked.gorse, folder / "gorse", PERIOD) as theirs, server(*ours_run) as mine:
            for name, engine in (("gorse", gorse(theirs)), ("ours", ours(mine))):
                found[name]["crowd_seconds"] = round(until_a_crowd_counts(engine, ids, "of-a-crowd"), 2)
    version = subprocess.run([asked.gorse, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found |= {
        "articles": len(ids), "events": len(events), "visitors": len(visitors), "gorse_version": version,
        "gorse_loaded_seconds": round(loaded, 1), "gorse_fitted_seconds": round(fitted, 1), "period_seconds": PERIOD,
    }  # fmt: skip
    found["claims"] = claims(found)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    for name in ("ours", "gorse"):
        row = found[name]
        for kind in ("similar", "recommended"):
            print(f"{name:6}{kind:12}{row[kind]['requests_per_second']:9,.0f}/s p99 {row[kind]['p99_ms']} ms")
        print(
            f"{name:6}{row['memory_mb']} MB; changes: reader {row['reader_seconds']} s, crowd {row['crowd_seconds']} s"
        )
    for claim, holds in found["claims"].items():
        print(f"{'holds' if holds else 'FAILS'}  {claim}")
    return 0 if all(found["claims"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
