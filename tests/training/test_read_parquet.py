import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from recsys.errors import BadInput, BadRecord
from recsys.event import Event
from recsys.record import RecordReader
from recsys.times import parse_time, zone
from training.rows import Row
from training.sources import read

AT = pyarrow.array([datetime(2020, 1, 1, 12)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.parquet"


def rows(path: Path, columns: dict[str, Any], default_zone: str = "UTC", **options: Any) -> list[Row[Event]]:
    parquet.write_table(pyarrow.table(columns), path, **options)
    return list(read(path, RecordReader(Event, zone(default_zone))))


def one(path: Path, default_zone: str = "UTC", **columns: Any) -> Event:
    least = {"type": pyarrow.array(["view"]), "article_id": pyarrow.array(["a"]), "at": AT}
    [row] = rows(path, least | columns, default_zone)
    assert isinstance(row.outcome, Event), row.outcome
    return row.outcome


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamp_without_zone_is_in_the_default_zone(path: Path, unit: str) -> None:
    event = one(path, "Asia/Tokyo", at=AT.cast(pyarrow.timestamp(unit)))
    assert event.at == parse_time("2020-01-01T12:00:00+09:00")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("name", ["UTC", "America/New_York", "+03:00"])
def test_timestamp_with_zone_is_that_instant(path: Path, unit: str, name: str) -> None:
    instant = pyarrow.array([datetime(2020, 1, 1, 12, tzinfo=UTC)]).cast(pyarrow.timestamp(unit, name))
    assert one(path, "Asia/Tokyo", at=instant).at == parse_time("2020-01-01T12:00:00Z")


def test_nanoseconds_are_cut_off(path: Path) -> None:
    event = one(path, at=pyarrow.array([1_577_880_000_000_000_999], pyarrow.timestamp("ns", "UTC")))
    assert event.at == parse_time("2020-01-01T12:00:00Z")


def test_date_and_text_are_times_too(path: Path) -> None:
    expected = parse_time("2020-01-01T00:00:00+09:00")
    assert one(path, "Asia/Tokyo", at=pyarrow.array([date(2020, 1, 1)])).at == expected
    assert one(path, "Asia/Tokyo", at=pyarrow.array(["2020-01-01"])).at == expected


@pytest.mark.parametrize("at", [pyarrow.array([1_577_880_000]), pyarrow.array([2**62], pyarrow.timestamp("us"))])
def test_number_or_year_out_of_range_is_no_time(path: Path, at: Any) -> None:
    [row] = rows(path, {"type": ["view"], "article_id": ["a"], "at": at})
    assert isinstance(row.outcome, BadRecord)
    assert row.outcome.field == "at"


def test_whole_numbers_are_ids(path: Path) -> None:
    event = one(path, article_id=pyarrow.array([-7]), visitor_id=pyarrow.array([2**63], pyarrow.uint64()))
    assert (event.article_id, event.visitor_id) == ("-7", "9223372036854775808")


def test_dictionary_and_decimal_columns_are_read_as_their_values(path: Path) -> None:
    event = one(path, type=pyarrow.array(["view"]).dictionary_encode(), value=pyarrow.array([Decimal("2.5")]))
    assert (event.type, event.value) == ("view", 2.5)


def test_nulls_are_absent_fields(path: Path) -> None:
    assert one(path, visitor_id=pyarrow.nulls(1, pyarrow.string()), value=pyarrow.nulls(1)).visitor_id is None
    [row] = rows(path, {"type": ["view"], "article_id": ["a"], "at": pyarrow.nulls(1, pyarrow.timestamp("us"))})
    assert str(row.outcome) == "at: is missing"


def test_rows_are_numbered_over_row_groups_and_batches(path: Path) -> None:
    count = 2_500
    table = {"type": ["view"] * count, "article_id": ["a"] * (count - 1) + [""], "at": ["2020-01-01"] * count}
    found = rows(path, table, row_group_size=700)
    assert [row.line for row in found] == list(range(1, count + 1))
    assert [row.line for row in found if isinstance(row.outcome, BadRecord)] == [count]


def test_missing_column_is_told(path: Path) -> None:
    with pytest.raises(BadInput, match=r"has no column article_id, at\. It has: type, when"):
        rows(path, {"type": ["view"], "when": AT})


def test_damaged_page_is_told(path: Path) -> None:
    parquet.write_table(
        pyarrow.table({"type": ["view"] * 999, "article_id": [str(i) for i in range(999)], "at": ["x"] * 999}), path
    )
    data = bytearray(path.read_bytes())
    data[4:1_000] = bytes(996)
    path.write_bytes(data)
    with pytest.raises(BadInput, match=r"events\.parquet: the Parquet data is damaged"):
        list(read(path, RecordReader(Event, UTC)))


def test_without_pyarrow_the_message_names_the_extra(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(BadInput, match=r"pip install 'article-recsys\[train\]'"):
        list(read(path, RecordReader(Event, UTC)))
