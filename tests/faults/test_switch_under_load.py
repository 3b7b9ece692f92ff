"""Another model takes over again and again while readers ask: no answer fails or mixes two, and nothing piles up."""

import threading
import time
from pathlib import Path

import pytest

from recsys.home import Home
from tests.faults.scale import tries
from tests.serving.process import ask, server

pytestmark = pytest.mark.slow

SWITCHES = tries(300, 6)
PAUSE = float(tries(1_000, 100)) / 1_000  # seconds
READERS = 3
ASKED = ("/v1/articles/harbour-1/page", "/v1/articles/council-2/page?history=council-4", "/v1/ranking?limit=100")


def _open_files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _megabytes(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1_024


def test_models_that_switch_under_load_fail_no_request(home: Home, versions: tuple[str, str]) -> None:
    ended = threading.Event()
    models: set[str] = set()
    wrong: list[str] = []
    answers: list[int] = []
    others: list[int] = []

    def read(url: str, number: int) -> None:
        count = 0
        while not ended.is_set():
            status, found = ask(url + ASKED[(number + count) % len(ASKED)])
            if status != 200:
                others.append(status)
                continue
            told = {found["model"], *(found[name]["model"] for name in ("related", "ranking") if name in found)}
            if len(told) > 1:
                wrong.append(str(told))
            models.update(told)
            count += 1
        answers.append(count)

    with server(home.root) as (url, process):
        for version in versions[::-1]:
            assert ask(f"{url}/v1/models/{version}/activate", method="POST")[0] == 200
        files, memory = _open_files(process.pid), _megabytes(process.pid)
        readers = [threading.Thread(target=read, args=(url, number)) for number in range(READERS)]
        for reader in readers:
            reader.start()
        for switch in range(SWITCHES):
            assert ask(f"{url}/v1/models/{versions[1 - switch % 2]}/activate", method="POST")[0] == 200
            time.sleep(PAUSE)
        ended.set()
        for reader in readers:
            reader.join()
        assert len(answers) == READERS, "a reader's request failed"
        time.sleep(0.2)
        more_files, more_memory = _open_files(process.pid) - files, _megabytes(process.pid) - memory
    told = f"{sum(answers):,} answers, {len(others)} turned away, {more_files} more files, {more_memory:.0f} MB more"
    print(f"{SWITCHES} switches, {told}")
    assert wrong == []
    assert set(others) <= {503}, "a busy machine may turn readers away"
    assert models == set(versions)
    assert more_files < 20, "models that are no longer served stay open"
