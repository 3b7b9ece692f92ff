"""What every reader yields, and the lines that text files are made of."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Generic, Literal, NamedTuple, TypeVar

import msgspec

from recsys.errors import BadRecord

LINE_BYTES = 16 << 20  # a longer line is a bad row: it is never held in memory

Kind = Literal["lines", "array", "csv", "parquet", "wxr", "feed", "access_log"]

R = TypeVar("R", bound=msgspec.Struct)


class LeftOut(NamedTuple):
    """Something in a file that is no record and no mistake, such as a menu in a site's export."""

    what: str  # a name in the singular; the report counts them by it


class Row(NamedTuple, Generic[R]):
    """One record of a file, or why there is none."""

    line: int  # from 1: the line where it begins; in a JSON array the item, in Parquet the row
    outcome: R | BadRecord | LeftOut
    unknown: frozenset[str]  # names of fields that no record has
    done: int  # bytes of the file that are read, more or less


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is being read."""

    name: str
    kind: Kind
    size: int  # bytes on disk, 0 where unknown
    raw: BinaryIO  # as on disk
    data: BinaryIO  # decompressed
    fetched: bool = False  # from the web: it may be anybody's
    sources: dict[str, str] = field(default_factory=dict)  # what in the file each field is taken from, by its name

    def done(self) -> int:
        """Bytes on disk that were read so far."""
        return self.raw.tell() if self.size else 0


def bounded_lines(data: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Lines with their numbers from 1; None for one of more than LINE_BYTES. A byte order mark is dropped."""
    number = 0
    while line := data.readline(LINE_BYTES + 1):
        number += 1
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if len(line) <= LINE_BYTES:
            yield number, line
            continue
        yield number, None
        while line and not line.endswith(b"\n"):
            line = data.readline(LINE_BYTES)


def too_long() -> BadRecord:
    """What is wrong with a line that `bounded_lines` left out."""
    return BadRecord("", f"is longer than {LINE_BYTES >> 20} MB")
