"""Points in time: ISO 8601 outside, integer microseconds since the Unix epoch (UTC) inside."""

import re
import time
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from recsys.errors import BadInput

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = 2**63 - 1  # later than any moment, and still an int64

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SPAN = re.compile(r"(\d{1,6})\s*([smhdw])")
_UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


def zone(name: str) -> tzinfo:
    """The IANA time zone `name`; raises BadInput where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(f"time zone {name!r} is unknown. Use an IANA name such as Europe/Berlin.") from error


def parse_time(text: str, default_zone: tzinfo = UTC) -> int:
    """Microseconds of an ISO 8601 date or date-time; one without an offset is in `default_zone`.

    Raises ValueError with a message for the reader of an import report.
    """
    try:
        stamp = datetime.fromisoformat(text)
        if stamp.tzinfo is None:
            stamp = stamp.replace(tzinfo=default_zone)
        # The way through UTC keeps out what has no year 1 to 9999 there: it could not be shown again.
        return (stamp.astimezone(UTC) - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError):
        shown = text if len(text) <= 40 else text[:40] + "…"
        raise ValueError(f'expected a time in ISO 8601 such as 2026-03-31T18:00:00Z, got "{shown}"') from None


def format_time(micros: int) -> str:
    """ISO 8601 in UTC with a Z, fractions only where there are any."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def parse_span(text: str) -> int:
    """Microseconds of a span such as 90s, 15m, 6h, 30d or 2w; raises ValueError on anything else."""
    match = _SPAN.fullmatch(text.strip())
    if not match:
        raise ValueError(f'expected a span such as 6h, 30d or 2w, got "{text[:40]}"')
    return int(match[1]) * _UNITS[match[2]]


def now_micros() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000
