"""CSV with a header line: comma, semicolon or tab between cells, quotes as in RFC 4180."""

import csv
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from recsys.errors import BadInput, BadRecord
from recsys.record import RecordReader
from training.cells import record_values
from training.rows import LINE_BYTES, OpenFile, Row, bounded_lines, too_long

_DELIMITERS = ",;\t"
_BETWEEN_LOOKS = 1_000  # rows from one look at the file's position to the next
_ALL_KNOWN: frozenset[str] = frozenset()

R = TypeVar("R", bound=msgspec.Struct)


class _Lines:
    """The file's lines as text, remembering which of them the present row took."""

    def __init__(self, file: OpenFile) -> None:
        self._lines = bounded_lines(file.data)
        self._taken: list[int] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        self._taken.append(number)
        if line is None:
            raise csv.Error(too_long().reason)
        # What is not UTF-8 becomes lone surrogates, so that only its own row is bad.
        return line.decode("utf-8", "surrogateescape")

    def take(self) -> int:
        """The first line of the row that is complete now; the next row begins after its last."""
        first = self._taken[0]
        self._taken.clear()
        return first


def read_csv(file: OpenFile, reader: RecordReader[R]) -> Iterator[Row[R]]:
    """A row per line of the table that is not blank, numbered by the physical line where it begins.

    Raises BadInput where the header lacks a field that every record has, or names one twice.
    """
    csv.field_size_limit(LINE_BYTES)  # the module's own limit is 128 KB: too short for a body
    lines = _Lines(file)
    delimiter, header = _header(file.name, lines, reader)
    unknown = frozenset(header) - reader.fields - {""}
    done = 0
    for count, (number, cells) in enumerate(_rows(lines, delimiter)):
        if count % _BETWEEN_LOOKS == 0:
            done = file.done()
        yield Row(number, cells if isinstance(cells, BadRecord) else _outcome(header, cells, reader), unknown, done)


def _rows(lines: _Lines, delimiter: str) -> Iterator[tuple[int, list[str] | BadRecord]]:
    """Each row's first line, with its cells or with why they can't be told apart. Reading goes on behind that."""
    ended = False
    while not ended:
        try:
            for cells in csv.reader(lines, delimiter=delimiter, strict=True):
                number = lines.take()
                if cells:
                    yield number, cells
            ended = True
        except csv.Error as error:
            yield lines.take(), BadRecord("", f"the row can't be split into cells: {error}")


def _outcome(header: list[str], cells: list[str], reader: RecordReader[R]) -> R | BadRecord:
    if len(cells) != len(header):
        return BadRecord("", f"has {len(cells)} cells where the header has {len(header)}")
    values = {name: cell for name, cell in zip(header, cells, strict=True) if name in reader.fields}
    try:
        return reader.from_mapping(record_values(values), strict=False)
    except BadRecord as bad:
        return bad


def _header(name: str, lines: _Lines, reader: RecordReader[R]) -> tuple[str, list[str]]:
    """The delimiter, which is the one that gives most fields of the record, and the names in the first line."""
    try:
        line = next(lines, "")
        headers = {d: [cell.strip() for cell in next(csv.reader([line], delimiter=d), [])] for d in _DELIMITERS}
    except csv.Error as error:
        raise BadInput(f"{name}:1: the header can't be read: {error}") from None
    lines.take()
    delimiter = max(_DELIMITERS, key=lambda d: len(reader.fields.intersection(headers[d])))
    header = headers[delimiter]
    if missing := sorted(reader.required.difference(header)):
        raise BadInput(f"{name}:1: the header lacks {', '.join(missing)}. It has: {', '.join(header)[:200]}")
    if twice := sorted({field for field in header if field and header.count(field) > 1}):
        raise BadInput(f"{name}:1: the header has {', '.join(twice)} more than once")
    return delimiter, header
