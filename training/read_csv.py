"""CSV with a header line: comma, semicolon or tab between cells, quotes as in RFC 4180.

Columns that don't have our names are told by what such columns are commonly called. A table of events that counts views
by page and day is read as so many views.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from recsys.errors import BadInput, BadRecord
from recsys.event import Event
from recsys.record import RecordReader
from training.cells import record_values
from training.columns_guess import column_of, guessed_fields, nearer_to_articles
from training.page_views import SOURCES, VIEWS, views_of
from training.rows import LINE_BYTES, OpenFile, Row, bounded_lines, too_long

_DELIMITERS = ",;\t"
_BETWEEN_LOOKS = 1_000  # rows from one look at the file's position to the next
_NOT_UTF8 = "is not UTF-8: save the table as such, which spreadsheets call CSV UTF-8"
_ALL_KNOWN: frozenset[str] = frozenset()
_EVENT_FIELDS = frozenset({*Event.__struct_fields__, "url"})

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


@dataclass(frozen=True, slots=True)
class _Columns:
    """What the columns of a table hold.

    names   as in the header      fields  the field of a column, by its place
    counts  the place of the column that counts views, where each row stands for so many
    """

    names: list[str]
    fields: dict[int, str]
    counts: int | None

    def values(self, cells: list[str]) -> dict[str, str]:
        """The cells by field."""
        return {field: cells[place] for place, field in self.fields.items()}


def read_csv(file: OpenFile, reader: RecordReader[R]) -> Iterator[Row[R]]:
    """A row per line of the table that is not blank, numbered by the physical line where it begins.

    Raises BadInput where the header lacks a field that every record has, or names one twice.
    """
    csv.field_size_limit(LINE_BYTES)  # the module's own limit is 128 KB: too short for a body
    lines = _Lines(file)
    delimiter, columns = _header(file.name, lines, reader)
    file.sources.update(_sources(columns, reader))
    unknown = frozenset(columns.names) - {columns.names[place] for place in columns.fields} - {""}
    if columns.counts is not None:
        unknown -= {columns.names[columns.counts]}
    done = 0
    for count, (number, cells) in enumerate(_rows(lines, delimiter)):
        if count % _BETWEEN_LOOKS == 0:
            done = file.done()
        for outcome in [cells] if isinstance(cells, BadRecord) else _outcomes(columns, cells, reader):
            yield Row(number, outcome, unknown, done)


def looks_like_articles(file: OpenFile) -> bool:
    """Whether a table without a single good article was meant to hold some: its header lacks what events need, and
    names more of what articles have.
    """
    try:
        header = max(_headers(_Lines(file)).values(), key=len)
    except csv.Error:
        return False
    known = set(guessed_fields(header, _EVENT_FIELDS).values())
    counts = column_of(header, VIEWS) is not None
    events = "at" in known and not known.isdisjoint(("article_id", "url")) and ("type" in known or counts)
    return not events and nearer_to_articles(header)


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


def _outcomes(columns: _Columns, cells: list[str], reader: RecordReader[R]) -> Iterator[R | BadRecord]:
    if len(cells) != len(columns.names):
        yield BadRecord("", f"has {len(cells)} cells where the header has {len(columns.names)}")
        return
    values = columns.values(cells)
    if columns.counts is not None:
        yield from views_of(values, cells[columns.counts], reader)
        return
    try:
        if "id" in reader.required and "id" not in values:
            values["id"] = values.get("url", "")
        yield reader.from_mapping(record_values(values), strict=False)
    except BadRecord as bad:
        yield BadRecord(bad.field, _NOT_UTF8) if not _is_utf8(values.get(bad.field, "")) else bad


def _is_utf8(text: str) -> bool:
    """Whether it holds none of the surrogates that stand for other bytes."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _header(name: str, lines: _Lines, reader: RecordReader[R]) -> tuple[str, _Columns]:
    """The delimiter, which is the one that gives most fields of the record, and the columns of the first line."""
    try:
        headers = _headers(lines)
    except csv.Error as error:
        raise BadInput(f"{name}:1: the header can't be read: {error}") from None
    lines.take()
    guesses = {d: guessed_fields(header, reader.fields) for d, header in headers.items()}
    delimiter = max(_DELIMITERS, key=lambda d: len(guesses[d]))
    header, fields = headers[delimiter], guesses[delimiter]
    if twice := sorted({field for field in header if field in reader.fields and header.count(field) > 1}):
        raise BadInput(f"{name}:1: the header has {', '.join(twice)} more than once")
    known = set(fields.values())
    events = "article_id" in reader.fields
    counts = column_of(header, VIEWS) if events and "type" not in known else None
    needed = {"at"} if counts is not None else reader.required
    missing = sorted(needed - known - ({"id"} if "url" in known else set()))
    if events and known.isdisjoint(("article_id", "url")):
        missing.insert(0, "article_id or url")
    if missing:
        raise BadInput(
            f"{name}:1: read as {'events' if events else 'articles'}, the header lacks {', '.join(missing)}. "
            f"It has: {', '.join(header)[:200]}. Give the columns that hold it these names, or add them."
        )
    return delimiter, _Columns(header, fields, counts)


def _headers(lines: _Lines) -> dict[str, list[str]]:
    """The first line's cells by the delimiter that parts them; raises csv.Error.

    Lines before it that begin with # are the title that analytics tools write.
    """
    while (line := next(lines, "")).startswith("#"):
        lines.take()
    return {d: [cell.strip() for cell in next(csv.reader([line], delimiter=d), [])] for d in _DELIMITERS}


def _sources(columns: _Columns, reader: RecordReader[R]) -> dict[str, str]:
    found = {field: f"column {columns.names[place]}" for place, field in columns.fields.items()}
    if "id" in reader.required and "id" not in found:
        found["id"] = found["url"]
    return found | SOURCES if columns.counts is not None else found
