"""Several processes on one socket: all see a change within a second, one that dies is replaced, nothing is lost."""

import os
import signal
import threading
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from recsys.home import Home
from recsys.store.sqlite import SqliteStore
from serving.workers import WorkerFailed, keep_working
from tests.serving.process import ask, server

pytestmark = pytest.mark.slow

SOON = 1.0


def _workers(parent: int) -> list[int]:
    """The processes that a parent has."""
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _everywhere(url: str, path: str, seen: Callable[[int, Any], bool], within: float = SOON) -> float:
    """Seconds until 40 connections one after another, which both workers share, all saw it."""
    began, in_a_row = time.monotonic(), 0
    since = began
    while in_a_row < 40:
        if seen(*ask(url + path)):
            in_a_row += 1
        else:
            in_a_row, since = 0, time.monotonic()
        assert time.monotonic() - began < within + 10.0
    return since - began


def _metric(url: str, name: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def test_every_worker_sees_a_change_within_a_second(home: Home) -> None:
    with server(home.root, "--workers", "2") as (url, process):
        assert len(_workers(process.pid)) == 2
        article = "/v1/articles/council-4"
        ranked = "/v1/ranking?limit=100"
        record = ask(url + article)[1]
        assert ask(url + article, method="DELETE")[0] == 204
        assert _everywhere(url, article, lambda status, _: status == 404) < SOON
        listed = _everywhere(url, ranked, lambda _, found: all(item["id"] != "council-4" for item in found["items"]))
        assert listed < SOON
        assert ask(url + article, record | {"title": "It is back"}, "PUT")[0] == 200
        assert _everywhere(url, article, lambda _, found: found.get("title") == "It is back") < SOON
        like = {"type": "like", "article_id": "council-4", "visitor_id": "v", "at": "2026-03-10T11:00:00Z"}
        assert ask(f"{url}/v1/events", like)[1]["accepted"] == 1
        assert _everywhere(url, f"{article}/stats", lambda _, found: found["likes"] == 1) < SOON
        own = "/v1/recommendations?visitor_id=reader-0"
        assert any("fill" not in item for item in ask(url + own)[1]["items"])
        assert ask(f"{url}/v1/visitors/reader-0", method="DELETE")[0] == 200
        assert _everywhere(url, own, lambda _, found: all("fill" in item for item in found["items"])) < SOON
        rule = {"rules": [{"kind": "pin", "articles": {"ids": ["football-11"]}, "lists": ["ranking"]}]}
        assert ask(f"{url}/v1/rules", rule, "PUT", {"if-match": "*"})[0] == 200
        assert _everywhere(url, ranked, lambda _, found: found["items"][0]["id"] == "football-11") < SOON
        (other,) = {model["version"] for model in ask(f"{url}/v1/models")[1]["models"]} - {
            ask(f"{url}/v1/models")[1]["active"]
        }
        assert ask(f"{url}/v1/models/{other}/activate", method="POST")[0] == 200
        assert _everywhere(url, ranked, lambda _, found: found["model"] == other) < SOON


def test_a_worker_that_is_killed_is_replaced_and_no_acknowledged_event_is_lost(home: Home) -> None:
    acknowledged: set[str] = set()
    ending = threading.Event()

    def send(client: int, url: str) -> None:
        number = 0
        while not ending.is_set():
            number += 1
            name = f"{client}-{number}"
            event = {"id": name, "type": "view", "article_id": "council-4", "at": "2026-03-10T11:00:00Z"}
            try:
                if ask(f"{url}/v1/events", event)[0] == 202:
                    acknowledged.add(name)
            except (OSError, HTTPException):  # killed before, or between the head and the body of its answer
                continue

    with server(home.root, "--workers", "2") as (url, process):
        clients = [threading.Thread(target=send, args=(client, url)) for client in range(4)]
        for client in clients:
            client.start()
        first = set(_workers(process.pid))
        for _ in range(3):
            time.sleep(1.2)
            os.kill(_workers(process.pid)[0], signal.SIGKILL)
        deadline = time.monotonic() + 20
        while len(_workers(process.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(set(_workers(process.pid)) - first) >= 1
        time.sleep(0.5)
        ending.set()
        for client in clients:
            client.join()
        # Counters of the dead go on with whoever takes their place.
        assert _metric(url, 'recsys_events_total{outcome="accepted"}') >= 0.9 * len(acknowledged)
        assert _metric(url, "recsys_restarts_total") >= 2
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    store = SqliteStore(home.store)
    stored = [event.id for entry in store.log.read(0, 100_000) for event in entry.events]
    store.close()
    assert len(acknowledged) > 20
    assert acknowledged <= set(stored)
    assert len(stored) == len(set(stored))


def test_workers_end_with_a_parent_that_is_killed(home: Home) -> None:
    with server(home.root, "--workers", "2") as (_, process):
        workers = _workers(process.pid)
        process.kill()
        process.wait()
        deadline = time.monotonic() + 10
        while any(_lives(pid) for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert [pid for pid in workers if _lives(pid)] == []


def _lives(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_workers_that_can_not_begin_end_the_server() -> None:
    def fail(worker: int, begun: Callable[[Any], None]) -> None:
        raise ValueError(f"worker {worker}")

    with pytest.raises(WorkerFailed):
        keep_working(2, fail, on_ready=lambda: None, on_restart=lambda: None, now_and_then=lambda: None)
