"""Files of articles or events, whatever their format: JSON Lines, a JSON array, CSV or Parquet, each plain or gz.

Content decides where it can (gz, Parquet, the bracket of an array); else the name does.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import msgspec

from recsys.errors import BadInput
from recsys.record import RecordReader
from training.read_csv import read_csv
from training.read_json import read_json_array, read_json_lines
from training.read_parquet import read_parquet
from training.rows import Kind, OpenFile, Row

FORMATS = "JSON Lines (.jsonl, .ndjson), a JSON array (.json), CSV (.csv) or Parquet (.parquet), plain or gz"

_READERS = {"lines": read_json_lines, "array": read_json_array, "csv": read_csv, "parquet": read_parquet}
_NAMED: dict[str, Kind] = {".jsonl": "lines", ".ndjson": "lines", ".csv": "csv"}
_OTHER_CONTENT = {
    b"PK\3\4": "a zip archive",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"\xff\xfe": "text in UTF-16, not UTF-8",
    b"\xfe\xff": "text in UTF-16, not UTF-8",
}
_HEAD = 4_096  # bytes that tell the format
_BUFFER = 128 << 10

R = TypeVar("R", bound=msgspec.Struct)


def read(path: Path, reader: RecordReader[R]) -> Iterator[Row[R]]:
    """Every row of the file, good or bad, in order; at most a few thousand rows are in memory at a time.

    Raises BadInput when the file as a whole can't be read: absent, empty, a folder, damaged, of no known format.
    """
    with ExitStack() as opened:
        try:
            yield from _READERS[(file := _open(path, opened)).kind](file, reader)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadInput(
                f"{path}: the gz data is damaged or cut short ({error}). Nothing was taken from it."
            ) from error
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror or error}") from error


def _open(path: Path, opened: ExitStack) -> OpenFile:
    if path.is_dir():
        raise BadInput(f"{path} is a folder. Name the files in it.")
    raw = opened.enter_context(path.open("rb"))
    data = raw
    if raw.peek(2)[:2] == b"\x1f\x8b":
        data = opened.enter_context(io.BufferedReader(gzip.GzipFile(fileobj=raw), _BUFFER))
    head = data.peek(_HEAD)[:_HEAD]
    return OpenFile(name=str(path), kind=_kind(path, head), size=path.stat().st_size, raw=raw, data=data)


def _kind(path: Path, head: bytes) -> Kind:
    if not head:
        raise BadInput(f"{path} is empty.")
    if head.startswith(b"PAR1"):
        return "parquet"
    for magic, what in _OTHER_CONTENT.items():
        if head.startswith(magic):
            raise BadInput(f"{path} is {what}. Expected {FORMATS}.")
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix in _NAMED:
        return _NAMED[suffix]
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first == b"[":
        return "array"
    if first == b"{":
        return "lines"
    raise BadInput(f"{path}: the format is not recognised. Expected {FORMATS}.")
