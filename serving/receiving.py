"""Bodies of requests: bounded in size and time, and read as strictly as JSON can be."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any, NoReturn

from fastapi import Request

from recsys.errors import BadRecord
from recsys.record import R, RecordReader
from serving.problems import Problem, fault_of

EVENTS_BYTES = 1_000_000
ARTICLE_BYTES = 16_000_000
DRAFT_BYTES = 1_000_000
DEADLINE_SECONDS = 10.0

JSON = "application/json"
NDJSON = "application/x-ndjson"
TEXT = "text/plain"  # what navigator.sendBeacon sends without asking another origin first

_CLOSE = {"connection": "close"}


async def read_body(request: Request, limit: int, *media_types: str) -> bytes:
    """The body, when it is of one of `media_types` and at most `limit` bytes long; raises Problem.

    A body whose length is announced is refused before a byte of it is read; the connection is closed then.
    """
    _check_media_type(request, media_types)
    announced = request.headers.get("content-length", "0")
    if len(announced) > 18 or (announced.isdecimal() and int(announced) > limit):
        raise _too_large(limit)
    parts, size = [], 0
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
                parts.append(part)
    except TimeoutError:
        raise Problem(408, "The body did not arrive in time.", headers=_CLOSE) from None
    return b"".join(parts)


def media_type_of(request: Request) -> str:
    """The media type of the body without its parameters."""
    return request.headers.get("content-type", "").split(";", 1)[0].strip().lower()


def strict_json(text: bytes) -> Any:
    """The value of a JSON document in UTF-8; refuses what readers disagree on: NaN, infinities, a key given twice."""
    try:
        return _decode(text.decode())
    except UnicodeDecodeError:
        raise Problem(400, "The body is not UTF-8.") from None
    except RecursionError:
        raise Problem(400, "The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise Problem(400, f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError:
        raise Problem(400, "The body is not JSON that can be read: a number in it is too long.") from None


def strict_lines(text: bytes) -> Iterator[Any]:
    """The values of newline-delimited JSON, blank lines left out."""
    for line in text.split(b"\n"):
        if line.strip():
            yield strict_json(line)


def record_from(reader: RecordReader[R], value: Any) -> R:
    """The record in a body's value; raises a Problem that names the field."""
    try:
        return reader.from_mapping(value)
    except BadRecord as error:
        fault = fault_of(error, reader.fields)
        raise Problem(422, f"{fault.field or 'body'}: {fault.reason}", (fault,)) from None


def _check_media_type(request: Request, media_types: tuple[str, ...]) -> None:
    if media_type_of(request) not in media_types:
        raise Problem(415, f"Send a body of type {' or '.join(media_types)}.", headers=_CLOSE)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(415, "Send the body without content-encoding.", headers=_CLOSE)


def _too_large(limit: int) -> Problem:
    return Problem(413, f"The body is longer than {limit:,} bytes.", headers=_CLOSE)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Problem(400, "An object in the body has a key twice.")
    return found


def _number(text: str) -> float:
    """A whole number is one, however it is written: `2.0` counts as `2`."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _no_constant(_: str) -> NoReturn:
    raise Problem(400, "The body holds NaN or an infinity, which JSON doesn't have.")


_decode = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_number, parse_constant=_no_constant).decode
