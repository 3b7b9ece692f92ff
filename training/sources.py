"""Files of articles or events, whatever their format: our own, or what publishing systems and web servers write.

Content decides where it can (gz, Parquet, the bracket of an array); else the name does.
"""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from recsys.article import Article
from recsys.errors import BadInput
from recsys.record import RecordReader
from training.columns_guess import nearer_to_articles
from training.fetching import Document
from training.read_access_log import LINE, read_access_log
from training.read_csv import looks_like_articles, read_csv
from training.read_feed import read_feed
from training.read_json import first_names, read_json_array, read_json_lines
from training.read_markdown import is_markdown_folder, read_markdown
from training.read_parquet import read_parquet
from training.read_wxr import MARK, read_wxr
from training.rows import Kind, OpenFile, Row

FORMATS = (
    "JSON Lines (.jsonl, .ndjson), a JSON array (.json), CSV (.csv), Parquet (.parquet), a WordPress export or feed"
    " (.xml), an access log, plain or gz, or a folder of Markdown"
)

_READERS = {
    "lines": read_json_lines,
    "array": read_json_array,
    "csv": read_csv,
    "parquet": read_parquet,
    "wxr": read_wxr,
    "feed": read_feed,
    "access_log": read_access_log,
}
_NAMED: dict[str, Kind] = {".jsonl": "lines", ".ndjson": "lines", ".csv": "csv"}
_OTHER_CONTENT = {
    b"PK\3\4": "a zip archive",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"\xff\xfe": "text in UTF-16, not UTF-8",
    b"\xfe\xff": "text in UTF-16, not UTF-8",
}
_FEEDS = (b"<rss", b"<feed", b"<rdf:RDF")
_HOLD_ARTICLES = frozenset({"wxr", "feed"})
_LOOKED_AT = 100  # rows
_HEAD = 4_096  # bytes that tell the format
_BUFFER = 128 << 10

R = TypeVar("R", bound=msgspec.Struct)

Source = Path | Document
"""Where records come from. A document of the web must be a feed."""


def read(path: Source, reader: RecordReader[R], sources: dict[str, str] | None = None) -> Iterator[Row[R]]:
    """Every row of the file, good or bad, in order; at most a few thousand rows are in memory at a time.

    sources  is told where in the file the fields come from, for formats that are not our own
    Raises BadInput when the file as a whole can't be read: absent, empty, a folder, damaged, of no known format.
    """
    told = {} if sources is None else sources
    if isinstance(path, Path) and is_markdown_folder(path):
        yield from read_markdown(path, reader, told)
        return
    with ExitStack() as opened:
        try:
            yield from _READERS[(file := _open(path, opened, told)).kind](file, reader)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadInput(
                f"{path}: the gz data is damaged or cut short ({error}). Nothing was taken from it."
            ) from error
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror or error}") from error


def holds_articles(path: Source) -> bool:
    """Whether one of the first rows is an article; where none is, whether its fields are named like those of one."""
    if isinstance(path, Document):
        return True
    try:
        with ExitStack() as opened:
            if path.is_file() and _open(path, opened, {}).kind in _HOLD_ARTICLES:
                return True
        rows = islice(read(path, RecordReader(Article, UTC)), _LOOKED_AT)
        if any(isinstance(row.outcome, Article) for row in rows):
            return True
    except BadInput:
        pass
    return _named_like_articles(path)


def _named_like_articles(path: Path) -> bool:
    with ExitStack() as opened:
        try:
            file = _open(path, opened, {})
            if file.kind == "csv":
                return looks_like_articles(file)
            return nearer_to_articles(first_names(file)) if file.kind in ("lines", "array") else False
        except (BadInput, OSError, EOFError, zlib.error):
            return False


def size_of(path: Source) -> int:
    """Bytes, as they lie on the disk or came; 0 where that is not known."""
    if isinstance(path, Document):
        return len(path.body)
    return path.stat().st_size if path.exists() else 0


def _open(path: Source, opened: ExitStack, sources: dict[str, str]) -> OpenFile:
    if isinstance(path, Document):
        return _open_document(path, sources)
    if path.is_dir():
        raise BadInput(f"{path} is a folder without Markdown files. Name the files in it.")
    raw = opened.enter_context(path.open("rb"))
    data = raw
    if raw.peek(2)[:2] == b"\x1f\x8b":
        data = opened.enter_context(io.BufferedReader(gzip.GzipFile(fileobj=raw), _BUFFER))
    head = data.peek(_HEAD)[:_HEAD]
    return OpenFile(
        name=str(path), kind=_kind(path, head), size=path.stat().st_size, raw=raw, data=data, sources=sources
    )


def _open_document(document: Document, sources: dict[str, str]) -> OpenFile:
    body, first = io.BytesIO(document.body), document.body[:_HEAD]
    if MARK in first or not any(mark in first for mark in _FEEDS):
        raise BadInput(f"{document} is no RSS, RDF or Atom feed. Fetch it yourself and name the file.")
    return OpenFile(
        name=str(document), kind="feed", size=len(document.body), raw=body, data=body, fetched=True, sources=sources
    )


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
    if first == b"<" and MARK in head:
        return "wxr"
    if first == b"<" and any(mark in head for mark in _FEEDS):
        return "feed"
    if LINE.match(head):
        return "access_log"
    raise BadInput(f"{path}: the format is not recognised. Expected {FORMATS}.")
