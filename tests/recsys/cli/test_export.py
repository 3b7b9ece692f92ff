"""export: every list of one kind in a file, whole or not at all."""

import json

import pytest

from recsys.cosine import STORED
from tests.recsys.cli.running import AS_OF


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def exported(recsys, home, tmp_path):
    def export(what, *options):
        out = tmp_path / f"{what}.jsonl"
        ran = recsys("export", what, "--out", out, "--home", home.root, "--as-of", AS_OF, *options)
        assert (ran.code, ran.err) == (0, "")
        return rows(out)

    return export


def test_related_has_a_row_for_each_article_that_can_be_seen(exported):
    found = exported("related", "-k", 5)
    ids = {row["article_id"] for row in found}
    assert len(ids) == len(found) == 40
    assert not ids & {"embargoed", "expired"}
    for row in found:
        assert len(row["items"]) <= 5
        assert all(set(item) == {"id", "score"} for item in row["items"])
        scores = [item["score"] for item in row["items"]]
        assert scores == sorted(scores, reverse=True)
        assert row["article_id"] not in {item["id"] for item in row["items"]}


def test_a_row_says_what_the_command_for_one_article_says(recsys, home, exported):
    [row] = [row for row in exported("related", "-k", 6) if row["article_id"] == "harbour-5"]
    asked = (
        "related",
        "harbour-5",
        "-k",
        6,
        "--fill",
        "none",
        "--format",
        "json",
        "--home",
        home.root,
        "--as-of",
        AS_OF,
    )
    items = json.loads(recsys(*asked).out)["items"]
    assert row["items"] == [{"id": item["id"], "score": item["score"]} for item in items]


def test_without_fill_a_list_is_short_and_with_it_full_and_marked(exported):
    short = {row["article_id"]: row["items"] for row in exported("related", "-k", 30)}
    full = {row["article_id"]: row["items"] for row in exported("related", "-k", 30, "--fill")}
    assert min(map(len, short.values())) < 30
    for article, items in full.items():
        matches = [item for item in items if "fill" not in item]
        assert matches == short[article]
        if article != "sensitive":
            assert len(items) == 30
        assert all(item["score"] == 0 for item in items if "fill" in item)


def test_no_floor_gives_every_article_that_has_anything_in_common(exported):
    with_floor = {row["article_id"]: row["items"] for row in exported("related", "-k", 40, "--min-score", 0.3)}
    without = {row["article_id"]: row["items"] for row in exported("related", "-k", 40, "--min-score", 0)}
    assert sum(map(len, with_floor.values())) < sum(map(len, without.values()))
    for article, items in with_floor.items():
        assert all(item["score"] >= 0.3 for item in items)
        assert items == without[article][: len(items)]


def test_ranking_is_one_row(exported):
    [row] = exported("ranking", "-k", 8)
    assert row["window"] == "day"
    assert len(row["items"]) == 8


def test_recommendations_have_a_row_for_each_known_visitor(exported):
    found = exported("recommendations")
    assert {row["visitor_id"] for row in found} == {f"reader-{number}" for number in range(30)}
    assert all(len(row["items"]) <= 10 for row in found)


def test_pages_repeat_nothing(exported):
    found = exported("pages", "--fill")
    for row in found:
        ids = [item["id"] for name in ("related", "ranking", "recommendation") for item in row[name]]
        assert len(ids) == len(set(ids))
        assert row["article_id"] not in ids
        if row["article_id"] != "sensitive":
            assert [len(row[name]) for name in ("related", "ranking", "recommendation")] == [10, 8, 8]


def test_a_failure_on_the_way_leaves_the_old_file_and_nothing_else(recsys, home, tmp_path, monkeypatch):
    from recsys.cli import export
    from recsys.errors import StoreFailed

    out = tmp_path / "out" / "related.jsonl"
    out.parent.mkdir()
    out.write_text("old\n")
    real, calls = export.related, []

    def failing(*arguments):
        calls.append(arguments)
        if len(calls) > 5:
            raise StoreFailed("the disk is gone")
        return real(*arguments)

    monkeypatch.setattr(export, "related", failing)
    ran = recsys("export", "related", "--out", out, "--home", home.root, "--as-of", AS_OF)
    assert (ran.code, ran.err) == (1, "recsys: the disk is gone\n")
    assert [path.name for path in out.parent.iterdir()] == ["related.jsonl"]
    assert out.read_text() == "old\n"


def test_a_folder_that_is_not_there_is_told_in_one_line(recsys, home, tmp_path):
    ran = recsys("export", "ranking", "--out", tmp_path / "no" / "x.jsonl", "--home", home.root, "--as-of", AS_OF)
    assert ran.code == 1
    assert "No such file or directory" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.slow
def test_more_items_than_neighbours_are_stored_are_computed_exactly(recsys, tmp_path):
    """Every article shares a word with every other, so each list holds all the others."""
    count = STORED + 20
    articles = tmp_path / "articles.jsonl"
    lines = [
        json.dumps(
            {
                "id": f"a{number}",
                "title": f"Lighthouse {number}",
                "body": f"The lighthouse of district{number % 7} and its keeper{number % 11}, in year{number}.",
                "language": "en",
                "published_at": "2026-01-01",
            }
        )
        for number in range(count)
    ]
    articles.write_text("\n".join(lines))
    home, out = tmp_path / "home", tmp_path / "related.jsonl"
    assert recsys("import", "--articles", articles, "--home", home).code == 0
    assert recsys("train", "--home", home).code == 0
    assert recsys("export", "related", "-k", count, "--min-score", 0, "--out", out, "--home", home).code == 0
    found = rows(out)
    assert len(found) == count
    for row in found:
        scores = [item["score"] for item in row["items"]]
        assert len({item["id"] for item in row["items"]} - {row["article_id"]}) == count - 1
        assert scores == sorted(scores, reverse=True)
