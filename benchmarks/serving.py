"""Claim: one worker on 100,000 articles answers Related and Ranking with at least half, a page with at least a quarter
of the requests per second of a raw ASGI application that says `{}`, and Recommendations for 20 articles of history
2,000 times a second or more; p99 at most 5 ms, Recommendations 20 ms.

The home is that of `benchmarks.serving_site`. wrk and server have a core each; runs alternate, medians count. "Cold"
asks for every id once, so that no answer is at hand; each Recommendation has a history of its own. CPU time of the
server is read from /proc; memory is the proportional share (PSS) after 100,000 requests by Zipf's law, where asked for
also of 1,000,000 articles of few words.

    python benchmarks/serving.py [HOME [HOME-OF-A-MILLION]]
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.serving_site import DEFAULT, make
from benchmarks.wrk import measured

RESULTS = Path(__file__).parent / "results" / "serving.json"
ARTICLES = 100_000
MILLION, MILLION_WORDS = 1_000_000, 5
CONNECTIONS = 4
SECONDS = 4
RUNS = 3
ZIPF_REQUESTS = 100_000
SEED = 7
TICK = 1_000_000 / os.sysconf("SC_CLK_TCK")  # microseconds

_RAW = """
async def app(scope, receive, send):
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
"""
_FASTAPI = """
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
async def nothing() -> dict[str, str]:
    return {}
"""
_RUN = """
import socket, uvicorn
listening = socket.create_server(("127.0.0.1", 0))
print("listening on http://127.0.0.1:%d" % listening.getsockname()[1], flush=True)
config = uvicorn.Config(app, loop="uvloop", http="httptools", ws="none", lifespan="off", access_log=False,
                        log_level="warning")
uvicorn.Server(config).run([listening])
"""
OURS = "from recsys.cli import main; main()"
_LUA = """
local paths, at = {}, 0
for line in io.lines("%s") do paths[#paths + 1] = line end
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at])
end
"""


@dataclass(frozen=True, slots=True)
class Server:
    url: str
    pid: int
    started_in: float


@contextmanager
def server(code: str, *arguments: str) -> Iterator[Server]:
    """A server on the first core, ready."""
    began = time.monotonic()
    command = ["taskset", "-c", "0", sys.executable, "-c", code, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = process.stdout.readline().removeprefix("listening on ").strip()
        assert url.startswith("http"), url
        yield Server(url, process.pid, time.monotonic() - began)
    finally:
        process.terminate()
        process.wait(20)


def processes(pid: int) -> list[int]:
    """A process and its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def cpu(pid: int) -> float:
    """Microseconds of CPU that a process and its children have had."""
    fields = (Path(f"/proc/{one}/stat").read_text().rsplit(") ", 1)[1].split() for one in processes(pid))
    return sum(int(field[11]) + int(field[12]) for field in fields) * TICK


