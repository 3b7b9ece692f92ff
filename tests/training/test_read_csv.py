from datetime import UTC
from pathlib import Path

import pytest

from recsys.article import Article
from recsys.errors import BadInput, BadRecord
from recsys.event import Event
from recsys.event_reader import EventReader
from recsys.record import RecordReader
from training.rows import Row
from training.sources import holds_articles, read

HEADER = "id,title,published_at,tags,section,views,evergreen\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "articles.csv"


def rows(path: Path, text: str | bytes, header: str = HEADER) -> list[Row[Article]]:
    path.write_bytes(header.encode() + (text if isinstance(text, bytes) else text.encode()))
    return list(read(path, RecordReader(Article, UTC)))


def one(path: Path, text: str, header: str = HEADER) -> Article:
    [row] = rows(path, text, header)
    assert isinstance(row.outcome, Article), row.outcome
    return row.outcome


def test_cells_are_read_as_what_the_field_is(table: Path) -> None:
    article = one(table, "1,T,2020-01-01,x;y,News > Council,12,true\n")
    assert (article.id, article.tags, article.section) == ("1", ("x", "y"), ("News", "Council"))
    assert (article.views, article.evergreen) == (12, True)


def test_empty_cell_is_an_absent_field(table: Path) -> None:
    article = one(table, "1,T,2020-01-01,,,,\n")
    assert (article.tags, article.section, article.views, article.evergreen) == ((), (), None, False)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiter_is_found_from_the_header(table: Path, delimiter: str) -> None:
    text = "1,T,2020-01-01,x|y,News,12,true\n".replace(",", delimiter)
    assert one(table, text, HEADER.replace(",", delimiter)).tags == ("x", "y")


def test_row_is_numbered_by_the_line_where_it_begins(table: Path) -> None:
    found = rows(table, '1,"two\nlines",2020-01-01,,,,\n\n2,T,soon,,,,\n3,"a\n\n\nb",soon,,,,\n4,T,2020-01-01,,,,\n')
    assert [row.line for row in found] == [2, 5, 6, 10]
    assert [isinstance(row.outcome, BadRecord) for row in found] == [False, True, True, False]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_ends_of_every_system(table: Path, ending: str) -> None:
    text = "1,T,2020-01-01,,,,\n2,T,2020-01-01,,,,\n".replace("\n", ending)
    assert [row.line for row in rows(table, text, HEADER.replace("\n", ending))] == [2, 3]


@pytest.mark.parametrize("text", ["1,T,2020-01-01\n", "1,T,2020-01-01,,,,,extra\n"])
def test_row_of_another_length_is_bad(table: Path, text: str) -> None:
    [row] = rows(table, text)
    assert isinstance(row.outcome, BadRecord)
    assert "cells where the header has 7" in str(row.outcome)


def test_stray_quote_spoils_its_row_alone(table: Path) -> None:
    found = rows(table, '1,"a" b,2020-01-01,,,,\n2,T,2020-01-01,,,,\n')
    assert [isinstance(row.outcome, BadRecord) for row in found] == [True, False]
    assert found[1].line == 3


def test_quote_that_is_never_closed_is_a_bad_row(table: Path) -> None:
    found = rows(table, '1,T,2020-01-01,,,,\n2,"T,2020-01-01,,,,\n3,T,2020-01-01,,,,\n')
    assert [row.line for row in found] == [2, 3]
    assert "can't be split into cells" in str(found[1].outcome)


def test_row_that_is_not_utf8_is_bad_alone(table: Path) -> None:
    found = rows(table, "1,Täglich,2020-01-01,,,,\n".encode("latin-1") + b"2,T,2020-01-01,,,,\n")
    assert [isinstance(row.outcome, BadRecord) for row in found] == [True, False]
    assert str(found[0].outcome) == "title: is not UTF-8: save the table as such, which spreadsheets call CSV UTF-8"


def test_body_may_be_long(table: Path) -> None:
    body = "x" * 1_000_000
    assert one(table, f"1,T,2020-01-01,{body}\n", "id,title,published_at,body\n").body == body


def test_missing_column_is_told_with_those_that_are_there(table: Path) -> None:
    with pytest.raises(
        BadInput, match=r"articles\.csv:1: read as articles, the header lacks published_at, title\. It has: id, colour"
    ):
        rows(table, "1,T\n", "id,colour\n")


def test_column_that_stands_twice_is_told(table: Path) -> None:
    with pytest.raises(BadInput, match="has title more than once"):
        rows(table, "", "id,title,title,published_at\n")


