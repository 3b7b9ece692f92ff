"""Claim: a retrain after 1% new articles costs a fifth of one from scratch, and its lists are those of a full build.

Reuters' articles in order of date: 90% are trained on, then ten rounds bring 1% each, and after each a retrain carries
on from the model before. Beside it, on the same data, one that reads all anew; both pass the gate. Told are CPU seconds
of the whole process, of the retraining in it (without start and imports: what the claim is of), and of what is made of
the texts (languages, vectors, neighbours, stories), and its seconds on the clock; and how many of the ten nearest by
text, and of the ten Related shown, are those of the full one. Modules are compiled to bytecode beforehand, as those of
an installed package are.

    python benchmarks/retraining.py [--rounds 10] [--limit 0.02] [--folder FOLDER]

`--limit` sets after what share of changed articles all are read again. With 1 the lists drift over all rounds: how far
the limit may go is read off that. Each limit has its own entry in the result, which is saved after each round; with
`--folder` the next run goes on after the last one.
"""

import argparse
import gzip
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

DATASETS = Path(os.environ.get("RECSYS_DATASETS", "../shared/datasets"))
RESULT = Path(__file__).parent / "results" / "retraining.json"
GOAL, LEAST_RECALL = 5.0, 0.995
LIMIT = 0.02  # `training.texts.RENEWED`
AS_OF = 1_767_225_600_000_000  # 2026-01-01
PARTS = ("process", "retrain", "texts", "retrain_seconds")
SHOWN = 10
ASKED = 1_000
COMPILED = "import training.retrain, training.vectorise, training.shingles, training.neighbour_lists"


def run(home_path: Path, number: int, way: str, limit: float) -> dict[str, float | str]:
    """One retrain in this process: what it cost, and its version."""
    import training.former
    import training.texts
    from recsys.home import Home
    from recsys.settings import read_settings
    from recsys.store.sqlite import SqliteStore
    from training import fit
    from training.progress import silent
    from training.retrain import Job, retrain

    training.texts.RENEWED = limit
    if way == "anew":
        training.former.Former.of = classmethod(lambda cls, manifest, arrays: None)
    of_texts = 0.0
    plain = fit.texts_of

    def timed(*arguments: object, **named: object) -> object:
        nonlocal of_texts
        began = time.process_time()
        found = plain(*arguments, **named)
        of_texts += time.process_time() - began
        return found

    fit.texts_of = timed
    home = Home(home_path)
    store = SqliteStore(home.store)
    as_of = AS_OF + number * 1_000_000
    began, clock = time.process_time(), time.monotonic()
    report = retrain(
        Job(store, home, read_settings(home.settings), as_of=as_of, now=as_of, force=False, progress=silent)
    )
    taken, seconds = time.process_time() - began, time.monotonic() - clock
    store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "process": time.process_time(),
        "retrain": taken,
        "retrain_seconds": seconds,
        "texts": of_texts,
        "peak_mb": peak,
        "version": report.version,
    }


def in_new_process(home: Path, number: int, way: str, limit: float) -> dict[str, float | str]:
    command = [sys.executable, __file__, "--run", str(home), str(number), way, str(limit)]
    return json.loads(
        subprocess.run(command, env=surroundings(home), capture_output=True, text=True, check=True).stdout
    )


def surroundings(home: Path) -> dict[str, str]:
    """One thread for linear algebra, and bytecode that is kept from one process to the next."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPYCACHEPREFIX": str(home.parent / "bytecode")}


def take_in(home: Path, rows: list[bytes], number: int) -> None:
    """Writes rows to a file of the home's sources, which lie beside it: a copy of the home has the same."""
    feed = home.parent / "feed"
    for folder in (home, feed):
        folder.mkdir(parents=True, exist_ok=True)
    (home / "recsys.toml").write_text(f'[sources]\narticles = ["{feed}/*.jsonl"]\n')
    (feed / f"{number:02}.jsonl").write_bytes(b"\n".join(rows) + b"\n")


def agreement(one: Path, other: Path, as_of: int) -> dict[str, float]:
    """Of two bundles of the same articles: the mean share of common entries, and of lists that are the same."""
    from recsys.bundle import open_bundle
    from recsys.items import Wish
    from recsys.model import Model
    from recsys.related import related

    models = [open_bundle(path) for path in (one, other)]
    near = [arrays["neighbours.rows"][:, :SHOWN] for _, arrays in models]
    exist = near[1] >= 0
    common = (near[0][:, :, None] == near[1][:, None, :]) & exist[:, None, :]
    asked = exist.any(axis=1)
    recall = (common.any(axis=1).sum(axis=1) / np.maximum(exist.sum(axis=1), 1))[asked]
    opened = [Model.open(*model) for model in models]
    wish = Wish(limit=SHOWN, fill="none")
    shares = []
    for row in np.random.default_rng(11).choice(len(opened[0].articles), ASKED, replace=False).tolist():
        shown = [{item.row for item in related(model, row, wish, as_of)} for model in opened]
        if shown[1]:
            shares.append(len(shown[0] & shown[1]) / len(shown[1]))
    return {"recall_at_10": float(recall.mean()), "related_at_10": float(np.mean(shares))}


