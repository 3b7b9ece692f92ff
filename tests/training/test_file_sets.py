"""Folders and patterns stand for their files, in an order that does not depend on the file system."""

from pathlib import Path

import pytest

from recsys.errors import BadInput
from training.file_sets import expanded


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    names = ("day=2/b.parquet", "day=1/a.parquet", "c.jsonl.gz", "d.CSV", "notes.txt", ".partial.jsonl", ".old/e.jsonl")
    for name in names:
        path = tmp_path / "events" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "events"


def test_a_folder_stands_for_the_record_files_below_it(folder):
    names = ["c.jsonl.gz", "d.CSV", "day=1/a.parquet", "day=2/b.parquet"]
    assert expanded([folder]) == [folder / name for name in names]


def test_a_pattern_stands_for_what_it_matches(folder):
    assert expanded([folder / "day=*/*.parquet"]) == [folder / "day=1/a.parquet", folder / "day=2/b.parquet"]
    assert expanded([folder / "**/*.gz"]) == [folder / "c.jsonl.gz"]
    assert expanded([folder / "day=?"]) == [folder / "day=1/a.parquet", folder / "day=2/b.parquet"]


def test_files_stay_what_and_where_they_are(folder):
    odd = folder / "odd[1].jsonl"
    odd.touch()
    given = [folder / "notes.txt", odd, folder / "absent.jsonl", folder / "c.jsonl.gz"]
    assert expanded(given) == given


def test_a_folder_of_markdown_is_one_source(tmp_path):
    (tmp_path / "post.md").write_text("---\ntitle: A\ndate: 2025-01-01\n---\nText")
    assert expanded([tmp_path]) == [tmp_path]


def test_nothing_found_is_said(tmp_path):
    with pytest.raises(BadInput, match="holds no file of records"):
        expanded([tmp_path])
    with pytest.raises(BadInput, match="no file matches"):
        expanded([tmp_path / "*.jsonl"])
