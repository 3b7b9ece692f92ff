"""Claims: all signals over 10 million events in at most 15 s and 3 GB, in at most a fifth of pandas' time on the same
machine; 100 million in at most 4 minutes and 8 GB; time grows about as fast as the number of events.

    python benchmarks/signals.py [--sizes 1000000 10000000 100000000] [--runs 1] [--only NAME ...]

The events are benchmarks/event_days.py: Parquet by day, which every contender reads itself. Each run is a process of
its own; peak memory is its resident set. `ours: all` shares what several signals need, as a training does; the others
measure one signal alone, with what it needs. pandas and Polars compute the same from the same files, up to 10 million
events; a run fails where their results differ from ours, article by article. They need neither share the weight of
readers of one source, nor follow likes that are taken back, nor estimate what places add to clicks: the events have
none of the first two, and only ours fits the third. Imports are timed apart. Spark computes our own expressions, on
two threads of this machine, up to 10 million events; its figures hold the Java process and its start, and its results
must be ours to a relative 1e-9.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.event_days import ARTICLES, END, members, write_events
from benchmarks.signals_peers import LIVES, TOP, Found, weighed, with_pandas, with_polars
from recsys.interest import WEIGHTS, Worth
from recsys.items import WINDOWS
from training import attention, click_through, covisits, signals
from training.engines import Engine, duckdb_engine
from training.spark_engine import spark_engine

RESULT = Path(__file__).parent / "results" / "signals.json"
SIGNALS = ("articles", "groups", "clicks", "dwell", "readers", "ties")
PEERS_UP_TO = 10_000_000
LIBRARIES = {  # imported before the clock starts, and timed apart; Ibis wants pandas to hand over a table
    "ours": ("training.signals", "training.covisit_counting", "ibis.backends.duckdb", "pandas"),
    "spark": ("training.signals", "training.covisit_counting", "ibis.backends.pyspark", "pandas"),
    "polars": ("polars",),
    "pandas": ("pandas",),
}
WORTH = Worth.of(WEIGHTS)


def on_duckdb(spill_to: Path, megabytes: int) -> AbstractContextManager[Engine]:
    return duckdb_engine(threads=0, memory_mb=megabytes, spill_to=spill_to)


def on_spark(spill_to: Path, megabytes: int) -> AbstractContextManager[Engine]:
    del megabytes  # Spark's own settings bound it
    return spark_engine("local[2]", spill_to=spill_to)


def ours(
    wanted: tuple[str, ...],
    files: list[Path],
    megabytes: int,
    engine_in: Callable[[Path, int], AbstractContextManager[Engine]] = on_duckdb,
) -> Found:
    """What the signals come to, as sums that another way of computing them can be held to."""
    found: Found = {}
    with tempfile.TemporaryDirectory() as spill, engine_in(Path(spill), megabytes) as engine:
        events = engine.scanned_files("events", files)
        if {"articles", "groups", "readers", "ties"} & {*wanted}:
            pairs = engine.kept("pairs", signals.pairs(events, END, WORTH))
        if {"articles", "groups"} & {*wanted}:
            rows, never = np.arange(ARTICLES, dtype=np.int32), np.zeros(ARTICLES, np.int64)
            totals = engine.scanned("totals", pa.table({"row": rows, "views_at": never, "likes_at": never}))
            marks = engine.kept("marks", signals.like_marks(events, END, totals))
            interest = engine.rows(signals.interest(events, END, WORTH, LIVES, acts=(pairs, marks)))
            found["views"] = total(engine.rows(signals.counts(events, END, totals)), "views")
            for window, name in enumerate(WINDOWS):
                found[f"interest, {name}"] = total(interest, f"interest_{window}")
        if "groups" in wanted:
            last = int(np.max(interest["last"].to_numpy()))
            table = engine.scanned("interest", interest)
            for group, names in members(1).items():
                named = engine.scanned(group, names)
                best = engine.rows(attention.leaders(table, named, last, LIVES, k=TOP))
                found[f"{group} leaders"] = total(best, "interest")
        if "clicks" in wanted:
            shown = engine.rows(click_through.exposures(events, END))
            found["shown"], found["clicked"] = total(shown, "shown"), total(shown, "clicked")
            click_through.fit_clicks(shown, ARTICLES)
        if "dwell" in wanted:
            stays = engine.rows(attention.dwell(events, END))
            found["stays"], found["medians"] = total(stays, "readers"), total(stays, "median")
        if {"readers", "ties"} & {*wanted}:
            first = engine.kept("first_visits", covisits.first_visits(pairs))
            found["readers"] = total(engine.rows(attention.audience(first)), "readers")
        if "ties" in wanted:
            ties = covisits.covisit_arrays(engine, first, ARTICLES, threads=0)
            for way in ("together", "after"):
                count = np.diff(ties[f"{way}_starts"])
                found[f"ties {way}"] = weighed(np.arange(ARTICLES), count)
                found[f"tied readers {way}"] = weighed(ties[f"{way}_rows"], ties[f"{way}_readers"])
    return found


def total(table: pa.Table, column: str) -> float:
    return weighed(table["row"].to_numpy(), table[column].to_numpy())


def contenders(megabytes: int) -> dict[str, Callable[[list[Path]], Found]]:
    alone = {f"ours: {name}": lambda files, name=name: ours((name,), files, megabytes) for name in SIGNALS}
    return {
        "ours: all": lambda files: ours(SIGNALS, files, megabytes),
        **alone,
        "spark: all": lambda files: ours(SIGNALS, files, megabytes, on_spark),
        "polars: all": with_polars,
        "pandas: all": with_pandas,
    }


def run(name: str, folder: Path) -> dict[str, Any]:
    """One run in this process: seconds, peak memory, and the results to compare."""
    files = sorted(folder.glob("day=*/*.parquet"))
    large = sum(path.stat().st_size for path in files) > 1_000_000_000
    compute = contenders(4_000 if large else 2_000)[name]
    for library in LIBRARIES[name.split(":", maxsplit=1)[0]]:
        import_module(library)
    began, cpu = time.perf_counter(), time.process_time()
    found = compute(files)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    java_cpu, java_gb = children()
    gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6 + java_gb
    return {"wall": round(wall, 2), "cpu": round(cpu + java_cpu, 2), "gb": round(gb, 2), "found": found}


def children() -> tuple[float, float]:
    """CPU seconds and peak GB of the processes that this one started and that are alive: Spark's."""
    seconds = gigabytes = 0.0
    for children_of in Path("/proc/self/task").glob("*/children"):
        for pid in children_of.read_text().split():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            status = Path(f"/proc/{pid}/status").read_text()
            gigabytes += int(status.partition("VmHWM:")[2].split()[0]) / 1e6
    return seconds, gigabytes


