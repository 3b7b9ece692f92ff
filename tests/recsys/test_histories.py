"""What a visitor read is known whether it came before the bundle or after, and nobody is named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from recsys import histories
from recsys.event import EVENT_TYPES, Event
from recsys.histories import Histories, history_arrays, strengths, visitor_key
from recsys.interest import WEIGHTS, Worth
from tests.recsys.meeting import remember

WORTH = Worth.of(WEIGHTS, good_rating=4.0)

read = st.tuples(
    st.sampled_from("abc"),
    st.integers(0, 6),
    st.integers(0, 20),
    st.sampled_from([("view", None), ("like", None), ("dislike", None), ("rating", 2.0), ("impression", None)]),
)


def events_of(reads):
    return [
        (Event(type=kind, article_id=f"a{row}", visitor_id=visitor, at=at, value=value), row)
        for visitor, row, at, (kind, value) in reads
    ]


def strength_of(event):
    """The definition, in plain Python; None where the event shows no reading."""
    if event.type == "impression" or (event.type == "like" and event.value == 0.0):
        return None
    poor = event.type == "rating" and event.value < WORTH.good_rating
    return 0.0 if poor else WEIGHTS[event.type]


def built(reads):
    known = [
        (visitor_key(event.visitor_id), row, event.at, strength)
        for event, row in events_of(reads)
        if (strength := strength_of(event)) is not None
    ]
    keys, rows, at, strength = zip(*known, strict=True) if known else ((), (), (), ())
    return Histories.from_arrays(
        history_arrays(
            np.array(keys, np.uint64), np.array(rows, np.int32), np.array(at, np.int64), np.array(strength, np.float32)
        )
    )


def add(live, some):
    remember(live, [event for event, _ in some], [row for _, row in some], WORTH)


def one_read_by(visitor):
    row, at, strength = np.zeros(1, np.int32), np.zeros(1, np.int64), np.ones(1, np.float32)
    return history_arrays(np.array([visitor_key(visitor)], np.uint64), row, at, strength)


def plain(reads, visitor):
    """The definition, in plain Python."""
    latest = {}
    for event, row in events_of(reads):
        strength = strength_of(event)
        if event.visitor_id == visitor and strength is not None:
            at, most = latest.get(row, (event.at, strength))
            latest[row] = (max(at, event.at), max(most, strength))
    order = sorted(latest, key=lambda row: (-latest[row][0], row))
    return [(row, *latest[row]) for row in order]


def as_rows(found):
    return list(zip(found.rows.tolist(), found.at.tolist(), found.strength.tolist(), strict=True))


@given(st.lists(read, max_size=40), st.integers(0, 40), st.integers(1, 9))
def test_it_makes_no_difference_when_the_bundle_was_made_and_in_what_blocks_events_come(reads, cut, size):
    live = built(reads[:cut])
    late = events_of(reads[cut:])
    for start in range(0, len(late), size):
        add(live, late[start : start + size])
    for visitor in "abc":
        assert as_rows(live.of(visitor)) == as_rows(built(reads).of(visitor)) == plain(reads, visitor)


def test_an_unknown_visitor_has_read_nothing():
    assert Histories.empty().of("nobody").rows.size == 0


def test_an_article_read_again_moves_to_the_front_and_counts_once():
    found = built([("a", 1, 10, ("view", None)), ("a", 2, 11, ("view", None)), ("a", 1, 12, ("view", None))]).of("a")
    assert found.rows.tolist() == [1, 2]


def test_a_dislike_is_read_and_not_liked_and_an_impression_is_neither():
    found = built([("a", 1, 10, ("dislike", None)), ("a", 2, 11, ("impression", None)), ("a", 3, 9, ("rating", 3.0))])
    assert as_rows(found.of("a")) == [(1, 10, 0.0), (3, 9, 0.0)]


def test_a_like_that_is_taken_back_shows_no_reading():
    assert not strengths(np.array([EVENT_TYPES.index("like")]), np.zeros(1), WORTH)[1].any()


def test_the_newest_are_kept_of_a_visitor_with_more_than_the_cap(monkeypatch):
    monkeypatch.setattr(histories, "SEEN", 3)
    reads = [("a", row, row, ("view", None)) for row in range(7)]
    assert built(reads).of("a").rows.tolist() == [6, 5, 4]
    live = built(reads[:2])
    for one in events_of(reads[2:]):
        add(live, [one])
    assert live.of("a").rows.tolist() == [6, 5, 4]


def test_an_erased_visitor_begins_anew():
    found = built([("a", 1, 10, ("view", None)), ("b", 1, 10, ("view", None))])
    late = events_of([("a", 2, 11, ("view", None))])
    add(found, late)
    found.erase(visitor_key("a"))
    assert found.of("a").rows.size == 0
    assert found.of("b").rows.size == 1
    add(found, late)
    assert found.of("a").rows.tolist() == [2]


def test_no_array_holds_a_visitor_id():
    visitor = "somebody@example.org"
    arrays = history_arrays(
        np.array([visitor_key(visitor)], np.uint64),
        np.zeros(1, np.int32),
        np.zeros(1, np.int64),
        np.ones(1, np.float32),
    )
    assert all(visitor.encode() not in array.tobytes() for array in arrays.values())
    assert {array.dtype.kind for array in arrays.values()} <= set("iuf")


def test_base_arrays_are_never_written_to():
    arrays = one_read_by("a")
    for array in arrays.values():
        array.flags.writeable = False
    found = Histories.from_arrays(arrays)
    add(found, [(Event(type="view", article_id="x", visitor_id="a", at=5), 3)])
    assert_array_equal(found.of("a").rows, [3, 0])


@pytest.mark.parametrize(
    ("kind", "value", "strength"), [("view", None, 1.0), ("like", None, 2.0), ("rating", 4.0, 1.0)]
)
def test_strength_is_what_the_act_is_worth(kind, value, strength):
    found, read = strengths(np.array([EVENT_TYPES.index(kind)]), np.array([np.nan if value is None else value]), WORTH)
    assert (found.tolist(), read.tolist()) == ([strength], [True])


def test_who_reads_without_end_is_walked_through_once(monkeypatch):
    """The reads of one visitor since the bundle are made few as soon as somebody asks for them."""
    monkeypatch.setattr(histories, "SEEN", 3)
    live = Histories.empty()
    add(live, events_of([("a", row % 5, row, ("view", None)) for row in range(50)]))
    first, again = live.of("a"), live.of("a")
    assert as_rows(first) == as_rows(again) == [(4, 49, 1.0), (3, 48, 1.0), (2, 47, 1.0)]
    assert len(live._since(visitor_key("a")).rows) == 3
