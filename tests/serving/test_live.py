"""The live layer: one change log, applied in order, whoever wrote it; and models that take each other's place."""

import asyncio
import random
import re
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from recsys.bundle import POINTER, Manifest, activate, active_version
from recsys.errors import BadBundle, StoreFailed
from recsys.event import Event
from recsys.home import Home
from recsys.items import WINDOWS
from recsys.record import Micros
from recsys.registry import FolderRegistry
from recsys.settings import Settings
from recsys.store import Store
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY
from serving import live
from serving.answers import ranking_answer
from serving.live import Live, Replica, opened
from serving.questions import RankingQuestion
from serving.run import open_service
from serving.service import Service
from tests.serving.client import Client
from tests.serving.conftest import NOW, article, sample_articles
from tests.serving.test_models import damage


def _until(true: Callable[[], bool]) -> None:
    """Waits for the live layer; far longer than it may take, so that a busy machine fails no test."""
    for _ in range(3_000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it never came true")


def _view(number: int) -> Event:
    return Event(id=f"view-{number}", type="view", article_id="council-4", visitor_id=f"v{number}", at=Micros(NOW))


def test_what_another_process_writes_is_applied(api: Client, elsewhere: Store) -> None:
    elsewhere.catalogue.put([article("harbour", 1, id="from-elsewhere")], NOW, restore=True)
    _until(lambda: api.get("/v1/articles/from-elsewhere").status_code == 200)
    elsewhere.catalogue.delete(["from-elsewhere"], NOW)
    _until(lambda: api.get("/v1/articles/from-elsewhere").status_code == 404)
    before = api.get("/v1/articles/council-4/stats").json()["views"]
    elsewhere.log.append_events([_view(number) for number in range(5)], NOW)
    _until(lambda: api.get("/v1/articles/council-4/stats").json()["views"] == before + 5)


def test_of_many_who_wrote_together_one_asks_the_store(home: Home, elsewhere: Store) -> None:
    """On PostgreSQL each question is a way over the network, in the loop that answers everybody."""
    with closing(SqliteStore(home.store)) as store:
        replica = Live(FolderRegistry(home.bundles), lambda: store, lambda: None)
        newest = elsewhere.log.last() + 1
        elsewhere.log.append_events([_view(1)], NOW)
        replica.catch_up(newest)
        assert replica.position == newest
        elsewhere.log.append_events([_view(2)], NOW)
        replica.catch_up(newest)
        assert replica.position == newest
        replica.catch_up()
        assert replica.position == newest + 1


def test_a_model_that_another_process_activates_takes_over(
    home: Home, api: Client, elsewhere: Store, versions: tuple[str, str]
) -> None:
    _, second = versions
    activate(home.bundles, second)
    elsewhere.log.append_activation(second, NOW)
    _until(lambda: api.get("/v1/ranking").json()["model"] == second)


def test_a_damaged_model_that_another_process_activates_is_refused(
    home: Home, api: Client, elsewhere: Store, versions: tuple[str, str]
) -> None:
    first, second = versions
    activate(home.bundles, second)
    damage(home.bundles / second)
    elsewhere.log.append_activation(second, NOW)
    _until(lambda: re.search(r"recsys_refused_bundles_total [1-9]", api.get("/metrics").text) is not None)
    assert api.get("/v1/ranking").json()["model"] == first
    assert api.get("/readyz").status_code == 200


def test_a_model_that_storage_does_not_give_now_is_taken_later(
    home: Home, api: Client, elsewhere: Store, versions: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = versions
    asked = []

    def away(registry: FolderRegistry) -> str:
        asked.append(registry)
        raise StoreFailed("not now")

    monkeypatch.setattr(live, "RENEW_SECONDS", 0.05)
    with monkeypatch.context() as patched:
        patched.setattr(FolderRegistry, "active", away)
        activate(home.bundles, second)
        elsewhere.log.append_activation(second, NOW)
        _until(lambda: len(asked) > 2)
        assert api.get("/v1/ranking").json()["model"] == first
    _until(lambda: api.get("/v1/ranking").json()["model"] == second)
    assert "recsys_refused_bundles_total 0.0" in api.get("/metrics").text


def test_the_present_model_follows_while_another_one_is_opened(
    home: Home, api: Client, elsewhere: Store, versions: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large one takes long to fetch and verify."""
    first, second = versions
    begun, let = threading.Event(), threading.Event()
    open_it = FolderRegistry.open

    def slowly(registry: FolderRegistry, version: str) -> tuple[Manifest, dict[str, NDArray[Any]]]:
        begun.set()
        assert let.wait(60)
        return open_it(registry, version)

    monkeypatch.setattr(FolderRegistry, "open", slowly)
    activate(home.bundles, second)
    elsewhere.log.append_activation(second, NOW)
    assert begun.wait(60)
    elsewhere.catalogue.put([article("harbour", 1, id="meanwhile")], NOW, restore=True)
    _until(lambda: api.get("/v1/articles/meanwhile").status_code == 200)
    assert api.get("/v1/ranking").json()["model"] == first
    let.set()
    _until(lambda: api.get("/v1/ranking").json()["model"] == second)
    assert api.get("/v1/articles/meanwhile").status_code == 200


def test_changes_outlive_the_change_of_models(api: Client, versions: tuple[str, str]) -> None:
    """What came after a bundle was trained is replayed onto it."""
    api.post("/v1/events", json={"type": "like", "article_id": "council-4", "at": "2026-03-10T11:00:00Z"})
    for version in versions[::-1]:
        api.post(f"/v1/models/{version}/activate")
        assert api.get("/v1/articles/council-4/stats").json()["likes"] == 1


def test_no_answer_mixes_two_models(api: Client, versions: tuple[str, str]) -> None:
    async def switch() -> None:
        for version in versions * 3:
            await api._http.post(f"/v1/models/{version}/activate")

    async def read() -> set[str]:
        found = set()
        for _ in range(60):
            page = (await api._http.get("/v1/articles/harbour-1/page")).json()
            told = {page["model"], *(page[name]["model"] for name in ("related", "ranking", "recommendation"))}
            assert len(told) == 1
            found |= told
            await asyncio.sleep(0.005)
        return found

    async def both() -> set[str]:
        found, _ = await asyncio.gather(read(), switch())
        return found

    assert api.wait_for(both()) <= set(versions)


def test_replaying_twice_gives_the_same_answers(home: Home, elsewhere: Store) -> None:
    elsewhere.log.append_events([_view(number) for number in range(50)], NOW)
    elsewhere.catalogue.put([article("harbour", 3, id="late")], NOW, restore=True)
    elsewhere.catalogue.delete(["harbour-2"], NOW)
    found = [
        ranking_answer(opened(FolderRegistry(home.bundles), elsewhere).model, RankingQuestion(limit=50), NOW)
        for _ in range(2)
    ]
    assert found[0].body == found[1].body


def test_a_step_applies_a_bounded_part_of_the_log(home: Home, elsewhere: Store) -> None:
    many = [article("harbour", number, id=f"many-{number}") for number in range(100)]
    replica = opened(FolderRegistry(home.bundles), elsewhere)
    before = len(replica.model.articles)
    elsewhere.catalogue.put(many, NOW, restore=True)
    steps = 0
    while replica.step(elsewhere):
        steps += 1
    assert steps > 5
    assert len(replica.model.articles) == before + 100
    assert replica.position == elsewhere.log.last()


def test_a_log_replayed_at_once_ends_as_one_that_was_followed_entry_by_entry(home: Home, elsewhere: Store) -> None:
    """Whatever stands between the events: articles that are put with new totals, or deleted."""
    chance = random.Random(5)
    followed = opened(FolderRegistry(home.bundles), elsewhere)
    for turn in range(12):
        some = [_act(chance, 40 * turn + number) for number in range(40)]
        for start in range(0, 40, 8):
            elsewhere.log.append_events(some[start : start + 8], NOW)
            while followed.step(elsewhere):
                pass
        if turn % 4 == 1:
            elsewhere.catalogue.put([article("council", turn % 6, views=turn, likes=2)], NOW + turn, restore=True)
        if turn % 5 == 2:
            elsewhere.catalogue.delete([f"harbour-{turn % 6}"], NOW)
    followed.finish(elsewhere)
    at_once = opened(FolderRegistry(home.bundles), elsewhere)
    for column in range(len(WINDOWS)):
        found = [one.model.engagement.interest(column, NOW) for one in (followed, at_once)]
        assert_allclose(*found, rtol=1e-6, atol=1e-9)
    for one in (followed.model, at_once.model):
        assert_array_equal(one.engagement.views.counts, at_once.model.engagement.views.counts)
        assert_array_equal(one.engagement.likes.counts, at_once.model.engagement.likes.counts)
        for visitor in range(15):
            assert [part.tolist() for part in one.histories.of(f"v{visitor}")] == [
                part.tolist() for part in at_once.model.histories.of(f"v{visitor}")
            ]


def _act(chance: random.Random, number: int) -> Event:
    return Event(
        id=f"act-{number}",
        type=chance.choice(("view", "view", "like", "dwell", "impression", "rating")),
        article_id=f"{chance.choice(('council', 'harbour'))}-{chance.randrange(6)}",
        visitor_id=chance.choice((None, f"v{chance.randrange(15)}")),
        session_id=chance.choice((None, f"s{chance.randrange(5)}")),
        source=chance.choice((None, f"n{chance.randrange(4)}")),
        at=Micros(NOW - chance.randrange(DAY)),
        value=chance.choice((0.0, 5.0, 20.0)),
    )


def test_nothing_stamped_later_is_applied_to_a_replica_of_the_past(home: Home, elsewhere: Store) -> None:
    elsewhere.log.append_events([_view(1)], NOW)
    elsewhere.catalogue.put([article("council", 4, views=10_000)], NOW, restore=True)
    past = opened(FolderRegistry(home.bundles), elsewhere, until=NOW).model
    present = opened(FolderRegistry(home.bundles), elsewhere).model
    row = present.articles.row("council-4")
    assert row is not None
    assert present.engagement.views.count(row) >= 10_000
    assert past.engagement.views.count(row) < 100


def test_a_bundle_of_another_store_is_refused(home: Home, tmp_path: Path) -> None:
    other = SqliteStore(tmp_path / "other.db")
    with pytest.raises(BadBundle, match="change log"):
        opened(FolderRegistry(home.bundles), other)
    other.close()


def test_an_untrained_site_serves_and_takes_articles_and_events(tmp_path: Path) -> None:
    with Client(open_service(Home(tmp_path), Settings(), lambda: NOW)) as api:
        assert api.get("/v1/ranking").json()["items"] == []
        assert api.get("/readyz").status_code == 200
        for record in sample_articles()[:5]:
            path = f"/v1/articles/{record.id}"
            wire = {"id": record.id, "title": record.title, "published_at": "2026-03-01T00:00:00Z"}
            assert api.put(path, json=wire).status_code == 201
        api.post("/v1/events", json={"type": "view", "article_id": "harbour-0", "at": "2026-03-10T11:00:00Z"})
        ranked = api.get("/v1/ranking").json()["items"]
        assert ranked[0]["id"] == "harbour-0"
        assert {item.get("fill") for item in ranked[1:]} == {"newest"}
        related = api.get("/v1/articles/harbour-0/related").json()["items"]
        assert len(related) == 4
        assert all(item["fill"] for item in related)


def test_the_first_model_reaches_a_site_that_is_served_untrained(home: Home, elsewhere: Store) -> None:
    first = active_version(home.bundles)
    (home.bundles / POINTER).unlink()
    with Client(open_service(home, Settings(), lambda: NOW)) as api:
        assert len(api.get("/v1/ranking?limit=100").json()["items"]) > 30
        activate(home.bundles, first)
        elsewhere.log.append_activation(first, NOW)
        _until(lambda: api.get("/v1/ranking").json()["model"] == first)


def test_a_worker_of_an_untrained_site_refuses_nothing(home: Home) -> None:
    (home.bundles / POINTER).unlink()
    registry, refused = FolderRegistry(home.bundles), []
    with closing(SqliteStore(home.store)) as store:
        worker = Live(registry, lambda: store, lambda: refused.append(True), opened(registry, store))
        asyncio.run(worker.renew())
        assert not refused


def test_a_server_whose_log_can_not_be_read_is_not_ready_until_it_can(service: Service) -> None:
    broken = True

    class Sometimes(Replica):
        def step(self, store: Store) -> bool:
            if broken:
                raise StoreFailed("not now")
            return super().step(store)

    with Client(service) as api:
        _until(lambda: api.get("/readyz").status_code == 200)
        service.live._replica = Sometimes(service.live.model, service.live.position)
        _until(lambda: api.get("/readyz").status_code == 503)
        assert api.get("/v1/ranking").status_code == 200
        broken = False
        _until(lambda: api.get("/readyz").status_code == 200)


def test_a_settled_answer_is_kept_while_only_events_come(service: Service) -> None:
    assert isinstance(service.live, Live)
    with Client(service) as api:
        before = service.live.settled
        api.post("/v1/events", json={"type": "view", "article_id": "council-4", "at": "2026-03-10T11:00:00Z"})
        assert service.live.settled == before
        assert service.live.position > before


def test_a_model_of_the_past_still_counts_what_the_log_held_later(home: Home, elsewhere: Store) -> None:
    """Trained as of yesterday, it must not lose today's events, nor count yesterday's twice."""
    from training.train import train

    elsewhere.log.append_events([_view(number) for number in range(5)], NOW)
    present = train(elsewhere, home, Settings(), as_of=NOW + 1, now=NOW + 1, progress=lambda *_: None)
    counted = _views(home, elsewhere)
    past = train(elsewhere, home, Settings(), as_of=NOW - DAY, now=NOW + 1, progress=lambda *_: None)
    assert (present.manifest.later, past.manifest.later > 0) == (0, True)
    assert _views(home, elsewhere) == counted


def _views(home: Home, store: Store) -> list[int]:
    model = opened(FolderRegistry(home.bundles), store).model
    return [model.engagement.views.count(row) for row in range(36)]