def same(one: Found, other: Found, *, expressions: bool) -> bool:
    """Whether what both computed agrees: to a relative 1e-9 where both computed the same `expressions`.

    Else to 1e-6, and to 1e-4 whom ties name: others take those of equal scores in other orders.
    """
    return one.keys() == other.keys() and all(
        abs(one[name] - other[name])
        <= (1e-9 if expressions else 1e-4 if name.startswith("tied") else 1e-6) * abs(one[name])
        for name in one
    )


def imports() -> dict[str, float]:
    """CPU seconds that each contender's libraries take to import, in a process of their own."""
    code = "import time; import {}; print(time.process_time())"
    return {name: round(float(python(["-c", code.format(", ".join(of))])), 2) for name, of in LIBRARIES.items()}


def claims(sizes: dict[int, dict[str, dict[str, Any]]]) -> dict[str, bool]:
    """Each claim that the figures can judge, and whether it holds."""
    found = {}
    for size, seconds, gb in ((10_000_000, 15, 3), (100_000_000, 240, 8)):
        if "ours: all" in sizes.get(size, {}):
            row = sizes[size]["ours: all"]
            claim = f"{size:,}: {seconds} s, {gb} GB (got {row['wall']:.1f} s, {row['gb']:.1f} GB)"
            found[claim] = row["wall"] <= seconds and row["gb"] <= gb
    ten = sizes.get(10_000_000, {})
    if "pandas: all" in ten and "ours: all" in ten:
        ratio = ten["pandas: all"]["wall"] / ten["ours: all"]["wall"]
        found[f"5 x pandas at 10,000,000 (got {ratio:.1f})"] = ratio >= 5
    for size, rows in sizes.items():
        for peer in ("pandas: all", "polars: all", "spark: all"):
            if peer in rows and "ours: all" in rows:
                claim = f"{size:,}: the same results as {peer.split(':')[0]}"
                here, there = rows["ours: all"]["found"], rows[peer]["found"]
                found[claim] = same(here, there, expressions=peer == "spark: all")
    for small in (1_000_000, 10_000_000):
        if "ours: all" in sizes.get(small, {}) and "ours: all" in sizes.get(small * 10, {}):
            growth = sizes[small * 10]["ours: all"]["wall"] / sizes[small]["ours: all"]["wall"]
            found[f"{small:,} to {small * 10:,}: at most 13 times as long (got {growth:.1f})"] = growth <= 13
    return found


def machine() -> dict[str, Any]:
    versions = {name: version(name) for name in ("duckdb", "ibis-framework", "numpy", "pyarrow", "numba", "pyspark")}
    return {
        "processor": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 1),
    } | {"versions": {"python": platform.python_version()} | versions}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=list(contenders(0)), default=list(contenders(0)))
    parser.add_argument("--events", type=Path, help="where the events of each size are kept for the next run")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(run(options.one[0], Path(options.one[1]))))
        return 0
    result: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {"sizes": {}}
    result["imports"] = imports()
    with tempfile.TemporaryDirectory() as temporary:
        for size in options.sizes:
            folder = (options.events or Path(temporary)) / str(size)
            if not folder.exists():
                write_events(folder, size, seed=7)
            print(f"\n{size:,} events\n{'':18}{'wall s':>8}{'CPU s':>8}{'GB':>7}")
            of_size = result["sizes"].setdefault(str(size), {})
            for name in options.only:
                if not name.startswith("ours") and size > PEERS_UP_TO:
                    continue
                several = [json.loads(python([__file__, "--one", name, str(folder)])) for _ in range(options.runs)]
                row = several[0] | {key: median(one[key] for one in several) for key in ("wall", "cpu", "gb")}
                of_size[name] = row | {"runs": [one["wall"] for one in several], "on": machine()}
                print(f"{name:18}{row['wall']:8.1f}{row['cpu']:8.1f}{row['gb']:7.2f}", flush=True)
            result["claims"] = claims({int(size): rows for size, rows in result["sizes"].items()})
            RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print()
    for claim, holds in result["claims"].items():
        print(f"{'holds' if holds else 'FAILS'}  {claim}")
    return 0 if all(result["claims"].values()) else 1


def python(arguments: list[str]) -> str:
    """What Python prints last in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, check=True, stdout=subprocess.PIPE, encoding="utf-8"
    )
    return done.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    sys.exit(main())
