"""Claims: two workers of a Dask cluster, processes of this machine, build the very neighbour lists that two threads
build, in at most 1.5 times their time at 100,000 articles; a task sends less than 1 KB.

    python benchmarks/neighbour_blocks.py [--sizes 25000 50000 100000]

A block is the 256 articles whose neighbours one task finds among all. What it costs, by how many articles there are,
is what the plan for sizes beyond this machine is made of (docs/scaling.md). Invented articles, pruned lists of 100:
benchmarks/corpus.py. Threads are timed with all compiled code loaded, and so are the workers.
"""

import argparse
import json
import os
import pickle
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client, LocalCluster
from joblib import parallel_config
from scipy import sparse

from benchmarks.corpus import vectors
from recsys.cosine import STORED, Neighbours, Rows
from training.arrange_kernel import arrange
from training.coarse_kernel import coarse
from training.mapped import shared
from training.neighbour_lists import THETA, kernel_neighbours
from training.pruned_lists import block_of
from training.row_tasks import TASK

RESULT = Path(__file__).parent / "results" / "neighbour_blocks.json"


def built(matrix: sparse.csr_array, folder: Path | None = None) -> Neighbours:
    """Pruned lists: by threads, or with a folder by whatever joblib has in force."""
    return kernel_neighbours(Rows.of(matrix), matrix.shape[1], STORED, theta=THETA, jobs=2, folder=folder)


def on_dask(client: Client, matrix: sparse.csr_array) -> tuple[Neighbours, int]:
    """The same by the workers of a cluster, and how many bytes they read from a folder."""
    with tempfile.TemporaryDirectory() as folder, parallel_config(backend="dask", client=client):
        found = built(matrix, Path(folder))
        return found, sum(path.stat().st_size for path in Path(folder).rglob("*.npy"))


def measured(client: Client, matrix: sparse.csr_array) -> dict[str, Any]:
    """Seconds of both ways, whether their lists are equal, and what of it a block is."""
    n, width = matrix.shape
    began = time.process_time()
    arranged = arrange(Rows.of(matrix), width)
    coarse(arranged, THETA, block_of(n))
    before_blocks = time.process_time() - began
    with tempfile.TemporaryDirectory() as folder:
        task = len(pickle.dumps(shared(arranged, Path(folder), "rows")))
    del arranged
    began, cpu = time.perf_counter(), time.process_time()
    here = built(matrix)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    began = time.perf_counter()
    there, read = on_dask(client, matrix)
    dask = time.perf_counter() - began
    blocks = -(-n // TASK)
    return {
        "threads": round(wall, 2),
        "cpu": round(cpu, 2),
        "dask": round(dask, 2),
        "equal": bool(np.array_equal(here.rows, there.rows) and np.array_equal(here.scores, there.scores)),
        "blocks": blocks,
        "cpu_ms_a_block": round(1e3 * (cpu - before_blocks) / blocks, 1),
        "cpu_before_blocks": round(before_blocks, 2),
        "mb_read": round(read / 1e6, 1),
        "task_bytes": task,
    }


def machine() -> dict[str, Any]:
    libraries = ("numpy", "numba", "joblib", "distributed")
    versions = {"python": platform.python_version()} | {name: version(name) for name in libraries}
    return {"cores": len(os.sched_getaffinity(0)), "load": round(os.getloadavg()[0], 1), "versions": versions}


def claims(sizes: dict[str, dict[str, Any]]) -> dict[str, bool]:
    """Each claim that the figures can judge, and whether it holds."""
    found = {f"{size}: the same lists": row["equal"] for size, row in sizes.items()}
    found |= {f"{size}: less than 1 KB a task": row["task_bytes"] < 1_000 for size, row in sizes.items()}
    if "100000" in sizes:
        ratio = sizes["100000"]["dask"] / sizes["100000"]["threads"]
        found[f"100000: at most 1.5 times the time of threads (got {ratio:.2f})"] = ratio <= 1.5
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[25_000, 50_000, 100_000])
    options = parser.parse_args()
    result: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {"sizes": {}}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        small = vectors(2_000, np.random.default_rng(0))
        built(small)
        on_dask(client, small)
        for size in options.sizes:
            row = measured(client, vectors(size, np.random.default_rng(size)))
            row["on"] = machine()
            result["sizes"][str(size)] = row
            result["claims"] = claims(result["sizes"])
            RESULT.write_text(json.dumps(result, indent=1) + "\n")
            print(size, row, flush=True)
    for claim, holds in result["claims"].items():
        print(f"{'holds' if holds else 'FAILS'}  {claim}")
    return 0 if all(result["claims"].values()) else 1


if __name__ == "__main__":
    sys.exit(main())
