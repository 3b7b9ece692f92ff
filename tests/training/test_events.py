"""The table of events: what is known, ids as digests, in bounded batches."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from recsys.acts import session_keys, source_keys
from recsys.event import EVENT_TYPES, LIST_NAMES, Event
from recsys.histories import visitor_key
from recsys.record import Micros
from recsys.store import Entry
from recsys.store.payload import pack_events
from training import events as subject
from training.events import SCHEMA, event_table, logged_events

AS_OF = 1_000


def test_a_row_says_what_the_event_said():
    event = Event(
        type="click",
        article_id="7",
        visitor_id="v",
        session_id="s",
        at=Micros(5),
        value=2.5,
        list="ranking",
        position=3,
        request_id="r",
        source="n",
    )
    table = event_table([event], {"7": 4}.get, AS_OF)
    assert table.schema == SCHEMA
    assert table.to_pylist() == [
        {
            "row": 4,
            "type": EVENT_TYPES.index("click"),
            "visitor": visitor_key("v"),
            "session": session_keys(["s"])[0],
            "source": source_keys(["n"])[0],
            "at": 5,
            "value": 2.5,
            "list": LIST_NAMES.index("ranking"),
            "position": 3,
            "request": visitor_key("r"),
        }
    ]


def test_unknown_articles_and_later_events_are_left_out():
    found = [Event(type="view", article_id=i, at=Micros(at)) for i, at in (("0", 1), ("x", 1), ("0", AS_OF))]
    assert event_table(found, {"0": 0}.get, AS_OF)["at"].to_pylist() == [1]


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 7))
def test_batches_change_nothing(rows, batch):
    found = [Event(type="view", article_id=str(row), at=Micros(place)) for place, row in enumerate(rows)]
    whole = event_table(found, int, AS_OF)
    former, subject._BATCH = subject._BATCH, batch
    try:
        assert event_table(iter(found), int, AS_OF).to_pylist() == whole.to_pylist()
    finally:
        subject._BATCH = former
    assert isinstance(whole, pa.Table)
    assert whole["row"].to_pylist() == rows


def test_the_log_is_read_to_its_end_a_few_entries_at_a_time():
    class Log:
        def tail(self, after: int, limit: int) -> list:
            asked.append(limit)
            return [packed(seq) for seq in range(after + 1, min(after + limit, 600) + 1)]

    def packed(seq: int) -> Entry:
        if seq % 2:
            return Entry(seq=seq, at=seq, kind="articles", ids=("a",))
        event = Event(type="view", article_id=str(seq), at=Micros(seq))
        return Entry(seq=seq, at=seq, kind="events", packed=pack_events([event]))

    asked: list[int] = []
    assert [event.article_id for event in logged_events(Log(), 600, after=100)] == [*map(str, range(102, 601, 2))]
    assert asked == [256, 244]


def test_events_of_the_log_make_the_rows_that_records_make():
    known = [
        Event(type="like", article_id="1", visitor_id="v", session_id="s", at=Micros(5), value=0.0, source="n"),
        Event(id="e", type="impression", article_id="2", at=Micros(7), list="related", position=2, request_id="r"),
        Event(type="dwell", article_id="3", at=Micros(1), value=4.5, variant="b", user_agent="c"),
    ]

    class Log:
        def tail(self, after: int, limit: int) -> list:
            return [Entry(seq=1, at=1, kind="events", packed=pack_events(known))]

    assert event_table(logged_events(Log(), 1), int, AS_OF).equals(event_table(known, int, AS_OF))
