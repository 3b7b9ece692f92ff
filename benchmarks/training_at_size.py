"""Claim: a million articles and ten million events are trained from scratch in 30 minutes and 16 GB on two cores.

    python benchmarks/training_at_size.py [--articles 1000000] [--events 10000000] [--home FOLDER]

A generated site (`benchmarks.serving_site`) is written to files, imported as any other, and trained by what `recsys
train` calls. Each is a process of its own. Told are the clock, CPU seconds and the most memory of each stage, of the
process with its children, sampled from /proc; each stage is printed and saved as it ends, so that a run that is broken
off leaves what it found. Only a run of the full size can hold the claim. A home that is there is trained as it is.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "training_at_size.json"
ARTICLES, EVENTS = 1_000_000, 10_000_000
MINUTES, GB = 30.0, 16.0
SAMPLE_SECONDS = 0.25
_PAGE = os.sysconf("SC_PAGE_SIZE")


def make(folder: Path, articles: int, events: int) -> None:
    """Writes the records of the site into two files."""
    import numpy as np

    from benchmarks import serving_site
    from benchmarks.corpus import word_counts
    from recsys.record import wire_json

    def write(name: str, records: Iterable[object]) -> None:
        with (folder / name).open("wb") as opened:
            opened.writelines(wire_json(record) + b"\n" for record in records)

    rng = np.random.default_rng(serving_site.SEED)
    write("articles.jsonl", serving_site.articles(word_counts(articles, rng), rng))
    per_article = -(-events // articles)
    write("events.jsonl", islice(serving_site.events(articles, per_article, rng), events))


def take_in(folder: Path) -> None:
    """Imports both files."""
    from recsys.store.sqlite import SqliteStore
    from recsys.times import now_micros
    from training.intake import import_files

    store = SqliteStore(folder / "store.db")
    files = ([folder / "articles.jsonl"], [folder / "events.jsonl"])
    with stages() as progress:
        import_files(store, *files, now=now_micros(), default_zone=UTC, dry_run=False, strict=True, progress=progress)
    store.close()
    for file in (folder / "articles.jsonl", folder / "events.jsonl"):
        file.unlink()


def train(folder: Path) -> None:
    """Trains, evaluates and publishes, as `recsys train` does."""
    from recsys.home import Home
    from recsys.settings import read_settings
    from recsys.store.sqlite import SqliteStore
    from recsys.times import now_micros
    from training import train as training

    home, now = Home(folder), now_micros()
    store = SqliteStore(home.store)
    with stages() as progress:
        training.train(store, home, read_settings(home.settings), as_of=now, now=now, progress=progress)
    store.close()


@contextmanager
def stages() -> Iterator[Callable[[str, float, float], None]]:
    """A progress that prints a line of JSON when a stage ends: all from the first word of it to that of the next."""
    now, peak, over = ["start"], [0.0], threading.Event()
    began = [time.monotonic(), time.process_time()]

    def sample() -> None:
        while not over.wait(SAMPLE_SECONDS):
            peak[0] = max(peak[0], tree_gb(os.getpid()))

    def end(following: str) -> None:
        peak[0] = max(peak[0], tree_gb(os.getpid()))
        clock, cpu = time.monotonic(), time.process_time()
        found = {"stage": now[0], "seconds": clock - began[0], "cpu": cpu - began[1], "peak_gb": peak[0]}
        print(json.dumps(found), flush=True)
        now[0], peak[0], began[:] = following, 0.0, [clock, cpu]

    def progress(stage: str, done: float, total: float) -> None:
        if stage != now[0]:
            end(stage)

    watch = threading.Thread(target=sample, daemon=True)
    watch.start()
    try:
        yield progress
    finally:
        over.set()
        watch.join()
        end("")


def tree_gb(process: int) -> float:
    """The memory of a process and its children; 0 for one that is gone."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        return 0.0
    return pages * _PAGE / 1e9 + sum(tree_gb(int(child)) for child in children)


def followed(step: str, folder: Path, found: dict[str, Any]) -> None:
    """Runs a step in a process of its own; prints and saves what it says of its stages."""
    command = [sys.executable, __file__, "--step", step, "--home", str(folder)]
    found[step] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            stage = json.loads(line)
            found[step].append(stage)
            print(f"{step:8s}{stage['stage']:44s}{stage['seconds']:9.1f} s{stage['cpu']:9.1f} CPU s"
                  f"{stage['peak_gb']:7.2f} GB", flush=True)  # fmt: skip
            save(found)
    if running.returncode:
        raise SystemExit(f"{step} failed")


def save(found: dict[str, Any]) -> None:
    """Writes the result, beside those of other sizes."""
    RESULT.parent.mkdir(exist_ok=True)
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    known[f"{found['articles']}+{found['events']}"] = found
    RESULT.write_text(json.dumps(known, indent=1) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=ARTICLES)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--step", choices=("import", "train"))
    arguments = parser.parse_args()
    if arguments.step:
        {"import": take_in, "train": train}[arguments.step](arguments.home)
        return 0
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    found: dict[str, Any] = {"articles": arguments.articles, "events": arguments.events, "machine": machine}
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.home or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "store.db").exists():
            make(folder, arguments.articles, arguments.events)
            followed("import", folder, found)
        followed("train", folder, found)
    minutes = sum(stage["seconds"] for stage in found["train"]) / 60
    peak = max(stage["peak_gb"] for stage in found["train"])
    full = arguments.articles >= ARTICLES and arguments.events >= EVENTS
    found |= {"minutes": minutes, "peak_gb": peak, "held": full and minutes <= MINUTES and peak <= GB}
    save(found)
    print(f"{minutes:.1f} minutes, {peak:.1f} GB: " + ("claim holds" if found["held"] else
          "claim FALLS SHORT" if full else "a smaller site, of which nothing is claimed"))  # fmt: skip
    return 0 if found["held"] or not full else 1


if __name__ == "__main__":
    sys.exit(main())
