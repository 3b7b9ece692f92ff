"""Counts by day from the log, kept up as it grows."""

import asyncio

from recsys.event import Event
from recsys.record import Micros
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY
from serving.inspection import counting
from serving.inspection.counting import DAYS, DailyCounts
from tests.serving.conftest import NOW, article


def views(count, at, article_id="harbour-1"):
    return [Event(type="view", article_id=article_id, at=Micros(at)) for _ in range(count)]


def test_days_are_counted_and_those_that_come_are_added(tmp_path):
    store, counts = SqliteStore(tmp_path / "store.db"), DailyCounts()
    store.catalogue.put([article("harbour", 1)], NOW, restore=False)
    store.log.append_events(views(3, NOW - DAY) + views(2, NOW - 40 * DAY), NOW)
    asyncio.run(counts.refresh(store))
    store.log.append_events(views(1, NOW), NOW)
    asyncio.run(counts.refresh(store))
    asyncio.run(counts.refresh(store))
    assert counts.article("harbour-1", NOW)[-2:] == [3, 1]
    assert sum(counts.article("harbour-1", NOW)) == 4
    told = counts.site(NOW)
    assert len(told["days"]) == DAYS
    assert told["complete"]
    assert told["events"] == 6
    assert counts.article("unknown", NOW) == [0] * DAYS
    store.close()


def test_the_first_reading_goes_back_so_far_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(counting, "MOST", 5)
    monkeypatch.setattr(counting, "ENTRIES", 1)
    store, counts = SqliteStore(tmp_path / "store.db"), DailyCounts()
    store.catalogue.put([article("harbour", 1)], NOW, restore=False)
    for _ in range(4):
        store.log.append_events(views(3, NOW), NOW)
    asyncio.run(counts.refresh(store))
    assert counts.site(NOW)["events"] == 6
    assert not counts.site(NOW)["complete"]
    store.close()
