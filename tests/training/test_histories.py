"""Training and the live layer say the same of every event."""

import pytest

from recsys.event import Event
from recsys.histories import Histories
from recsys.interest import WEIGHTS, Worth
from tests.recsys.meeting import remember
from training.events import event_table
from training.histories import LEADERS, histories_of, liked_lately


def test_a_table_gives_the_histories_that_live_events_give_and_nothing_from_the_cut_on():
    worth = Worth.of(WEIGHTS)
    events = [
        Event(type="view", article_id="0", visitor_id="a", at=5),
        Event(type="like", article_id="1", visitor_id="a", at=6),
        Event(type="view", article_id="2", visitor_id="a", at=10),
        Event(type="view", article_id="2", session_id="s", at=4),
    ]
    trained = Histories.from_arrays(histories_of(event_table(events, int, 100), worth, 10))
    live = Histories.empty()
    remember(live, events[:2], [0, 1], worth)
    assert [part.tolist() for part in trained.of("a")] == [part.tolist() for part in live.of("a")]
    assert trained.of("a").rows.tolist() == [1, 0]


@pytest.mark.parametrize("events", [[], [Event(type="impression", article_id="0", visitor_id="a", at=1)]])
def test_a_site_without_reading_visitors_has_empty_histories(events):
    found = Histories.from_arrays(histories_of(event_table(events, int, 100), Worth.of(WEIGHTS), 10))
    assert found.of("a").rows.size == 0


def test_what_was_liked_lately_counts_half_after_each_half_life():
    events = [
        Event(type="view", article_id="3", visitor_id="a", at=100),
        Event(type="view", article_id="3", visitor_id="b", at=90),
        Event(type="view", article_id="1", visitor_id="b", at=80),
        Event(type="dislike", article_id="2", visitor_id="a", at=95),
    ]
    rows, score = liked_lately(histories_of(event_table(events, int, 200), Worth.of(WEIGHTS), 200), 100, 10.0)
    assert rows.tolist() == [1, 3]
    assert score == pytest.approx([0.25, 1.5])


def test_only_the_most_liked_are_kept():
    n = LEADERS + 20
    events = [Event(type="view", article_id=str(row), visitor_id="a", at=row) for row in range(n)]
    rows, _ = liked_lately(histories_of(event_table(events, int, n), Worth.of(WEIGHTS), n), n, 50.0)
    assert rows.tolist() == list(range(20, n))
