import gzip
import tracemalloc
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from recsys.article import Article
from recsys.errors import BadInput, BadRecord
from recsys.event import Event
from recsys.record import RecordReader
from tests.training.files import FORMATS, write
from training.rows import LINE_BYTES, Row
from training.sources import read

ARTICLES = RecordReader(Article, UTC)
EVENTS = RecordReader(Event, UTC)

ROWS: list[dict[str, Any]] = [
    {
        "id": "-1", "title": 'A "title", with; all | marks', "body": "<p>Two\nlines</p>\r\n",
        "published_at": "2020-01-01T10:00:00+02:00", "section": ["News", "Council"], "tags": ["x, y", "z"],
        "authors": ["Ä. Ö."], "evergreen": True, "views": 3, "url": "/a",
    },
    {
        "id": "記事/2", "title": "第二", "body": "本文", "published_at": "2020-01-02", "section": ["News"],
        "tags": ["x"], "authors": ["B"], "evergreen": False, "views": 0, "url": "https://example.org/b",
    },
]  # fmt: skip
EXPECTED = [ARTICLES.from_mapping(row) for row in ROWS]


def outcomes(path: Path, reader: RecordReader[Any] = ARTICLES) -> list[Any]:
    return [row.outcome for row in read(path, reader)]


def events(text: bytes, path: Path) -> list[Row[Event]]:
    path.write_bytes(text)
    return list(read(path, EVENTS))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_same_records(tmp_path: Path, kind: str, packed: bool) -> None:
    assert outcomes(write(tmp_path, "articles", ROWS, kind=kind, packed=packed)) == EXPECTED


@pytest.mark.parametrize("kind", ["json", "csv", "jsonl"])
def test_byte_order_mark_is_no_part_of_the_text(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, "articles", ROWS, kind=kind)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert outcomes(path) == EXPECTED


@pytest.mark.parametrize(
    ("kind", "name"),
    [("jsonl", "export.jsonl.gz"), ("parquet", "export.dat"), ("json", "export"), ("jsonl", "export.json")],
)
def test_content_tells_the_format_where_the_name_does_not(tmp_path: Path, kind: str, name: str) -> None:
    path = write(tmp_path, "articles", ROWS, kind=kind).rename(tmp_path / name)
    assert outcomes(path) == EXPECTED


def test_gz_content_is_unpacked_whatever_the_name(tmp_path: Path) -> None:
    path = write(tmp_path, "articles", ROWS, kind="csv", packed=True).rename(tmp_path / "articles.csv")
    assert outcomes(path) == EXPECTED


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", "is empty"),
        ("a.jsonl.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("a.txt", b"once upon a time", "the format is not recognised. Expected JSON Lines"),
        ("a.jsonl", b"PK\3\4rest", "is a zip archive"),
        ("a.jsonl.zst", b"\x28\xb5\x2f\xfdrest", "is compressed by zstd"),
        ("a.csv", "id,title".encode("utf-16"), "is text in UTF-16, not UTF-8"),
        ("a.jsonl.gz", gzip.compress(b'{"id": 1}\n' * 1000, mtime=0)[:-20], "the gz data is damaged or cut short"),
        ("a.jsonl.gz", b"\x1f\x8b" + b"nonsense" * 10, "the gz data is damaged or cut short"),
        ("a.json", b'[{"id": 1},\n{"id": 2', "a.json: Input data was truncated"),
        ("a.json", b'[{"id": 1},\n{"id": x}]', "a.json:2: JSON is malformed: invalid character"),
        ("a.json", b"[" * 100_000, "a.json"),
        ("a.parquet", b"PAR1 and then nothing", "the Parquet data is damaged"),
        ("a.parquet", b"no Parquet at all", "the format is not recognised"),
    ],
)
def test_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput) as told:
        outcomes(path)
    assert message in str(told.value)
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_gz_with_a_flipped_bit_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "articles", ROWS * 100, kind="jsonl", packed=True)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadInput, match="the gz data is damaged"):
        outcomes(path)


def test_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"absent\.jsonl: No such file"):
        outcomes(tmp_path / "absent.jsonl")


def test_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder without Markdown files"):
        outcomes(tmp_path)


def test_blank_lines_are_no_rows_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    rows = events(b'\n  \n{"type": 1}\n\r\n{"type": 2}', tmp_path / "a.jsonl")
    assert [row.line for row in rows] == [3, 5]


def test_line_that_is_not_utf8_is_bad_alone(tmp_path: Path) -> None:
    good = b'{"type":"view","article_id":"a","at":"2020-01-01"}\n'
    rows = events(good + good.replace(b'"a"', b'"\xe4"') + good, tmp_path / "a.jsonl")
    assert [isinstance(row.outcome, BadRecord) for row in rows] == [False, True, False]
    assert str(rows[1].outcome) == "is not UTF-8"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
def test_endless_line_is_one_bad_row_and_fills_no_memory(tmp_path: Path, name: str) -> None:
    lines = {
        "a.jsonl.gz": b'{"type":"view","article_id":"a","at":"2020-01-01"}\n',
        "a.csv.gz": b"view,a,2020-01-01\n",
    }
    path = tmp_path / name
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b"type,article_id,at\n" if "csv" in name else b"\n")
        for piece in [lines[name], *[b"x" * (1 << 20)] * 100, b"\n", lines[name]]:
            file.write(piece)
    tracemalloc.start()
    rows = list(read(path, EVENTS))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [row.line for row in rows] == [2, 3, 4]
    assert [isinstance(row.outcome, BadRecord) for row in rows] == [False, True, False]
    assert "is longer than 16 MB" in str(rows[1].outcome)
    assert peak < 4 * LINE_BYTES


@pytest.mark.parametrize("kind", FORMATS)
def test_unknown_fields_are_named(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, "articles", [row | {"colour": "red"} for row in ROWS], kind=kind)
    rows = list(read(path, ARTICLES))
    assert [row.outcome for row in rows] == EXPECTED
    assert {name for row in rows for name in row.unknown} == {"colour"}


@pytest.mark.parametrize("kind", FORMATS)
def test_progress_never_passes_the_size_of_the_file(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, "articles", ROWS * 2_000, kind=kind)
    done = [row.done for row in read(path, ARTICLES)]
    assert done == sorted(done)
    assert path.stat().st_size / 3 < done[-1] <= path.stat().st_size
