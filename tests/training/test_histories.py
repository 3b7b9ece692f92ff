"""Training and the live layer say the same of every event."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.event import EVENT_TYPES, Event
from recsys.histories import Histories, strength_of
from recsys.interest import WEIGHTS, Worth
from recsys.ranking import LEADERS
from training.events import event_table
from training.histories import histories_of, liked_lately, strengths


@given(st.sampled_from(EVENT_TYPES), st.none() | st.sampled_from([0.0, 1.0, 3.0, 4.0, 10.0, 60.0]), st.booleans())
def test_strengths_of_many_events_equal_those_of_each(kind, value, rated):
    worth = Worth.of(WEIGHTS, good_rating=4.0 if rated else float("nan"))
    code = np.array([EVENT_TYPES.index(kind)], np.int8)
    found, read = strengths(code, np.array([np.nan if value is None else value]), worth)
    assert (found[0] if read[0] else None) == strength_of(kind, value, worth)


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
    for event in events[:2]:
        live.add(event, int(event.article_id), worth)
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
