"""A block says of each event what the event says of itself."""

import math

from hypothesis import given
from hypothesis import strategies as st

from recsys.acts import NOBODY, NOWHERE
from recsys.event import EVENT_TYPES, Event
from recsys.event_block import EventBlock
from recsys.histories import visitor_key
from recsys.record import Micros

names = st.none() | st.sampled_from(["a", "b", "ü"])
events = st.builds(
    Event,
    type=st.sampled_from(EVENT_TYPES),
    article_id=st.sampled_from("xyz"),
    at=st.integers(0, 2**53).map(Micros),
    value=st.sampled_from([0.0, 3.5]),
    visitor_id=names,
    session_id=names,
    source=names,
)


@given(st.lists(events, max_size=12))
def test_columns_are_the_fields_of_each_event(found):
    block = EventBlock.of(found)
    assert len(block) == len(found)
    assert len(set(block.ids)) == len(block.ids)
    for place, event in enumerate(found):
        visitor = NOBODY if event.visitor_id is None else visitor_key(event.visitor_id)
        session = NOBODY if event.session_id is None else visitor_key(f"\x1f{event.session_id}")
        source = NOWHERE if event.source is None else visitor_key(f"\x1e{event.source}")
        assert block.ids[block.article[place]] == event.article_id
        assert EVENT_TYPES[block.kind[place]] == event.type
        assert (block.at[place], block.value[place]) == (event.at, event.value)
        assert (block.visitor[place], block.source[place]) == (visitor, source)
        assert block.reader[place] == (visitor or session or source)


def test_an_event_without_a_value_has_none():
    block = EventBlock.of([Event(type="view", article_id="x", at=Micros(1))])
    assert math.isnan(block.value[0])


@given(st.lists(events, max_size=9), st.integers(0, 100))
def test_some_of_a_block_are_those_in_their_order(found, at):
    block = EventBlock.of(found)
    kept = block.only(block.at % 2 == at % 2)
    expected = EventBlock.of([event for event in found if event.at % 2 == at % 2])
    assert [kept.ids[place] for place in kept.article] == [expected.ids[place] for place in expected.article]
    assert kept.reader.tolist() == expected.reader.tolist()
