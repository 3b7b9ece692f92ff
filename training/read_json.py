"""JSON Lines, and arrays of JSON objects."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

import msgspec

from recsys.errors import BadInput, BadRecord
from recsys.record import RecordReader
from training.rows import OpenFile, Row, bounded_lines, too_long

ARRAY_BYTES = 256 << 20  # an array is read whole, lines are not

_BETWEEN_LOOKS = 1_000  # lines from one look at the file's position to the next
_BYTE = re.compile(r" \(byte (\d+)\)$")
_ALL_KNOWN: frozenset[str] = frozenset()

R = TypeVar("R", bound=msgspec.Struct)


def read_json_lines(file: OpenFile, reader: RecordReader[R]) -> Iterator[Row[R]]:
    """A row per line that is not blank."""
    done = 0
    for number, line in bounded_lines(file.data):
        if number % _BETWEEN_LOOKS == 0:
            done = file.done()
        if line is None:
            yield Row(number, too_long(), _ALL_KNOWN, done)
        elif not line.isspace():
            yield _row(number, line, reader, done)


def read_json_array(file: OpenFile, reader: RecordReader[R]) -> Iterator[Row[R]]:
    """A row per item; raises BadInput where the array is malformed or too large."""
    data = file.data.read(ARRAY_BYTES + 1).removeprefix(b"\xef\xbb\xbf")
    if len(data) > ARRAY_BYTES:
        raise BadInput(
            f"{file.name}: a JSON array of more than {ARRAY_BYTES >> 20} MB. Write a line per record instead."
        )
    try:
        items = msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(f"{file.name}{_line_of(error, data)}: {_BYTE.sub('', str(error))}") from None
    for number, item in enumerate(items, start=1):
        yield _row(number, bytes(item), reader, file.size * number // len(items))


def first_names(file: OpenFile) -> list[str]:
    """The names of the first object's fields, whatever they are; none where there is no object."""
    try:
        if file.kind == "array":
            records: Iterable[bytes | msgspec.Raw] = msgspec.json.decode(
                file.data.read(ARRAY_BYTES), type=list[msgspec.Raw]
            )
        else:
            records = (line for _, line in bounded_lines(file.data) if line and not line.isspace())
        found = msgspec.json.decode(next(iter(records), b"null"))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return []
    return list(found) if isinstance(found, dict) else []


def _row(number: int, text: bytes, reader: RecordReader[R], done: int) -> Row[R]:
    try:
        record, unknown = reader.from_json_and_more(text)
    except BadRecord as bad:
        return Row(number, bad, _ALL_KNOWN, done)
    return Row(number, record, unknown, done)


def _line_of(error: Exception, data: bytes) -> str:
    """The line that a parser's message speaks of, as a suffix to the file's name."""
    found = _BYTE.search(str(error))
    return f":{data.count(10, 0, int(found[1])) + 1}" if found else ""
