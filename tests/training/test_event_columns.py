"""Events in order of time are the same whether collected, cut or sorted, and not copied where they need not be."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.event_columns import EventColumns, before, in_order, plain, readers_of, since
from training.events import SCHEMA


def events() -> st.SearchStrategy[dict[str, int | float | None]]:
    digest = st.none() | st.integers(1, 3)
    return st.fixed_dictionaries(
        {
            "row": st.integers(0, 3),
            "type": st.integers(0, 3),
            "visitor": digest,
            "session": digest,
            "source": digest,
            "at": st.integers(-5, 5),
            "value": st.none() | st.floats(0.0, 5.0),
            "list": st.none() | st.integers(0, 2),
            "position": st.none(),
            "request": digest,
        }
    )


def table_of(rows: list[dict[str, int | float | None]]) -> pa.Table:
    return pa.Table.from_pylist(rows, SCHEMA)


@given(st.lists(st.lists(events(), max_size=20), max_size=4))
def test_what_was_collected_is_what_came_in_order_of_time(parts: list[list[dict[str, int | float | None]]]) -> None:
    """Parts follow on each other in time; within one, events of the same moment keep their order."""
    for number, part in enumerate(parts):
        for row in part:
            row["at"] = int(row["at"] or 0) + 11 * number
    collected = EventColumns(sum(map(len, parts)))
    for part in parts:
        collected.extend(table_of(part))
    every = [row for part in parts for row in part]
    found = collected.table()
    found.validate(full=True)
    assert found.to_pylist() == sorted(every, key=lambda row: int(row["at"] or 0))
    assert [column.num_chunks for column in found.columns] == [1] * len(SCHEMA)


def test_fewer_events_than_were_said_to_come_are_no_table() -> None:
    with pytest.raises(ValueError, match="0 events where 3"):
        EventColumns(3).table()


@given(st.lists(events(), max_size=20), st.integers(-6, 6))
def test_a_moment_parts_events_in_whatever_order(rows: list[dict[str, int | float | None]], moment: int) -> None:
    for table in (table_of(rows), in_order(table_of(rows))):
        every = table.to_pylist()
        assert before(table, moment).to_pylist() == [row for row in every if row["at"] < moment]
        assert since(table, moment).to_pylist() == [row for row in every if row["at"] >= moment]


@given(st.lists(events(), max_size=20))
def test_a_reader_is_the_visitor_else_the_session_else_the_source(rows: list[dict[str, int | float | None]]) -> None:
    expected = [row["visitor"] or row["session"] or row["source"] or 0 for row in rows]
    assert readers_of(table_of(rows)).tolist() == expected


def test_of_events_in_order_of_time_nothing_is_copied() -> None:
    at = np.arange(10, dtype=np.int64)
    names = ("row", "type", "visitor")
    table = pa.table(
        [
            pa.array(at) if field.name == "at" else pa.array(np.ones(10, str(field.type)))
            if field.name in names
            else pa.nulls(10, field.type)
            for field in SCHEMA
        ],
        schema=SCHEMA,
    )  # fmt: skip
    assert in_order(table) is table
    for part in (before(table, 4), since(table, 4)):
        assert np.shares_memory(plain(part["at"], 0), at)
    assert np.shares_memory(readers_of(table), plain(table["visitor"], 0))
    absent = plain(table["value"], np.nan)
    assert absent.strides == (0,)
    assert np.isnan(absent).all()
