"""Lists made elsewhere are read as they were exported, and a bad row is named by file, line and field."""

import gzip
import json
from datetime import UTC

import pytest

from recsys.errors import BadInput
from recsys.histories import visitor_key
from recsys.times import parse_time
from tests.recsys.sites import article, model_of
from training.other_lists import LOGGED, add_other, in_rows, notes_on, read_other_lists

CUT = parse_time("2026-02-01T00:00:00Z")


def items(*ids):
    return [{"id": one, "score": 0.5} for one in ids]


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def model():
    return model_of([article(n) for n in range(6)])


def test_rows_of_every_kind_are_found_under_their_name(tmp_path, model):
    path = write(
        tmp_path / "lists.jsonl",
        {"article_id": "a1", "items": items("a2", "a3")},
        {"article_id": "gone", "items": items("a2")},
        {"visitor_id": "v", "items": items("a4", "nope", "a4", "a5")},
        {"window": "day", "items": items("a0")},
        {"window": "day", "at": "2026-02-02", "items": items("a1")},
    )
    others = read_other_lists([("today", path)], UTC)
    assert in_rows(others, "related", model, CUT) == {"today": {1: [2, 3]}}
    assert in_rows(others, "recommendation", model, CUT) == {"today": {visitor_key("v"): [4, 5]}}
    assert in_rows(others, "ranking", model, CUT) == {"today": {CUT: [0], parse_time("2026-02-02"): [1]}}


def test_a_name_may_have_several_files_and_a_file_may_be_packed(tmp_path, model):
    one = write(tmp_path / "one.jsonl", {"article_id": "a1", "items": items("a2")})
    two = tmp_path / "two.jsonl.gz"
    two.write_bytes(gzip.compress(b'\xef\xbb\xbf{"visitor_id": "v", "items": []}\n\n'))
    others = read_other_lists([("today", one), ("today", two), ("next", one)], UTC)
    assert [other.name for other in others] == ["today", "next"]
    assert in_rows(others, "recommendation", model, CUT) == {"today": {visitor_key("v"): []}}


def test_what_only_completes_a_list_is_not_judged(tmp_path, model):
    row = {"article_id": "a1", "items": [*items("a2"), {"id": "a3", "score": 0, "fill": "ranking"}]}
    others = read_other_lists([("today", write(tmp_path / "lists.jsonl", row))], UTC)
    assert in_rows(others, "related", model, CUT) == {"today": {1: [2]}}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"article_id": "a", "items": [{"id": 3}]}', "items[0].id: Expected `str`, got `int`"),
        ('{"article_id": "a", "items": [{"id": "b", "score": "high"}]}', "items[0].score: Expected `float"),
        ('{"article_id": "a", "items": [{"id": "b"}, {"id": ""}]}', "items[1].id: expected 1 to 512 bytes"),
        ('{"article_id": "a"}', "missing required field `items`"),
        ('{"items": []}', "article_id, visitor_id, window: expected one of them"),
        ('{"article_id": "a", "visitor_id": "v", "items": []}', "article_id, visitor_id, window: expected one"),
        ('{"visitor_id": "", "items": []}', "visitor_id: expected 1 to 512 bytes"),
        ('{"window": "fortnight", "items": []}', "window: "),
        ('{"window": "week", "items": []}', "window: expected day"),
        ('{"window": "day", "at": "soon", "items": []}', "at: expected a time in ISO 8601"),
        ('{"article_id": "first", "items": []}', "article_id: a second list of the same"),
        ("[]", "Expected `object`, got `array`"),
        ("{", "truncated"),
        ('{"article_id": "\\ud800", "items": []}', ""),
    ],
)
def test_a_bad_row_is_named(tmp_path, row, said):
    path = tmp_path / "lists.jsonl"
    path.write_text('{"article_id": "first", "items": []}\n' + row + "\n")
    with pytest.raises(BadInput) as told:
        read_other_lists([("today", path)], UTC)
    assert str(told.value).startswith("lists.jsonl:2 ")
    assert said in str(told.value)


def test_bytes_that_are_no_text_are_named(tmp_path):
    path = tmp_path / "lists.jsonl"
    path.write_bytes(b'{"article_id": "\xff", "items": []}\n')
    with pytest.raises(BadInput, match=r"lists\.jsonl:1 "):
        read_other_lists([("today", path)], UTC)


def test_notes_warn_of_what_was_logged_and_tell_unknown_ids(tmp_path):
    path = write(tmp_path / "lists.jsonl", {"article_id": "a1", "items": items("a2", "x1", "x2")})
    others = read_other_lists([("today", path)], UTC)
    assert notes_on(others, "related", {"a1", "a2"}) == [
        "today: 2 ids are no article of this site, such as x1.",
        LOGGED,
    ]
    assert notes_on(others, "ranking", {"a1", "a2"}) == []


def test_a_name_that_a_model_has_already_is_refused():
    with pytest.raises(BadInput, match="--compare random: a model has this name already"):
        add_other({"ours": [], "random": []}, "random", [])
