"""Claims: all signals over 10 million events in at most 15 s and 3 GB, in at most a fifth of pandas' time on the same
machine; 100 million in at most 4 minutes and 8 GB; time grows about as fast as the number of events.

    python benchmarks/signals.py [--sizes 1000000 10000000 100000000] [--runs 1] [--only NAME ...]

The events are benchmarks/event_days.py: Parquet by day, which every contender reads itself. Each run is a process of
its own; peak memory is its resident set. `ours: all` shares what several signals need, as a training does; the others
measure one signal alone, with what it needs. pandas and Polars compute the same from the same files, up to 10 million
events; a run fails where their results differ from ours, article by article. They need neither share the weight of
readers of one source, nor follow likes that are taken back, nor estimate what places add to clicks: the events have
none of the first two, and only ours fits the third. Imports are timed apart.
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
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.event_days import ARTICLES, END, members, write_events
from recsys.event import EVENT_TYPES
from recsys.interest import DWELL_SECONDS, HALF_LIVES, WEIGHTS, Worth
from recsys.items import WINDOWS
from training import attention, click_through, covisits, signals
from training.engines import duckdb_engine, kept, scanned, scanned_files

RESULT = Path(__file__).parent / "results" / "signals.json"
SIGNALS = ("articles", "groups", "clicks", "dwell", "readers", "ties")
PEERS_UP_TO = 10_000_000
LIBRARIES = {  # imported before the clock starts, and timed apart; Ibis wants pandas to hand over a table
    "ours": ("training.signals", "training.covisit_counting", "ibis.backends.duckdb", "pandas"),
    "polars": ("polars",),
    "pandas": ("pandas",),
}
TOP = 20
LIVES = list(HALF_LIVES.values())
DAY = WINDOWS.index("day")
CODE = {kind: code for code, kind in enumerate(EVENT_TYPES)}
WORTH = Worth.of(WEIGHTS)
Found = dict[str, float]


def ours(wanted: tuple[str, ...], files: list[Path], megabytes: int) -> Found:
    """What the signals come to, as sums that another way of computing them can be held to."""
    found: Found = {}
    with (
        tempfile.TemporaryDirectory() as spill,
        duckdb_engine(threads=0, memory_mb=megabytes, spill_to=Path(spill)) as engine,
    ):
        events = scanned_files(engine, files)
        if {"articles", "groups", "readers", "ties"} & {*wanted}:
            pairs = kept(engine, "pairs", signals.pairs(events, END, WORTH))
        if {"articles", "groups"} & {*wanted}:
            rows, never = np.arange(ARTICLES, dtype=np.int32), np.zeros(ARTICLES, np.int64)
            totals = scanned(engine, "totals", pa.table({"row": rows, "views_at": never, "likes_at": never}))
            marks = kept(engine, "marks", signals.like_marks(events, END, totals))
            interest = signals.interest(events, END, WORTH, LIVES, acts=(pairs, marks)).to_pyarrow()
            found["views"] = total(signals.counts(events, END, totals).to_pyarrow(), "views")
            for window, name in enumerate(WINDOWS):
                found[f"interest, {name}"] = total(interest, f"interest_{window}")
        if "groups" in wanted:
            last = int(np.max(interest["last"].to_numpy()))
            table = scanned(engine, "interest", interest)
            for group, names in members(1).items():
                named = scanned(engine, group, names)
                best = attention.leaders(table, named, last, LIVES, k=TOP).to_pyarrow()
                found[f"{group} leaders"] = total(best, "interest")
        if "clicks" in wanted:
            shown = click_through.exposures(events, END).to_pyarrow()
            found["shown"], found["clicked"] = total(shown, "shown"), total(shown, "clicked")
            click_through.fit_clicks(shown, ARTICLES)
        if "dwell" in wanted:
            stays = attention.dwell(events, END).to_pyarrow()
            found["stays"], found["medians"] = total(stays, "readers"), total(stays, "median")
        if {"readers", "ties"} & {*wanted}:
            first = kept(engine, "first_visits", covisits.first_visits(pairs))
            found["readers"] = total(attention.audience(first).to_pyarrow(), "readers")
        if "ties" in wanted:
            ties = covisits.covisit_arrays(engine, first, ARTICLES, threads=0)
            for way in ("together", "after"):
                count = np.diff(ties[f"{way}_starts"])
                found[f"ties {way}"] = weighed(np.arange(ARTICLES), count)
                found[f"tied readers {way}"] = weighed(ties[f"{way}_rows"], ties[f"{way}_readers"])
    return found


def total(table: pa.Table, column: str) -> float:
    return weighed(table["row"].to_numpy(), table[column].to_numpy())


def weighed(row: Any, value: Any) -> float:
    """The sum of `value` (m,), each weighed by its article (m,): what another article has by mistake shows."""
    of_row = 0.5 + np.asarray(row, np.int64) * 2_654_435_761 % 1_009 / 1_009
    return float(np.sum(of_row * np.asarray(value, np.float64)))


def level_weights() -> dict[int, float]:
    return {CODE[kind]: weight for kind, weight in WEIGHTS.items() if weight > 0.0}


def with_pandas(files: list[Path]) -> Found:  # noqa: PLR0915 (as one would write it: from top to bottom)
    import pandas as pd

    found: Found = {}
    events = pd.concat([pd.read_parquet(path) for path in files], ignore_index=True)
    events["reader"] = events["visitor"].fillna(events["session"])
    weight = events["type"].map(level_weights()).fillna(0.0)
    weight[(events["type"] == CODE["dwell"]) & ~(events["value"] >= DWELL_SECONDS)] = 0.0
    events["weight"] = weight
    views = events.loc[events["type"] == CODE["view"], "row"].value_counts()
    found["views"] = weighed(views.index, views)
    acts = events[events["weight"] > 0.0]
    named = acts[acts["reader"].notna()]
    latest = named.groupby(["row", "reader", "weight"], as_index=False)["at"].max()
    alone = acts.loc[acts["reader"].isna(), ["row", "weight", "at"]]
    last = pd.concat([latest, alone]).groupby("row")["at"].max()
    age, age_alone = latest["at"] - latest["row"].map(last), alone["at"] - alone["row"].map(last)
    interest = {}
    for window, name in enumerate(WINDOWS):
        latest["worth"] = latest["weight"] * 2.0 ** (age / LIVES[window])
        most = latest.groupby(["row", "reader"])["worth"].max().groupby("row").sum()
        by_itself = (alone["weight"] * 2.0 ** (age_alone / LIVES[window])).groupby(alone["row"]).sum()
        interest[window] = most.add(by_itself, fill_value=0.0)
        found[f"interest, {name}"] = weighed(interest[window].index, interest[window])
    for group, table in members(1).items():
        named_rows = table.to_pandas()
        best = 0.0
        for window, of_row in interest.items():
            faded = of_row * 2.0 ** ((last.loc[of_row.index] - last.max()) / LIVES[window])
            joined = named_rows.merge(faded.rename("interest"), left_on="row", right_index=True)
            joined = joined[joined["interest"] > 0.0].sort_values(["name", "interest"], ascending=[True, False])
            top = joined.groupby("name").head(TOP)
            best += weighed(top["row"], top["interest"])
        found[f"{group} leaders"] = best
    listed = events[events["list"].notna() & events["type"].isin([CODE["impression"], CODE["click"]])]
    listed = listed.assign(shown=listed["type"] == CODE["impression"], clicked=listed["type"] == CODE["click"])
    each = listed[listed["reader"].notna()].groupby(["list", "position", "row", "reader"])[["shown", "clicked"]].any()
    each = each[each["shown"]].groupby(["list", "position", "row"]).sum()
    nobody = listed[listed["reader"].isna()].groupby(["list", "position", "row"])[["shown", "clicked"]].sum()
    nobody = nobody[nobody["shown"] > 0]
    nobody["clicked"] = nobody[["shown", "clicked"]].min(axis=1)
    shown = each.add(nobody, fill_value=0)
    of_row = shown.groupby("row").sum()
    found["shown"], found["clicked"] = (weighed(of_row.index, of_row[name]) for name in ("shown", "clicked"))
    stays = events[(events["type"] == CODE["dwell"]) & (events["value"] >= 0.0)]
    stays = stays.assign(seconds=stays["value"].clip(upper=attention.DWELL_CAP))
    longest = stays[stays["reader"].notna()].groupby(["row", "reader"], as_index=False)["seconds"].max()
    every = pd.concat([longest[["row", "seconds"]], stays.loc[stays["reader"].isna(), ["row", "seconds"]]])
    by_row = every.groupby("row")["seconds"].agg(["count", "median", "mean"])
    found["stays"], found["medians"] = (weighed(by_row.index, by_row[name]) for name in ("count", "median"))
    first = named.groupby(["reader", "row"], as_index=False)["at"].min()
    audience = first.groupby("row").size()
    found["readers"] = weighed(audience.index, audience)
    visits = first.sort_values(["reader", "at", "row"]).groupby("reader").tail(covisits.VISITS)
    length = visits.groupby("reader")["row"].transform("size")
    visits["weight"] = 1.0 / np.log2(1.0 + length)
    popularity = np.bincount(visits["row"], minlength=ARTICLES) + covisits.PRIOR
    reader, row, mass = (visits[name].to_numpy() for name in ("reader", "row", "weight"))
    parts = []
    for apart in range(1, covisits.NEAR + 1):
        same = reader[:-apart] == reader[apart:]
        parts.append((row[:-apart][same], row[apart:][same], mass[:-apart][same], mass[:-apart][same] / apart))
    one, two, weight, near = map(np.concatenate, zip(*parts, strict=True))
    pairs = pd.DataFrame({"pair": one.astype(np.int64) * ARTICLES + two, "weight": weight, "near": near})
    pairs = pairs.groupby("pair").agg(weight=("weight", "sum"), near=("near", "sum"), readers=("near", "size"))
    row, other = np.divmod(pairs.index.to_numpy(), ARTICLES)
    back = pairs.set_index(other * ARTICLES + row)
    together = pd.concat([pairs, back])[["weight", "readers"]].groupby(level=0).sum()
    for way, table, by in (("together", together, "weight"), ("after", pairs, "near")):
        row, other = np.divmod(table.index.to_numpy(), ARTICLES)
        scored = pd.DataFrame({"row": row, "other": other, "readers": table["readers"].to_numpy()})
        scored["score"] = table[by].to_numpy() / np.sqrt(popularity[row] * popularity[other])
        best = scored.sort_values("score", ascending=False, kind="stable").groupby("row").head(covisits.TIES)
        found[f"ties {way}"] = weighed(best["row"], np.ones(len(best)))
        found[f"tied readers {way}"] = weighed(best["other"], best["readers"])
    return found


def with_polars(files: list[Path]) -> Found:  # noqa: PLR0915 (as one would write it: from top to bottom)
    import polars as pl

    found: Found = {}
    column = pl.col
    weights = level_weights()
    events = pl.read_parquet(files, hive_partitioning=False)
    short = (column("type") == CODE["dwell"]) & ~(column("value") >= DWELL_SECONDS).fill_null(value=False)
    weight = column("type").cast(pl.Int64).replace_strict(weights, default=0.0, return_dtype=pl.Float64)
    events = events.with_columns(
        reader=pl.coalesce("visitor", "session"), weight=pl.when(short).then(0.0).otherwise(weight)
    )
    views = events.filter(column("type") == CODE["view"]).group_by("row").len()
    found["views"] = weighed(views["row"], views["len"])
    acts = events.filter(column("weight") > 0.0)
    named = acts.filter(column("reader").is_not_null())
    latest = named.group_by("row", "reader", "weight").agg(column("at").max())
    alone = acts.filter(column("reader").is_null()).select("row", "weight", "at")
    last = pl.concat([latest.select("row", "at"), alone.select("row", "at")])
    last = last.group_by("row").agg(last=column("at").max())
    worths = [
        (column("weight") * 2.0 ** ((column("at") - column("last")) / life)).alias(f"w{i}")
        for i, life in enumerate(LIVES)
    ]
    names = [f"w{i}" for i in range(len(LIVES))]
    most = latest.join(last, on="row").with_columns(worths).group_by("row", "reader").agg(column(*names).max())
    by_itself = alone.join(last, on="row").with_columns(worths)
    interest = pl.concat([most.select("row", *names), by_itself.select("row", *names)])
    interest = interest.group_by("row").agg(column(*names).sum()).join(last, on="row")
    for window, name in enumerate(WINDOWS):
        found[f"interest, {name}"] = weighed(interest["row"], interest[f"w{window}"])
    newest = last["last"].max()
    for group, table in members(1).items():
        joined = pl.from_arrow(table).join(interest, on="row")
        best = 0.0
        for window, life in enumerate(LIVES):
            faded = joined.select(
                "name", "row", interest=column(f"w{window}") * 2.0 ** ((column("last") - newest) / life)
            )
            top = faded.filter(column("interest") > 0.0).sort("interest", descending=True)
            top = top.group_by("name", maintain_order=True).head(TOP)
            best += weighed(top["row"], top["interest"])
        found[f"{group} leaders"] = best
    listed = events.filter(column("list").is_not_null() & column("type").is_in([CODE["impression"], CODE["click"]]))
    listed = listed.with_columns(shown=column("type") == CODE["impression"], clicked=column("type") == CODE["click"])
    keys = ["list", "position", "row"]
    each = listed.filter(column("reader").is_not_null()).group_by(*keys, "reader")
    each = (
        each.agg(column("shown", "clicked").any()).filter("shown").group_by(keys).agg(column("shown", "clicked").sum())
    )
    nobody = listed.filter(column("reader").is_null()).group_by(keys).agg(column("shown", "clicked").sum())
    nobody = nobody.filter(column("shown") > 0).with_columns(clicked=pl.min_horizontal("shown", "clicked"))
    shown = pl.concat([each, nobody]).group_by(keys).agg(column("shown", "clicked").sum())
    found["shown"], found["clicked"] = (weighed(shown["row"], shown[name]) for name in ("shown", "clicked"))
    stays = events.filter((column("type") == CODE["dwell"]) & (column("value") >= 0.0))
    stays = stays.with_columns(seconds=column("value").clip(upper_bound=attention.DWELL_CAP))
    longest = stays.filter(column("reader").is_not_null()).group_by("row", "reader").agg(column("seconds").max())
    every = pl.concat(
        [longest.select("row", "seconds"), stays.filter(column("reader").is_null()).select("row", "seconds")]
    )
    by_row = every.group_by("row").agg(n=pl.len(), median=column("seconds").median(), mean=column("seconds").mean())
    found["stays"], found["medians"] = (weighed(by_row["row"], by_row[name]) for name in ("n", "median"))
    first = named.group_by("reader", "row").agg(column("at").min())
    audience = first.group_by("row").len()
    found["readers"] = weighed(audience["row"], audience["len"])
    visits = first.sort("reader", "at", "row").group_by("reader", maintain_order=True).tail(covisits.VISITS)
    visits = visits.with_columns(weight=1.0 / (1.0 + pl.len().over("reader")).log(2))
    popularity = visits.group_by("row").agg(root=(pl.len() + covisits.PRIOR).sqrt())
    same = [(column("reader").shift(-i) == column("reader")).alias("same") for i in range(1, covisits.NEAR + 1)]
    parts = [
        visits.select("row", "weight", other=column("row").shift(-i), near=column("weight") / i, same=here).filter(
            "same"
        )
        for i, here in enumerate(same, 1)
    ]
    pairs = pl.concat(parts).group_by("row", "other").agg(column("weight", "near").sum(), readers=pl.len())
    back = pairs.select(row="other", other="row", weight="weight", readers="readers")
    together = (
        pl.concat([pairs.select(back.columns), back]).group_by("row", "other").agg(column("weight", "readers").sum())
    )
    for way, table, by in (("together", together, "weight"), ("after", pairs, "near")):
        scored = table.join(popularity, on="row").join(popularity, left_on="other", right_on="row", suffix="_other")
        scored = scored.select("row", "other", "readers", score=column(by) / (column("root") * column("root_other")))
        best = scored.sort("score", "other", descending=[True, False])
        best = best.group_by("row", maintain_order=True).head(covisits.TIES)
        found[f"ties {way}"] = weighed(best["row"], np.ones(best.height))
        found[f"tied readers {way}"] = weighed(best["other"], best["readers"])
    return found


def contenders(megabytes: int) -> dict[str, Callable[[list[Path]], Found]]:
    alone = {f"ours: {name}": lambda files, name=name: ours((name,), files, megabytes) for name in SIGNALS}
    return {
        "ours: all": lambda files: ours(SIGNALS, files, megabytes),
        **alone,
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
    return {
        "wall": round(time.perf_counter() - began, 2),
        "cpu": round(time.process_time() - cpu, 2),
        "gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "found": found,
    }


def same(one: Found, other: Found) -> bool:
    """Whether what both computed agrees: to a relative 1e-6, and whom ties name but for equal scores."""
    return one.keys() == other.keys() and all(
        abs(one[name] - other[name]) <= (1e-4 if name.startswith("tied") else 1e-6) * abs(one[name]) for name in one
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
        for peer in ("pandas: all", "polars: all"):
            if peer in rows and "ours: all" in rows:
                claim = f"{size:,}: the same results as {peer.split(':')[0]}"
                found[claim] = same(rows["ours: all"]["found"], rows[peer]["found"])
    for small in (1_000_000, 10_000_000):
        if "ours: all" in sizes.get(small, {}) and "ours: all" in sizes.get(small * 10, {}):
            growth = sizes[small * 10]["ours: all"]["wall"] / sizes[small]["ours: all"]["wall"]
            found[f"{small:,} to {small * 10:,}: at most 13 times as long (got {growth:.1f})"] = growth <= 13
    return found


def machine() -> dict[str, Any]:
    versions = {name: version(name) for name in ("duckdb", "ibis-framework", "numpy", "pyarrow", "numba")}
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
