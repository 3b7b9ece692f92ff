"""A reader who asks a running server for pages without end, and notes what went wrong and how long it took."""

import json
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from recsys.errors import RecsysError

PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 10.0


@dataclass(slots=True)
class Asked:
    """What came of the questions since the last look."""

    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def p99_ms(self) -> float:
        """The time that one answer of a hundred took at least, milliseconds; 0 where nothing was asked."""
        return 1000.0 * sorted(self.seconds)[int(0.99 * (len(self.seconds) - 1))] if self.seconds else 0.0


class SteadyReader(threading.Thread):
    """Asks for the page of one article after the other, drawn from `ids` by a fixed seed."""

    def __init__(self, url: str, ids: Sequence[str], seed: int) -> None:
        super().__init__(daemon=True)
        self._url, self._ids, self._chance = url, list(ids), random.Random(seed)  # noqa: S311 (no secret)
        self._asked, self._lock, self._ended = Asked(), threading.Lock(), threading.Event()
        self.model = ""

    def run(self) -> None:
        """Until `end`."""
        while not self._ended.wait(PAUSE_SECONDS):
            began = time.monotonic()
            fault = self._ask(self._chance.choice(self._ids))
            with self._lock:
                self._asked.seconds.append(time.monotonic() - began)
                self._asked.faults += [fault] if fault else []

    def look(self) -> Asked:
        """What came since the last look."""
        with self._lock:
            asked, self._asked = self._asked, Asked()
        return asked

    def until(self, version: str, seconds: float) -> bool:
        """Waits until answers come from `version`; False where they don't in time."""
        end = time.monotonic() + seconds
        while self.model != version and time.monotonic() < end:
            time.sleep(PAUSE_SECONDS)
        return self.model == version

    def end(self) -> None:
        """Asks no more."""
        self._ended.set()
        self.join(2 * TIMEOUT_SECONDS)

    def _ask(self, article_id: str) -> str:
        """What is wrong with one page; "" for nothing."""
        address = f"{self._url}/v1/articles/{quote(article_id, safe='')}/page"
        try:
            with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 (our own server)
                page = json.load(answer)
        except (urllib.error.URLError, OSError, ValueError) as error:
            return f"{article_id}: {error}"
        lists = [page[name] for name in ("related", "ranking", "recommendation")]
        models = {page["model"], *(one["model"] for one in lists)}
        shown = [item["id"] for one in lists for item in one["items"]]
        if len(models) > 1:
            return f"{article_id}: one page of the models {', '.join(sorted(models))}"
        if len(shown) > len(set(shown)) or article_id in shown:
            return f"{article_id}: something stands on its page twice"
        self.model = page["model"]
        return ""


@contextmanager
def served(home: Path) -> Iterator[tuple[str, int]]:
    """A server of `home` in a process of its own, on a free port: its address and process id."""
    command = [sys.executable, "-c", "from recsys.cli import main; main()", "serve", "--port", "0", "--home", str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own command)
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line.startswith("listening on "):
                raise RecsysError("the server did not start. Try `recsys serve` by hand.")
            yield line.removeprefix("listening on ").strip(), process.pid
        finally:
            process.terminate()


def resident_mb(process: int) -> float:
    """The memory that a process holds."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
