"""`kill -9` of processes that append: what was acknowledged is there, whole, once, in a log without gaps."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from recsys.store.sqlite import SqliteStore
from tests.faults.scale import tries

KILLS = tries(100, 5)
WRITERS = 2
BATCH = 20

WRITER = f"""
import sys
from pathlib import Path
from recsys.event import Event
from recsys.record import Micros
from recsys.store.sqlite import SqliteStore

store, name, number = SqliteStore(Path(sys.argv[1])), sys.argv[2], 0
while True:
    batch = [Event(id=f"{{name}}-{{number}}-{{i}}", type="view", article_id="a", at=Micros(1)) for i in range({BATCH})]
    store.log.append_events(batch, 1)
    print(number, flush=True)
    number += 1
"""


@pytest.mark.slow
def test_killed_writers_lose_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    chance = random.Random(1)
    acknowledged: dict[str, int] = {}
    for kill in range(KILLS):
        outputs = [tmp_path / f"{kill}-{writer}.txt" for writer in range(WRITERS)]
        processes = []
        for output in outputs:
            with output.open("wb") as out:
                processes.append(subprocess.Popen([sys.executable, "-c", WRITER, path, output.stem], stdout=out))
        while not all(output.stat().st_size for output in outputs):
            time.sleep(0.005)
        time.sleep(chance.uniform(0, 0.1))
        for process in processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        # A last line without its end was cut by the kill: not acknowledged.
        acknowledged |= {output.stem: output.read_text().count("\n") for output in outputs}

    store = SqliteStore(path)
    stored: dict[str, list[str]] = {}
    for entry in store.log.read(0, 1_000_000):
        batch = [event.id or "" for event in entry.events]
        name, number, _ = batch[0].rsplit("-", 2)
        assert batch == [f"{name}-{number}-{i}" for i in range(BATCH)], "half a batch"
        stored.setdefault(name, []).append(number)
    for name, count in acknowledged.items():
        assert count > 0
        assert stored[name][:count] == [str(number) for number in range(count)]
        assert len(stored[name]) - count <= 1, "at most the batch in flight"
