"""A backup that is made while events are written: a whole store as it was at one moment, and the same lists from it."""

import shutil
import subprocess
import sys
import threading
from http.client import HTTPException
from pathlib import Path

import pytest

from recsys.home import Home
from recsys.registry import FolderRegistry
from recsys.settings import Settings
from recsys.store.sqlite import SqliteStore
from serving.answers import page_answer, ranking_answer, recommendation_answer
from serving.live import opened
from serving.questions import PageQuestion, RankingQuestion, RecommendationQuestion
from tests.serving.conftest import NOW
from tests.serving.process import RUN, ask, server

pytestmark = pytest.mark.slow


def _recsys(*arguments: object) -> None:
    command = [sys.executable, "-c", RUN, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr


def _answers(home: Home) -> list[bytes]:
    store = SqliteStore(home.store)
    model = opened(FolderRegistry(home.bundles), store).model
    store.close()
    visitor = RecommendationQuestion(visitor_id="writer-1", limit=20)
    return [
        ranking_answer(model, RankingQuestion(limit=50), NOW).body,
        recommendation_answer(model, visitor, Settings(), NOW).body,
        page_answer(model, "harbour-1", PageQuestion(visitor_id="writer-2"), Settings(), NOW).body,
    ]


def test_a_backup_made_meanwhile_is_one_moment_of_the_store(home: Home, tmp_path: Path) -> None:
    ended = threading.Event()

    def send(url: str, client: int) -> None:
        number = 0
        while not ended.is_set():
            event = {"type": "view", "visitor_id": f"writer-{client}", "at": "2026-03-10T11:00:00Z"}
            batch = [event | {"id": f"{client}-{number}-{n}", "article_id": f"council-{n}"} for n in range(10)]
            try:
                ask(f"{url}/v1/events", batch)
            except (OSError, HTTPException):
                return
            number += 1

    with server(home.root) as (url, _):
        clients = [threading.Thread(target=send, args=(url, client)) for client in range(4)]
        for client in clients:
            client.start()
        _recsys("backup", tmp_path / "backup", "--home", home.root)
        ended.set()
        for client in clients:
            client.join()
    copy = Home(tmp_path / "copy")
    _recsys("restore", tmp_path / "backup", "--home", copy.root)
    _recsys("doctor", "--home", copy.root)

    original, restored = SqliteStore(home.store), SqliteStore(copy.store)
    behind = original.log.last() - restored.log.last()
    entries = original.log.read(0, 1_000_000)
    assert restored.log.read(0, 1_000_000) == entries[: len(entries) - behind]
    assert behind > 0, "nothing was written while the backup was made"
    for entry in entries[len(entries) - behind :]:
        restored.log.append_events(entry.events, entry.at)
    original.close()
    restored.close()
    shutil.rmtree(tmp_path / "backup")
    print(f"{len(entries)} entries, {behind} of them after the backup's moment")
    assert _answers(copy) == _answers(home)
