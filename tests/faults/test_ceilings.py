"""A server of 100,000 articles in 512 MB, trainings beside it in 2 GB: nobody is killed, and readers hardly notice.

At full size trainings give way as their units in docs/deploy have it, by `chrt --idle`.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.crowd import Asked, Crowd, milliseconds, run_crowd
from benchmarks.serving_site import NOW
from benchmarks.serving_strain import pages
from recsys.bundle import active_version
from recsys.home import Home
from recsys.times import DAY, SECOND, format_time, now_micros
from tests.faults.ceiling import ceiling
from tests.faults.scale import FULL, tries
from tests.faults.site_of_size import ARTICLES, site_of_size
from tests.serving.process import RUN, ask, server

__all__ = ["site_of_size"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(tries(7_200, 1_800))]

SERVER_MB, TRAINING_MB, LARGE_TRAINING_MB = 512, 2_048, 4_096
EVENTS = tries(10_000_000, 20_000)
SECONDS = tries(20, 2)
RATE = 25.0  # pages a second of readers with a history, no two alike
FOLLOWED_SECONDS = 60.0
BATCH = 1_000
GIVES_WAY = ("chrt", "--idle", "0") if FULL else ()  # else to the other tests, which never end
RECSYS = (*GIVES_WAY, sys.executable, "-c", RUN)


@pytest.fixture
def home(site_of_size: Path, tmp_path: Path) -> Iterator[Home]:
    """A copy, as it is written to. No page of it is in memory: those would be on nobody's account."""
    copied = Home(Path(shutil.copytree(site_of_size, tmp_path / "home")))
    for file in (file for file in copied.root.rglob("*") if file.is_file()):
        opened = os.open(file, os.O_RDONLY)
        os.fsync(opened)
        os.posix_fadvise(opened, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(opened)
    yield copied
    shutil.rmtree(copied.root)


def _write(url: str, title: str) -> None:
    """An event of every article, and twenty articles anew: that takes copies of what was mapped."""
    at = format_time(now_micros() - SECOND)
    for first in range(0, ARTICLES, BATCH):
        events = [{"type": "view", "article_id": f"article-{first + n}", "at": at} for n in range(BATCH)]
        assert ask(f"{url}/v1/events", events)[0] == 202
    for number in range(0, ARTICLES, ARTICLES // 20):
        article = f"{url}/v1/articles/article-{number}"
        assert ask(article, ask(article)[1] | {"title": title}, "PUT")[0] == 200


def _follows(url: str, version: str) -> None:
    latest = time.monotonic() + FOLLOWED_SECONDS
    while ask(f"{url}/v1/ranking?limit=1")[1].get("model") != version:
        assert time.monotonic() < latest, "the server does not take the new model"
        time.sleep(0.1)


def test_trainings_beside_a_server_keep_to_their_memory_and_out_of_its_way(home: Home) -> None:
    """L6 and L9. From scratch, then as a scheduler does it; the server takes both models while it is asked."""
    told, ratios = list[str](), list[float]()

    async def read(port: int, training: subprocess.Popen[str] | None) -> list[Asked]:
        """Pages for some time, or for as long as a training takes."""
        crowd, found = Crowd(port, paths), list[Asked]()
        await crowd.come(RATE, 1.0)
        if training is None:
            found = await crowd.come(RATE, SECONDS)
        else:
            while training.poll() is None:
                found += await crowd.come(RATE, 0.2)
        crowd.leave()
        return found

    paths = pages(ARTICLES, np.random.default_rng(1))
    with ceiling(SERVER_MB) as small, server(home.root, within=small.within) as (url, _):
        port = int(url.rpartition(":")[2])
        for command in (["train"], ["retrain", "--force"]):
            _write(url, command[0])
            alone = run_crowd(read(port, None))
            began = time.monotonic()
            with (
                ceiling(TRAINING_MB) as large,
                subprocess.Popen(
                    [*large.within, *RECSYS, *command, "--home", str(home.root)],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                ) as training,
            ):
                beside = run_crowd(read(port, training))
                assert training.stdout is not None
                assert training.returncode == 0, training.stdout.read()
            took = time.monotonic() - began
            assert large.killed == 0
            _follows(url, active_version(home.bundles))
            lost = [one for one in (*alone, *beside) if one.status not in {200, 503}]
            assert lost == []  # 503: the machine is busy with others
            before, meanwhile = milliseconds(alone, 99), milliseconds(beside, 99)
            ratios.append(meanwhile / before)
            told.append(
                f"{command[0]}: {large.most_mb:.0f} MB in {took:.0f} s; p99 of {len(beside):,} pages {meanwhile} ms,"
                f" {before} ms without it"
            )
        run_crowd(read(port, None))
    print(f"server {small.most_mb:.0f} MB; {'; '.join(told)} ({small.kind})")
    assert small.killed == 0
    if FULL:  # else other tests share the machine, and take its time as they like
        assert max(ratios) <= 2.0


def _events_file(path: Path, count: int) -> None:
    """Views of readers of twenty articles each, in the thirty days before the site's last article."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import parquet

    def named(name: str, numbers: np.ndarray) -> pa.Array:
        return pc.binary_join_element_wise(name, pc.cast(pa.array(numbers), pa.string()), "-")

    rng = np.random.default_rng(8)
    at = (NOW - SECOND - rng.random(count) ** 2 * 30 * DAY).astype(np.int64)
    columns = {
        "type": pa.repeat("view", count),
        "article_id": named("article", np.minimum(rng.zipf(1.2, count), ARTICLES) - 1),
        "visitor_id": named("another", np.arange(count) // 20),
        "at": pa.array(at, pa.timestamp("us", "UTC")),
    }
    parquet.write_table(pa.table(columns), path)


def test_a_training_of_many_events_keeps_to_its_memory(home: Home, tmp_path: Path) -> None:
    """L6: ten million events, imported and trained on."""
    events = tmp_path / "events.parquet"
    _events_file(events, EVENTS)
    with ceiling(LARGE_TRAINING_MB) as large:
        for command in (["import", "--events", str(events)], ["train"]):
            began = time.monotonic()
            ran = subprocess.run(
                [*large.within, *RECSYS, *command, "--home", str(home.root)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, ran.stderr
            print(f"{command[0]}: {large.most_mb:.0f} MB at most by then, {time.monotonic() - began:.0f} s")
    print(f"{EVENTS:,} events: {large.most_mb:.0f} MB ({large.kind})")
    assert large.killed == 0
