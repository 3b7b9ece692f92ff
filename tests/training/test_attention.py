"""Dwell, readers and the leaders of sections: one reader counts once, nothing of the future, nothing undefined."""

from collections.abc import Sequence

import ibis
import numpy as np
import pyarrow as pa
import pytest

from recsys.event import Event
from recsys.interest import WEIGHTS, Worth
from recsys.record import Micros
from recsys.times import HOUR
from training.attention import DWELL_CAP, audience, dwell, leaders
from training.covisits import first_visits
from training.engines import duckdb_engine
from training.events import event_table
from training.signals import pairs

AS_OF = 1_000


def stay(seconds: float, row: int = 0, reader: str | None = "v", at: int = 0) -> Event:
    return Event(type="dwell", article_id=str(row), visitor_id=reader, at=Micros(at), value=seconds)


def stays(events: Sequence[Event]) -> list[tuple[int, int, float, float]]:
    with duckdb_engine(threads=1) as engine:
        found = dwell(engine.scanned("events", event_table(events, int, 2**60)), AS_OF).order_by("row").to_pyarrow()
    return [(one["row"], one["readers"], one["median"], one["mean"]) for one in found.to_pylist()]


def test_a_reader_s_longest_stay_counts_once():
    assert stays([stay(5.0), stay(30.0), stay(10.0), stay(60.0, reader="w")]) == [(0, 2, 45.0, 45.0)]


def test_an_open_page_is_read_for_half_an_hour_at_most():
    assert stays([stay(86_400.0)]) == [(0, 1, DWELL_CAP, DWELL_CAP)]


def test_stays_of_nobody_count_each_and_later_ones_not_at_all():
    assert stays([stay(10.0, reader=None), stay(20.0, reader=None), stay(99.0, at=AS_OF)]) == [(0, 2, 15.0, 15.0)]


def test_no_stays_are_no_rows():
    assert stays([Event(type="view", article_id="0", at=Micros(0))]) == []


def test_readers_are_visitors_or_sessions_and_count_once():
    events = [
        *(Event(type="view", article_id="3", visitor_id="v", at=Micros(at)) for at in range(5)),
        Event(type="click", article_id="3", session_id="v", at=Micros(1)),
        Event(type="view", article_id="3", at=Micros(1)),
        Event(type="impression", article_id="3", visitor_id="w", at=Micros(1)),
        Event(type="view", article_id="3", visitor_id="x", at=Micros(AS_OF)),
    ]
    with duckdb_engine(threads=1) as engine:
        table = engine.scanned("events", event_table(events, int, 2**60))
        found = audience(first_visits(pairs(table, AS_OF, Worth.of(WEIGHTS)))).to_pyarrow()
    assert found.to_pylist() == [{"row": 3, "readers": 2}]


@pytest.fixture
def drawn() -> pa.Table:
    """Articles 0 to 3: 0 drew much long ago, 1 and 2 as much as each other lately, 3 nothing."""
    return pa.table(
        {
            "row": np.arange(4, dtype=np.int32),
            "last": np.array([0, 10 * HOUR, 10 * HOUR, 0]),
            "interest_0": [100.0, 4.0, 4.0, 0.0],
            "interest_1": [100.0, 4.0, 4.0, 0.0],
        }
    )


def led(drawn: pa.Table, members: list[tuple[int, int]], k: int) -> list[tuple[int, int, int, int]]:
    rows, names = np.array(members, np.int32).reshape(-1, 2).T
    with duckdb_engine(threads=1) as engine:
        named = engine.scanned("members", pa.table({"row": rows, "name": names}))
        interest = engine.scanned("interest", drawn)
        found = leaders(interest, named, 10 * HOUR, [1.0 * HOUR, float("inf")], k=k).to_pyarrow()
    return [(one["name"], one["window"], one["place"], one["row"]) for one in found.to_pylist()]


def test_each_section_has_its_own_leaders_by_half_life(drawn):
    assert led(drawn, [(0, 7), (1, 7), (2, 7), (3, 7), (2, 8), (3, 9)], k=2) == [
        (7, 0, 0, 1),  # equal ones by lower row; after ten half-lives the old one is behind
        (7, 0, 1, 2),
        (7, 1, 0, 0),
        (7, 1, 1, 1),
        (8, 0, 0, 2),
        (8, 1, 0, 2),
    ]


def test_a_site_without_sections_has_no_leaders(drawn):
    assert led(drawn, [], k=2) == []


def test_expressions_are_pure():
    """They can be built without an engine: nothing is computed before it is asked for."""
    table = ibis.table({"row": "int32", "last": "int64", "interest_0": "float64"}, name="t")
    named = ibis.table({"row": "int32", "name": "int32"}, name="m")
    assert [*leaders(table, named, 0, [1.0], k=1).schema().names] == ["name", "window", "place", "row", "interest"]
