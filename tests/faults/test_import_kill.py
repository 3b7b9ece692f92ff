"""`kill -9` of an import while it reads or stores: afterwards nothing of it is there, and it can run again."""

import json
import signal
import subprocess
import sys
from datetime import UTC
from pathlib import Path

import pytest

from recsys.store.sqlite import SqliteStore
from recsys.times import parse_time
from training.intake import import_files

EVENTS = 20_000

# Says each step and waits there until the parent has read it, so that the kill comes in the middle.
IMPORTER = """
import sys
from datetime import UTC
from pathlib import Path
from recsys.store.sqlite import SqliteStore
from recsys.times import parse_time
from training.intake import import_files

folder = Path(sys.argv[1])

def progress(description, done, total):
    print(description, flush=True)
    sys.stdin.readline()

import_files(
    SqliteStore(folder / "store.db"), [folder / "articles.jsonl"], [folder / "events.jsonl"],
    now=parse_time("2026-01-01"), default_zone=UTC, dry_run=False, strict=False, progress=progress,
)
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["reading events.jsonl", "storing articles", "storing events"])
def test_killed_import_leaves_nothing_and_can_run_again(tmp_path: Path, moment: str) -> None:
    articles, events = tmp_path / "articles.jsonl", tmp_path / "events.jsonl"
    articles.write_text(json.dumps({"id": "a", "title": "T", "published_at": "2025-01-01"}))
    line = '{{"type": "view", "article_id": "a", "at": "2025-01-01", "visitor_id": "v{}"}}\n'
    events.write_text("".join(line.format(number) for number in range(EVENTS)))
    path = tmp_path / "store.db"
    before = SqliteStore(path)
    before.log.append_activation("v", 1)
    before.close()

    with subprocess.Popen(
        [sys.executable, "-c", IMPORTER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        for said in process.stdout:
            if said.strip() == moment:
                break
            process.stdin.write("\n")
            process.stdin.flush()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    store = SqliteStore(path)
    assert store.log.last() == 1
    assert list(store.catalogue.scan()) == []
    report = import_files(
        store, [articles], [events], now=parse_time("2026-01-01"), default_zone=UTC, dry_run=False, strict=False,
        progress=lambda description, done, total: None,
    )  # fmt: skip
    assert (report.articles.added, report.events.accepted, report.bad) == (1, EVENTS, 0)
    store.close()
