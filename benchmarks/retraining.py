"""Claim: a retrain after 1% new articles costs a fifth of one from scratch, and its lists are those of a full build.

Reuters' articles in order of date: 90% are trained on, then ten rounds bring 1% each, and after each a retrain carries
on from the model before. Beside it, on the same data, one that reads all anew. Told are CPU seconds of the whole
process, of the retraining in it (without start and imports), and of what is made of the texts (languages, vectors,
neighbours, stories); and how many of the ten nearest by text, and of the ten Related shown, are those of the full one.

    python benchmarks/retraining.py [--rounds 10]
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

import numpy as np

DATASETS = Path(os.environ.get("RECSYS_DATASETS", "../shared/datasets"))
RESULT = Path(__file__).parent / "results" / "retraining.json"
GOAL, LEAST_RECALL = 5.0, 0.995
AS_OF = 1_767_225_600_000_000  # 2026-01-01
SHOWN = 10
ASKED = 1_000


def run(home_path: Path, number: int, way: str) -> dict[str, float | str]:
    """One retrain in this process: what it cost, and its version."""
    import training.texts
    from recsys.home import Home
    from recsys.settings import read_settings
    from recsys.store.sqlite import SqliteStore
    from training import fit
    from training.progress import silent
    from training.retrain import Job, retrain

    if way == "anew":
        training.texts.Former.of = classmethod(lambda cls, manifest, arrays: None)
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
    began = time.process_time()
    report = retrain(
        Job(store, home, read_settings(home.settings), as_of=as_of, now=as_of, force=False, progress=silent)
    )
    taken = time.process_time() - began
    store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "process": time.process_time(),
        "retrain": taken,
        "texts": of_texts,
        "peak_mb": peak,
        "version": report.version,
    }


def in_new_process(home: Path, number: int, way: str) -> dict[str, float | str]:
    command = [sys.executable, __file__, "--run", str(home), str(number), way]
    settings = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    return json.loads(subprocess.run(command, env=settings, capture_output=True, text=True, check=True).stdout)


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


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--run", nargs=3)
    arguments = parser.parse_args()
    if arguments.run:
        home, number, way = arguments.run
        print(json.dumps(run(Path(home), int(number), way)))
        return 0
    if not DATASETS.is_dir():
        print(f"no data sets at {DATASETS}: set RECSYS_DATASETS")
        return 0
    with gzip.open(DATASETS / "reuters" / "articles.jsonl.gz") as lines:
        rows = sorted(lines.read().splitlines(), key=lambda line: json.loads(line)["published_at"])
    cuts = np.linspace(0.9, 1.0, 11) * len(rows)
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        home, beside = Path(folder) / "home", Path(folder) / "beside"
        take_in(home, rows[: int(cuts[0])], 0)
        first = in_new_process(home, 0, "anew")
        print(f"first training: {first['process']:.1f} CPU s; CPU seconds carried on / anew")
        print(f"{'round':>5s}{'process':>16s}{'retrain':>16s}{'texts':>16s}{'recall@10':>11s}{'Related@10':>11s}  read")
        for number in range(1, arguments.rounds + 1):
            take_in(home, rows[int(cuts[number - 1]) : int(cuts[number])], number)
            shutil.rmtree(beside, ignore_errors=True)
            shutil.copytree(home, beside)
            carried = in_new_process(home, number, "carried on")
            anew = in_new_process(beside, number, "anew")
            paths = [place / "bundles" / str(run["version"]) for place, run in ((home, carried), (beside, anew))]
            found = agreement(*paths, AS_OF + number * 1_000_000)
            texts = json.loads((paths[0] / "manifest.json").read_text())["fitted"]["texts"]
            rounds.append({"carried_on": carried, "anew": anew, "in_full": texts["renewed"] == 0, **found})
            costs = "".join(f"{carried[part]:8.2f}/{anew[part]:<7.2f}" for part in ("process", "retrain", "texts"))
            told = "all" if texts["renewed"] == 0 else "new ones"
            print(f"{number:5d}{costs}{found['recall_at_10']:11.4f}{found['related_at_10']:11.4f}  {told}", flush=True)
    gains = {
        part: median(one["anew"][part] / one["carried_on"][part] for one in rounds if not one["in_full"])
        for part in ("process", "retrain", "texts")
    }
    recall = min(one["recall_at_10"] for one in rounds)
    held = gains["retrain"] >= GOAL and rounds[0]["recall_at_10"] >= LEAST_RECALL
    print(
        "gain, medians: " + ", ".join(f"{part} {gain:.1f}" for part, gain in gains.items()),
        f"; least recall {recall:.4f}",
    )
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    result = {"goal": GOAL, "held": held, "gains": gains, "least_recall": recall, "machine": machine}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result | {"first": first, "rounds": rounds}, indent=1) + "\n")
    print("claim holds" if held else "claim FALLS SHORT")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