def pss(pid: int) -> float:
    """Megabytes that are a process' own, and its part of what it shares."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1_024


def run(asked: Server, paths: Path, seconds: int = SECONDS, *, connections: int = CONNECTIONS) -> dict[str, float]:
    """Requests per second, p99 in ms, CPU microseconds a request, how many were refused, of a run of wrk on the second
    core.
    """
    script = paths.with_suffix(".lua")
    script.write_text(_LUA % paths)
    before = cpu(asked.pid)
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script)]
    told = measured([*command, asked.url])
    spent = cpu(asked.pid) - before
    return {
        "requests_per_second": round(told.rate),
        "p99_ms": told.p99_ms,
        "cpu_us": round(spent / told.requests, 1),
        "requests": told.requests,
        "refused": told.refused,
    }


def asked_of(folder: Path, name: str, paths: Sequence[str]) -> Path:
    file = folder / f"{name}.txt"
    file.write_text("\n".join(paths) + "\n")
    return file


def measure(home: Path, folder: Path, rng: np.random.Generator) -> dict[str, Any]:
    ids = [f"article-{row}" for row in rng.permutation(ARTICLES)]
    cold = np.array_split(np.array(ids), 2 * RUNS)
    history = rng.integers(0, ARTICLES, (40_000, 20))
    read = [",".join(f"article-{row}" for row in rows) for rows in history]
    hot = {
        "Related, at hand": [f"/v1/articles/{ids[0]}/related"],
        "Ranking, at hand": ["/v1/ranking"],
        "page, at hand": [f"/v1/articles/{ids[0]}/page"],
        "Recommendation, 20 of history": [f"/v1/recommendations?history={ids_read}" for ids_read in read],
    }
    runs: dict[str, list[dict[str, float]]] = {}
    with (
        server(_RAW + _RUN) as raw,
        server(_FASTAPI + _RUN) as fastapi,
        server(OURS, "serve", "--port", "0", "--home", str(home)) as ours,
    ):
        nothing = asked_of(folder, "nothing", ["/"])
        for turn in range(RUNS):
            runs.setdefault("raw ASGI, {}", []).append(run(raw, nothing))
            for number, (name, paths) in enumerate(hot.items()):
                turned = paths[len(paths) * turn // RUNS :]
                runs.setdefault(name, []).append(run(ours, asked_of(folder, f"hot-{number}", turned)))
            for place, kind in enumerate(("related", "page")):
                paths = [f"/v1/articles/{name}/{kind}" for name in cold[2 * turn + place]]
                runs.setdefault(f"{kind.capitalize() if kind == 'related' else kind}, cold", []).append(
                    run(ours, asked_of(folder, f"cold-{kind}", paths))
                )
            runs.setdefault("FastAPI, {}", []).append(run(fastapi, nothing))
    medians = {name: {key: median(one[key] for one in found) for key in found[0]} for name, found in runs.items()}
    return {"medians": medians, "runs": runs}


def memory(home: Path, articles: int, folder: Path, rng: np.random.Generator) -> dict[str, float]:
    """PSS in MB of one worker and of three, the most that was seen every 5 seconds of 100,000 requests; what is on the
    disk; time to ready.
    """
    popular = rng.permutation(articles)
    rows = popular[np.minimum(rng.zipf(1.2, ZIPF_REQUESTS), articles).astype(np.int64) - 1]
    asked = asked_of(folder, f"zipf-{articles}", [f"/v1/articles/article-{row}/related" for row in rows])
    taken, ready = [], []
    for workers in (1, 3):
        with server(OURS, "serve", "--port", "0", "--home", str(home), "--workers", str(workers)) as ours:
            ready.append(ours.started_in)
            left, most = ZIPF_REQUESTS, 0.0
            while left > 0:
                left -= run(ours, asked, 5)["requests"]
                most = max(most, sum(pss(pid) for pid in processes(ours.pid)))
            taken.append(most)
    one, three = taken
    bundle, store = size(home / "bundles"), sum(file.stat().st_size for file in home.glob("store.db*"))
    return {
        "articles": articles,
        "one_worker_mb": round(one),
        "three_workers_mb": round(three),
        "further_mb": round((three - one) / 2),
        "ready_seconds": round(min(ready), 1),
        "bundle_mb": round(bundle / 2**20),
        "store_mb": round(store / 2**20),
        "memory_bytes_an_article": round(one * 2**20 / articles),
        "disk_bytes_an_article": round((bundle + store) / articles),
    }


def size(folder: Path) -> int:
    """Bytes of all files under a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _tell(medians: dict[str, dict[str, float]]) -> None:
    raw = medians["raw ASGI, {}"]["requests_per_second"]
    print(f"{'':32}{'req/s':>8}{'of raw':>8}{'p99 ms':>8}{'CPU us':>8}{'refused':>8}")
    for name, row in medians.items():
        share = row["requests_per_second"] / raw
        told = f"{row['p99_ms']:8.2f}{row['cpu_us']:8.0f}{row['refused']:8.0f}"
        print(f"{name:32}{row['requests_per_second']:8.0f}{share:8.0%}{told}", flush=True)


def main() -> int:
    missing = [name for name in ("wrk", "taskset") if shutil.which(name) is None]
    if missing or len(os.sched_getaffinity(0)) < 2:
        print(f"not measured: {', '.join(missing) or 'a second core'} is missing")
        return 0
    rng = np.random.default_rng(SEED)
    home = make(Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT, ARTICLES).root
    found: dict[str, Any] = {"articles": ARTICLES, "connections": CONNECTIONS, "seconds": SECONDS}
    with TemporaryDirectory() as folder:
        found |= measure(home, Path(folder), rng)
        _tell(found["medians"])
        found["memory"] = [memory(home, ARTICLES, Path(folder), rng)]
        if len(sys.argv) > 2:
            million = make(Path(sys.argv[2]), MILLION, MILLION_WORDS).root
            found["memory"].append(memory(million, MILLION, Path(folder), rng))
    medians = found["medians"]
    raw = medians["raw ASGI, {}"]["requests_per_second"]
    for row in found["memory"]:
        print(row)
    kept = {
        "nobody turned away": not any(row["refused"] for row in medians.values()),
        "Related, half of raw": medians["Related, at hand"]["requests_per_second"] >= raw / 2,
        "Related, p99 5 ms": medians["Related, at hand"]["p99_ms"] <= 5,
        "Ranking, half of raw": medians["Ranking, at hand"]["requests_per_second"] >= raw / 2,
        "Ranking, p99 5 ms": medians["Ranking, at hand"]["p99_ms"] <= 5,
        "page, a quarter of raw": medians["page, at hand"]["requests_per_second"] >= raw / 4,
        "Recommendation, 2,000": medians["Recommendation, 20 of history"]["requests_per_second"] >= 2_000,
        "Recommendation, p99 20 ms": medians["Recommendation, 20 of history"]["p99_ms"] <= 20,
        "first worker, 400 MB": all(row["one_worker_mb"] <= 400 for row in found["memory"]),
        "each further worker, 100 MB": all(row["further_mb"] <= 100 for row in found["memory"]),
    }
    found["claims"] = kept
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    for claim, holds in kept.items():
        print(f"{'holds' if holds else 'FAILS'}  {claim}")
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
