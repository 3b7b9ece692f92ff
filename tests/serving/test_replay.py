"""A log that is replayed in blocks ends as one that is applied entry by entry, whatever stands between the events."""

import json
import shutil
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from recsys.article import Article
from recsys.bundle import POINTER
from recsys.event import EVENT_TYPES, Event
from recsys.home import Home
from recsys.items import WINDOWS, Window
from recsys.model import Model
from recsys.record import Micros
from recsys.registry import FolderRegistry
from recsys.rules.rule import Rule, RuleSet, Selection
from recsys.store import Store
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY
from serving import live
from serving.answers import ranking_answer, related_answer
from serving.live import Replica, opened
from serving.questions import RankingQuestion, RelatedQuestion
from tests.serving.conftest import NOW, PER_TOPIC, TOPICS, article

NUMBERS = range(PER_TOPIC - 2, PER_TOPIC + 2)  # of articles: half of them are in no bundle
READERS = [f"reader-{number}" for number in range(4)]

topics = st.sampled_from(sorted(TOPICS))
ids = st.builds("{}-{}".format, topics, st.sampled_from(NUMBERS))
totals = st.none() | st.integers(0, 30)
acts = st.builds(
    Event,
    type=st.sampled_from((*EVENT_TYPES, "like", "view")),
    article_id=ids | st.just("never"),
    at=st.integers(NOW - DAY, NOW - 1).map(Micros),
    visitor_id=st.none() | st.sampled_from(READERS),
    session_id=st.none() | st.sampled_from(["s", "t"]),
    source=st.none() | st.sampled_from(["m", "n"]),
    value=st.sampled_from([0.0, 2.0, 20.0]),
)
rules = st.builds(
    Rule,
    kind=st.sampled_from(["pin", "bury", "filter"]),
    articles=st.builds(Selection, ids=st.tuples(ids)),
)
changes = st.one_of(
    st.lists(st.lists(acts, min_size=1, max_size=3), min_size=2, max_size=8),  # an entry each
    st.builds(article, topics, st.sampled_from(NUMBERS), views=totals, likes=totals),
    ids,
    st.builds(RuleSet, rules=st.lists(rules, max_size=2).map(tuple)),
    st.sampled_from(READERS),
)


def _change(store: Store, change: Any, now: int) -> None:
    match change:
        case [*entries]:
            for events in entries:
                store.log.append_events(events, now)
        case Article():
            store.catalogue.put([change], now, restore=True)
        case RuleSet():
            store.rules.replace(change, by="somebody", now=now)
        case str() if change in READERS:
            store.visitors.erase(change, now)
        case _:
            store.catalogue.delete([change], now)


def _assert_same(one: Replica, other: Replica) -> None:
    """Sums are rounded as they come together: lists say the same to six digits, all else to the byte."""
    assert (one.position, one.settled, one.woken) == (other.position, other.settled, other.woken)
    assert_array_equal(one.model.engagement.views.counts, other.model.engagement.views.counts)
    assert_array_equal(one.model.engagement.likes.counts, other.model.engagement.likes.counts)
    for visitor in READERS:
        for found, expected in zip(one.model.histories.of(visitor), other.model.histories.of(visitor), strict=True):
            assert_array_equal(found, expected)
    for row in range(len(one.model.articles)):
        if one.model.articles.exists(row, NOW):
            wanted = one.model.articles.id(row), RelatedQuestion(), NOW
            assert related_answer(one.model, *wanted).body == related_answer(other.model, *wanted).body
    for window in WINDOWS:
        scores = [_scores(replica.model, window) for replica in (one, other)]
        assert scores[0] == pytest.approx(scores[1], rel=1e-6, abs=1e-9)


def _scores(model: Model, window: Window) -> dict[str, float]:
    """Of all that the ranking shows."""
    body = ranking_answer(model, RankingQuestion(window=window, limit=100), NOW).body
    return {item["id"]: item["score"] for item in json.loads(body)["items"]}


@pytest.mark.parametrize("trained", [True, False], ids=["bundle", "no bundle"])
@given(done=st.lists(changes, min_size=4, max_size=15))
@settings(max_examples=15)
def test_a_replay_in_blocks_is_one_of_single_entries(trained_home: Path, trained: bool, done: list[Any]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        home = Home(Path(shutil.copytree(trained_home, Path(folder) / "home")))
        if not trained:
            (home.bundles / POINTER).unlink()
        registry = FolderRegistry(home.bundles)
        with closing(SqliteStore(home.store)) as store:
            for number, change in enumerate(done):
                _change(store, change, NOW + number)
            in_blocks = opened(registry, store)
            patched.setattr(live, "PACKED_BYTES_AT_ONCE", 0)
            _assert_same(in_blocks, opened(registry, store))