def one_round(folder: Path, rows: list[bytes], number: int, limit: float) -> dict[str, Any]:
    """Brings the articles of a round and retrains; beside it from scratch, unless the retrain read all by itself."""
    home, beside = folder / "home", folder / "beside"
    take_in(home, rows, number)
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(home, beside)
    carried = in_new_process(home, number, "carried on", limit)
    path = home / "bundles" / str(carried["version"])
    texts = json.loads((path / "manifest.json").read_text())["fitted"]["texts"]
    if texts["renewed"] == 0:
        return {"anew": carried, "changed": 0.0, "recall_at_10": 1.0, "related_at_10": 1.0}
    anew = in_new_process(beside, number, "anew", limit)
    found = agreement(path, beside / "bundles" / str(anew["version"]), AS_OF + number * 1_000_000)
    return {"carried_on": carried, "anew": anew, "changed": texts["renewed"] / texts["full"], **found}


def line_of(number: int, told: dict[str, Any]) -> str:
    """What a round came to, for people."""
    carried, anew = told.get("carried_on"), told["anew"]
    costs = "".join(
        f"{carried[part]:8.2f}/{anew[part]:<7.2f}" if carried else f"{anew[part]:16.2f}" for part in PARTS[:3]
    )
    read = f"new ones: {told['changed']:.1%} since all" if carried else "all"
    return f"{number:5d}{costs}{told['recall_at_10']:11.4f}{told['related_at_10']:11.4f}  {read}"


def summary(first: dict[str, Any], rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """What all rounds so far come to."""
    carried = [one for one in rounds if "carried_on" in one]
    gains = {part: median(one["anew"][part] / one["carried_on"][part] for one in carried) for part in PARTS}
    least = min(one["recall_at_10"] for one in rounds)
    return {
        "goal": GOAL,
        "held": gains["retrain"] >= GOAL and least >= LEAST_RECALL,
        "gains": gains,
        "carried_on": {part: median(one["carried_on"][part] for one in carried) for part in PARTS},
        "anew": {part: median(one["anew"][part] for one in rounds) for part in PARTS},
        "least_recall": least,
        "machine": {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "first": first,
        "rounds": rounds,
    }


def save(limit: float, found: dict[str, Any]) -> None:
    """Writes the result, beside those of other limits."""
    RESULT.parent.mkdir(exist_ok=True)
    known = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    known[f"limit {limit:g}"] = found
    RESULT.write_text(json.dumps(known, indent=1) + "\n")


def measured(folder: Path, rows: list[bytes], limit: float, rounds: int) -> dict[str, Any]:
    """All rounds, those that `folder` has seen among them."""
    cuts = (np.linspace(0.9, 1.0, 11) * len(rows)).astype(int)
    home, known = folder / "home", folder / "rounds.json"
    if known.exists():
        first, done = json.loads(known.read_text())
    else:
        take_in(home, rows[: cuts[0]], 0)
        subprocess.run([sys.executable, "-c", COMPILED], env=surroundings(home), check=True)
        first, done = in_new_process(home, 0, "anew", limit), []
    print(f"first training: {first['process']:.1f} CPU s; CPU seconds carried on / anew")
    print(f"{'round':>5s}{'process':>16s}{'retrain':>16s}{'texts':>16s}{'recall@10':>11s}{'Related@10':>11s}  read")
    for number in range(1, rounds + 1):
        if number > len(done):
            done.append(one_round(folder, rows[cuts[number - 1] : cuts[number]], number, limit))
            known.write_text(json.dumps([first, done]))
            save(limit, summary(first, done))
        print(line_of(number, done[number - 1]), flush=True)
    return summary(first, done)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--limit", type=float, default=LIMIT)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--run", nargs=4)
    arguments = parser.parse_args()
    if arguments.run:
        place, number, way, limit = arguments.run
        print(json.dumps(run(Path(place), int(number), way, float(limit))))
        return 0
    if not DATASETS.is_dir():
        print(f"no data sets at {DATASETS}: set RECSYS_DATASETS")
        return 0
    with gzip.open(DATASETS / "reuters" / "articles.jsonl.gz") as lines:
        rows = sorted(lines.read().splitlines(), key=lambda line: json.loads(line)["published_at"])
    with tempfile.TemporaryDirectory() as temporary:
        found = measured(arguments.folder or Path(temporary), rows, arguments.limit, arguments.rounds)
    gains = ", ".join(f"{part} {gain:.1f}" for part, gain in found["gains"].items())
    print(f"gain, medians: {gains}; least recall {found['least_recall']:.4f}")
    print("claim holds" if found["held"] else "claim FALLS SHORT")
    return 0 if found["held"] else 1


if __name__ == "__main__":
    sys.exit(main())