def test_header_alone_is_no_row(table: Path) -> None:
    assert rows(table, "") == []


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (",T,2020-01-01,,,,", "id"),
        ("1,,2020-01-01,,,,", "title"),
        ("1,T,soon,,,,", "published_at"),
        ('1,T,2020-01-01,"[""x""",,,', "tags"),
        ("1,T,2020-01-01,[1],,,", "tags[0]"),
        ("1,T,2020-01-01,,,many,", "views"),
        ("1,T,2020-01-01,,,-3,", "views"),
        ("1,T,2020-01-01,,,,perhaps", "evergreen"),
    ],
)
def test_bad_cell_is_named_by_its_column(table: Path, cells: str, field: str) -> None:
    [row] = rows(table, cells + "\n")
    assert isinstance(row.outcome, BadRecord)
    assert row.outcome.field == field


def test_columns_are_told_by_their_usual_names(table: Path) -> None:
    article = one(
        table,
        "7,Low tide,<p>Sand.</p>,/tide,Sea,2026-03-01\n",
        "post_id,Headline,HTML,Permalink,Category,Publish Date\n",
    )
    assert (article.id, article.title, article.body, article.url) == ("7", "Low tide", "<p>Sand.</p>", "/tide")
    assert article.section == ("Sea",)


def test_own_name_wins_over_a_usual_one(table: Path) -> None:
    assert one(table, "1,Short,Long,2026-03-01\n", "id,name,title,published_at\n").title == "Long"


def test_address_is_the_id_where_there_is_no_other(table: Path) -> None:
    assert one(table, "T,/tide,2026-03-01\n", "title,url,published_at\n").id == "/tide"


def test_lines_above_the_header_that_begin_with_a_hash_are_skipped(table: Path) -> None:
    assert one(table, "1,T,2026-03-01\n", "# export\n# March\nid,title,published_at\n").id == "1"


def events(path: Path, text: str) -> list[Row[Event]]:
    path.write_text(text)
    return list(read(path, EventReader(UTC, {"/tide": "tide"}.get)))


def test_an_address_beside_the_id_of_an_article_is_left_out(table: Path) -> None:
    """Analytics tools export both; naming an article twice would make every row bad."""
    header = "post_id,page_url,action,timestamp\n"
    [row] = events(table, f"{header}a,/tide,view,2026-03-01\n")
    assert isinstance(row.outcome, Event)
    assert (row.outcome.article_id, row.unknown) == ("a", {"page_url"})


def test_events_that_name_no_article_are_told_once_and_not_row_by_row(table: Path) -> None:
    with pytest.raises(BadInput, match=r"read as events, the header lacks article_id or url\. It has: thing, action"):
        events(table, "thing,action,timestamp\na,view,2026-03-01\n")


@pytest.mark.parametrize(
    ("header", "articles"),
    [
        ("Artikelnummer;Headline;Rubrik;Text;Erschienen;Permalink", True),
        ("nid,node,channel,keywords,link,byline,pageviews", True),
        ("user,thing,action,timestamp", False),
        ("page path,day,views", False),
        ("page title,page path,date,views", False),
    ],
)
def test_a_table_that_lacks_columns_is_taken_for_what_its_others_say(table: Path, header: str, articles: bool) -> None:
    table.write_text(f"{header}\n")
    assert holds_articles(table) == articles


def test_articles_of_which_every_row_is_bad_are_articles_all_the_same(tmp_path: Path) -> None:
    """Told as events they would be refused for columns that nobody thought of."""
    dates, latin = tmp_path / "dates.csv", tmp_path / "latin.csv"
    dates.write_text("id,title,published_at,body\n1,Ebbe,04.11.2026,Sand\n")
    latin.write_bytes("id,title,published_at,body\n1,Ebbe bei Büsum,2026-11-04,Sand\n".encode("latin-1"))
    assert holds_articles(dates)
    assert holds_articles(latin)


@pytest.mark.parametrize("name", ["export.jsonl", "export.json"])
@pytest.mark.parametrize(
    ("record", "articles"),
    [
        ('{"uuid": "a", "headline": "Ebbe", "text": "Sand", "pubDate": "2026-11-03"}', True),
        ('{"id": 7, "title": {"rendered": "Ebbe"}, "content": {"rendered": "Sand"}, "date": "2026-11-03"}', True),
        ('{"event": "view", "post_id": 7, "user": "u", "timestamp": "2026-11-03"}', False),
        ('{"x": 1}', False),
        ("3", False),
    ],
)
def test_json_of_other_names_is_taken_for_what_they_say(tmp_path: Path, name: str, record: str, articles: bool) -> None:
    path = tmp_path / name
    path.write_text(f"[{record}]" if name.endswith(".json") else f"{record}\n")
    assert holds_articles(path) == articles
