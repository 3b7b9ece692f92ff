"""Whose request it is, and how many one address may send."""

import pytest

from serving.limits import FAILURES, Limits, client_address, networks

PROXIES = networks(["10.0.0.0/8", "::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.9", [], "192.0.2.9"),
        ("192.0.2.9", [b"198.51.100.1"], "192.0.2.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [b"198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [b"198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", [b"203.0.113.5, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [b"203.0.113.5", b"198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", [b"198.51.100.1,"], "10.0.0.1"),
        ("10.0.0.1", [b"unknown"], "10.0.0.1"),
        ("10.0.0.1", [b"10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", [b"\xff"], "10.0.0.1"),
        ("::ffff:10.0.0.1", [b"198.51.100.1"], "198.51.100.1"),
        ("::1", [b"2001:db8::7"], "2001:db8::7"),
        ("", [b"198.51.100.1"], ""),
    ],
)
def test_the_client_is_whoever_stands_before_the_trusted_proxies(
    peer: str, forwarded: list[bytes], expected: str
) -> None:
    assert client_address(peer, forwarded, PROXIES) == expected


def test_a_key_is_counted_by_address_and_an_address_by_key() -> None:
    limits = Limits(2)
    for key, address in (("a", "192.0.2.1"), ("b", "192.0.2.1"), ("a", "192.0.2.2")):
        assert [limits.asked(key, address) is None for _ in range(3)] == [True, True, False]


def test_a_minute_later_one_may_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    limits = Limits(2)
    assert [limits.asked("a", "192.0.2.1") for _ in range(3)] == [None, None, 60]
    now += 59.5
    assert limits.asked("a", "192.0.2.1") == 1
    now += 0.5
    assert [limits.asked("a", "192.0.2.1") for _ in range(3)] == [None, None, 60]


def test_however_many_addresses_ask_no_more_than_so_many_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.limits.ADDRESSES", 100)
    limits = Limits(2)
    for number in range(1_000):
        limits.asked("a", f"192.0.2.{number}")
        assert len(limits._counts) <= 100


def test_no_limit_is_none() -> None:
    limits = Limits(0)
    assert all(limits.asked("a", "192.0.2.1") is None for _ in range(2_000))


def test_an_address_of_the_long_kind_is_counted_with_all_that_its_owner_has() -> None:
    limits = Limits(2)
    assert [limits.asked("a", f"2001:db8:0:1::{n}") is None for n in range(1, 4)] == [True, True, False]
    assert limits.asked("a", "2001:db8:0:2::1") is None


def test_wrong_keys_are_counted_apart_from_requests() -> None:
    limits = Limits(1)
    assert [limits.failed("192.0.2.1") is None for _ in range(FAILURES + 1)] == [True] * FAILURES + [False]
    assert limits.asked("a", "192.0.2.1") is None


def test_no_address_is_in_what_is_counted() -> None:
    """P3."""
    limits = Limits(5)
    limits.asked("a", "192.0.2.77")
    limits.failed("192.0.2.77")
    assert "192.0.2.77" not in repr(vars(limits))
