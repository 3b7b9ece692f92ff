"""A source stands for a network for a day and for nothing afterwards; robots and prefetches are nobody."""

from typing import Any

import pytest

from recsys.times import DAY
from serving.senders import Sources, nobody_looks

NOW = 20_000 * DAY + 5


def scope(address: str | None = None, **headers: str) -> dict[str, Any]:
    found = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"client": (address, 4711) if address is not None else None, "headers": found}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("93.184.216.34", "93.184.216.99", True),
        ("93.184.216.34", "93.184.217.34", False),
        ("2600:1406:bc00:53::b81e", "2600:1406:bc00:ffff::1", True),
        ("2600:1406:bc00:53::b81e", "2600:1406:bc01:53::b81e", False),
    ],
)
def test_a_source_is_the_prefix_of_an_address(one: str, other: str, same: bool) -> None:
    sources = Sources()
    assert (sources.of(scope(one), NOW) == sources.of(scope(other), NOW)) is same


@pytest.mark.parametrize("address", [None, "127.0.0.1", "10.1.2.3", "::1", "fe80::1%eth0", "testclient"])
def test_what_is_no_public_address_has_no_source(address: str | None) -> None:
    assert Sources().of(scope(address), NOW) is None


def test_a_source_can_not_be_tied_to_the_next_day_or_to_another_process() -> None:
    sources, there = Sources(), scope("93.184.216.34")
    today = sources.of(there, NOW)
    assert today == sources.of(there, NOW + DAY - 10)
    assert len({today, sources.of(there, NOW + DAY), Sources().of(there, NOW)}) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"purpose": "prefetch"},
        {"sec_purpose": "prefetch;prerender"},
        {"x_moz": "prefetch"},
        {"user_agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"},
    ],
)
def test_prefetches_and_robots_are_nobody(headers: dict[str, str]) -> None:
    assert nobody_looks(scope(**headers))


def test_a_reader_is_somebody() -> None:
    assert not nobody_looks(scope(user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/132.0", purpose="navigate"))
