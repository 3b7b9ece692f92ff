"""What an import found and did."""

from dataclasses import dataclass, field

from recsys.errors import BadRecord
from recsys.store import AppendedEvents, PutArticles

ROWS_SHOWN = 1_000  # bad rows that a report holds in full; the rest it counts


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was left out."""

    file: str
    line: int  # from 1; in CSV where the row begins, in a JSON array the number of the item, in Parquet of the row
    field: str  # "" where the row as a whole is bad
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {BadRecord(self.field, self.reason)}"


@dataclass(frozen=True, slots=True)
class FieldReport:
    """What an import understood of one field.

    source   what in the file it was taken from; "" where the file has our own names
    filled   how many good rows have it
    example  one value, shortened
    """

    field: str
    source: str
    filled: int
    example: str


@dataclass(frozen=True, slots=True)
class FileReport:
    """What one file held."""

    file: str
    holds: str  # "articles" or "events"
    rows: int  # good and bad
    bad: int
    left_out: dict[str, int] = field(default_factory=dict)  # what is neither, such as a site's menus: how many of each
    fields: tuple[FieldReport, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import found, and what became of it.

    articles, events  what the store took, or would have taken in a dry run; nothing where `refused`
    bad               how many rows were left out; the first ROWS_SHOWN of them are `bad_rows`
    refused           strict, and there were bad rows
    stored            whether anything may have changed: neither refused nor a dry run
    """

    files: tuple[FileReport, ...]
    articles: PutArticles
    events: AppendedEvents
    bad: int
    bad_rows: tuple[BadRow, ...]
    warnings: tuple[str, ...]
    refused: bool
    stored: bool
