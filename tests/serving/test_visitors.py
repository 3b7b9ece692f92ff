"""Visitors: exported, erased at once in every process, and gone from the files with the next training."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys.event import Event
from recsys.histories import visitor_key
from recsys.home import Home
from recsys.record import Micros
from recsys.registry import FolderRegistry
from recsys.settings import Settings
from recsys.store import Store
from recsys.times import HOUR
from serving.live import opened
from serving.run import open_service
from tests.serving.client import Client
from tests.serving.conftest import NOW

PATH = "/v1/visitors/reader-4"
ASKED = "/v1/recommendations?visitor_id=reader-4&limit=20"


def _until(true: Callable[[], bool], seconds: float = 1.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.01)
    return bool(true())


def _view(number: int, visitor_id: str = "reader-4") -> Event:
    return Event(
        id=f"late-{number}", type="view", article_id=f"council-{number}", visitor_id=visitor_id, at=Micros(NOW - 1)
    )


def test_a_visitor_gets_all_that_is_stored_of_them(api: Client) -> None:
    found = api.get(PATH).json()
    assert found["visitor_id"] == "reader-4"
    assert [event["id"] for event in found["events"]] == [f"4-{step}" for step in range(6)]
    assert {event["visitor_id"] for event in found["events"]} == {"reader-4"}
    assert api.get("/v1/visitors/nobody").json() == {"visitor_id": "nobody", "events": []}


def test_an_erased_visitor_is_a_stranger_from_then_on(api: Client, versions: tuple[str, str]) -> None:
    stranger = api.get("/v1/recommendations?visitor_id=stranger&limit=20").json()["items"]
    assert api.get(ASKED).json()["items"] != stranger
    answer = api.delete(PATH)
    assert answer.status_code == 200
    assert answer.json() == {"events": 6, "models": list(versions)}
    assert api.get(ASKED).json()["items"] == stranger
    assert api.get(PATH).json()["events"] == []
    assert api.delete(PATH).json()["events"] == 0


def test_nothing_of_others_changes(api: Client) -> None:
    others = [f"/v1/recommendations?visitor_id=reader-{n}" for n in (1, 7)]
    before = [api.get(path).json()["items"] for path in others]
    stats = api.get("/v1/articles/council-4/stats").json()
    api.delete(PATH)
    assert [api.get(path).json()["items"] for path in others] == before
    assert api.get("/v1/articles/council-4/stats").json() == stats
    assert len(api.get("/v1/visitors/reader-1").json()["events"]) == 6


def test_an_erasure_by_another_process_is_in_force_within_a_second(api: Client, elsewhere: Store) -> None:
    stranger = api.get("/v1/recommendations?visitor_id=stranger&limit=20").json()["items"]
    elsewhere.visitors.erase("reader-4", NOW)
    assert _until(lambda: api.get(ASKED).json()["items"] == stranger)


def test_an_erasure_outlives_a_restart_and_a_change_of_models(
    home: Home, api: Client, versions: tuple[str, str], clock: Callable[[], int]
) -> None:
    api.delete(PATH)
    after = api.get(ASKED).json()["items"]
    api.post(f"/v1/models/{versions[1]}/activate")
    api.post(f"/v1/models/{versions[0]}/activate")
    assert api.get(ASKED).json()["items"] == after
    with Client(open_service(home, Settings(), clock)) as restarted:
        assert restarted.get(ASKED).json()["items"] == after


def test_a_visitor_who_comes_back_begins_anew(home: Home, elsewhere: Store) -> None:
    elsewhere.log.append_events([_view(1)], NOW)
    elsewhere.visitors.erase("reader-4", NOW)
    elsewhere.log.append_events([_view(2)], NOW)
    model = opened(FolderRegistry(home.bundles), elsewhere).model
    row = model.articles.row("council-2")
    assert model.histories.of("reader-4").rows.tolist() == [row]


def test_a_like_of_an_erased_visitor_is_nobodys(api: Client, elsewhere: Store) -> None:
    like = {"type": "like", "article_id": "council-4", "visitor_id": "reader-4", "at": "2026-03-10T11:59:00Z"}
    api.post("/v1/events", json=like)
    row = api.service.live.model.articles.row("council-4")
    assert row is not None
    assert api.service.live.model.engagement.has_liked(row, "reader-4")
    api.delete(PATH)
    assert not api.service.live.model.engagement.has_liked(row, "reader-4")
    assert api.get("/v1/articles/council-4/stats").json()["likes"] == 1, "a count tells of nobody"


@pytest.mark.slow
def test_the_next_training_leaves_no_file_that_knows_an_erased_visitor(home: Home, elsewhere: Store) -> None:
    """P1, with the id as text and as the digest that bundles and history hold."""
    from pyarrow.parquet import ParquetFile

    from training.history import day_files
    from training.train import train

    gone = "6f1d2c9a0b7e4853a1c6d8f02e9b7345"
    elsewhere.log.append_events([_view(number, gone) for number in range(12)], NOW)
    settings = Settings(threads=1)

    def trained(as_of: int) -> None:
        train(elsewhere, home, settings, as_of=as_of, now=NOW, progress=lambda *_: None)

    def holding() -> list[Path]:
        digest = visitor_key(gone).to_bytes(8, "little")
        files = [path for path in home.root.rglob("*") if path.is_file()]
        plain = [path for path in files if gone.encode() in (data := path.read_bytes()) or digest in data]
        tables = {path: ParquetFile(path).read(["visitor"])["visitor"].to_pylist() for path in day_files(home.history)}
        return plain + [path for path, visitors in tables.items() if visitor_key(gone) in visitors]

    trained(NOW + HOUR)
    assert {path.suffix for path in holding()} >= {".npy", ".parquet"}, "else the search finds nothing anywhere"
    elsewhere.visitors.erase(gone, NOW)
    trained(NOW + 2 * HOUR)
    assert holding() == []
    assert json.loads((home.bundles / next(home.bundles.glob("*/manifest.json"))).read_text())["events"] == 180


@pytest.mark.slow
def test_events_past_their_age_go_with_the_next_training(home: Home, elsewhere: Store) -> None:
    """P2. Whole days, counted back from the beginning of today, in the log and in what training reads."""
    from training.train import train

    trained = train(
        elsewhere, home, Settings(threads=1, keep_events_days=2), as_of=NOW, now=NOW, progress=lambda *_: None
    )
    begin = (NOW // (24 * HOUR) - 2) * 24 * HOUR
    kept = [event.at for entry in elsewhere.log.read(0, 100) for event in entry.events]
    assert kept
    assert min(kept) >= begin
    assert len(kept) < 180
    assert trained.manifest.events == len(kept)
    assert trained.manifest.first_event is not None
    assert trained.manifest.first_event >= begin
