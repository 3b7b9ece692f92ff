from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import BadInput
from recsys.times import DAY, HOUR, MINUTE, SECOND, format_time, now_micros, parse_span, parse_time, zone

FIRST, LAST = parse_time("0001-01-01T00:00:00Z"), parse_time("9999-12-31T23:59:59.999999Z")
HOSTILE = [
    "",
    " ",
    "soon",
    "2020",
    "1638316800",
    "2020-13-01",
    "2020-02-30",
    "2020-01-01T25:00",
    "2020-01-01T00:00:60Z",
    "10000-01-01",
    "-0001-01-01",
    "2020-01-01 noon",
    "\ud800",
    "2020-01-01\0",
    "٢٠٢٠-٠١-٠١",
    "NaN",
    "x" * 100_000,
]


@given(st.integers(FIRST, LAST))
def test_time_survives_writing_and_reading(micros: int) -> None:
    assert parse_time(format_time(micros)) == micros


@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_offset_is_taken_off_and_nothing_is_rounded(local: datetime, minutes: int) -> None:
    stamp = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    expected = (local - datetime(1970, 1, 1)) // timedelta(microseconds=1) - minutes * MINUTE
    if FIRST <= expected <= LAST:
        assert parse_time(stamp.isoformat()) == expected
    else:
        with pytest.raises(ValueError, match="ISO 8601"):
            parse_time(stamp.isoformat())


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
def test_time_that_has_no_year_in_utc_is_refused(text: str) -> None:
    """It could be stored, and every page that shows it would fail."""
    with pytest.raises(ValueError, match="ISO 8601"):
        parse_time(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a time in ISO 8601 such as 2026-03-31T18:00:00Z, got") as refused:
        parse_time(text)
    assert len(str(refused.value)) < 120


def test_time_without_offset_is_in_the_default_zone() -> None:
    berlin = zone("Europe/Berlin")
    assert parse_time("2026-01-01T12:00:00", berlin) == parse_time("2026-01-01T11:00:00Z")
    assert parse_time("2026-07-01T12:00:00", berlin) == parse_time("2026-07-01T10:00:00Z")
    assert parse_time("2026-07-01T12:00:00+00:00", berlin) == parse_time("2026-07-01T12:00:00Z")
    assert parse_time("2026-07-01", berlin) == parse_time("2026-06-30T22:00:00Z")


def test_times_are_written_in_utc_with_a_fraction_only_where_there_is_one() -> None:
    assert format_time(0) == "1970-01-01T00:00:00Z"
    assert format_time(-1) == "1969-12-31T23:59:59.999999Z"


@pytest.mark.parametrize("name", ["", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "a\0b"])
def test_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is unknown"):
        zone(name)


@pytest.mark.parametrize(
    ("text", "micros"),
    [("90s", 90 * SECOND), ("15m", 15 * MINUTE), ("6h", 6 * HOUR), ("30d", 30 * DAY), ("2w", 14 * DAY), (" 1 d ", DAY)],
)
def test_span_is_read(text: str, micros: int) -> None:
    assert parse_span(text) == micros


@pytest.mark.parametrize("text", ["", "6", "h", "-1d", "1.5h", "1y", "1d2h", "9999999s"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a span such as"):
        parse_span(text)


def test_now_is_the_wall_clock() -> None:
    before = datetime.now(UTC)
    assert abs(now_micros() - parse_time(before.isoformat())) < MINUTE
