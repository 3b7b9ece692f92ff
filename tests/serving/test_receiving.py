"""Bodies are read strictly: what two readers could understand differently is refused."""

import asyncio

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json as plain
from starlette.types import Message

from serving import receiving
from serving.problems import Problem
from serving.receiving import JSON, read_body, strict_json, strict_lines

_WORDS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
_VALUES = st.recursive(_WORDS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


@given(_VALUES)
def test_what_can_be_written_as_json_is_read_back(value: object) -> None:
    assert strict_json(plain.encode(value)) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b'{"a": 1, "a": 2}',
        b'[{"b": {"a": 1, "a": 1}}]',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'"\xed\xa0\x80"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"9" * 5_000 + b"]",
        b"{} {}",
        b'"\x01"',
    ],
)
def test_what_is_no_json_is_refused_as_unreadable(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        strict_json(body)
    assert refused.value.status == 400


def test_a_whole_number_is_one_however_it_is_written() -> None:
    found = strict_json(b"[2.0, 1e3, 2.5, 1e30]")
    assert [type(number) for number in found] == [int, int, float, float]


def test_lines_are_read_one_by_one_and_blank_ones_left_out() -> None:
    assert list(strict_lines(b'{"a":1}\n\n  \r\n{"a":2}\r\n')) == [{"a": 1}, {"a": 2}]


def test_a_body_that_stays_away_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that announces a body and sends nothing holds no connection for long."""
    monkeypatch.setattr(receiving, "DEADLINE_SECONDS", 0.01)

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    headers = [(b"content-type", b"application/json"), (b"content-length", b"5")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, never)
    with pytest.raises(Problem) as refused:
        asyncio.run(read_body(request, 100, JSON))
    assert refused.value.status == 408
    assert refused.value.headers["connection"] == "close"
