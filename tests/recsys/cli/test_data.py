"""import: what it says, what it keeps, how it ends."""

import json

import pytest

from recsys.store.sqlite import SqliteStore

ARTICLES = """id,title,published_at,section,tags
a,First,2026-01-01,News > Town,one|two
b,Second,soon,News,
c,Third,2026-01-03,,
"""
EVENTS = [
    {"type": "view", "article_id": "a", "at": "2026-01-02T10:00:00Z", "visitor_id": "v"},
    {"type": "view", "article_id": "b", "at": "2026-01-02T10:00:00Z"},
    {"type": "stare", "article_id": "a", "at": "2026-01-02T10:00:00Z"},
]


@pytest.fixture
def files(tmp_path):
    articles, events = tmp_path / "articles.csv", tmp_path / "events.jsonl"
    articles.write_text(ARTICLES)
    events.write_text("".join(json.dumps(event) + "\n" for event in EVENTS))
    return "--articles", articles, "--events", events


def stored(home):
    store = SqliteStore(home / "store.db")
    found = sorted(one.article.id for one in store.catalogue.scan()), store.log.last()
    store.close()
    return found


def test_bad_rows_are_told_by_file_line_field_and_reason_and_the_rest_is_stored(recsys, files, tmp_path):
    home = tmp_path / "home"
    ran = recsys("import", *files, "--home", home)
    assert ran.code == 0
    assert "articles.csv: 3 articles, 1 bad" in ran.out
    assert "events.jsonl: 3 events, 2 bad" in ran.out
    assert "articles.csv:3 published_at: expected a time in ISO 8601" in ran.out
    assert "events.jsonl:2 article_id: is no article of this site: b" in ran.out
    assert "events.jsonl:3 type: " in ran.out
    assert stored(home)[0] == ["a", "c"]
    [report] = (home / "reports").iterdir()
    assert [json.loads(line)["line"] for line in report.read_text().splitlines()] == [3, 2, 3]


def test_strict_stores_nothing_and_fails(recsys, files, tmp_path):
    ran = recsys("import", *files, "--home", tmp_path / "home", "--strict")
    assert ran.code == 1
    assert "nothing was stored: --strict" in ran.out
    assert stored(tmp_path / "home") == ([], 0)


def test_a_dry_run_tells_the_same_and_stores_nothing(recsys, files, tmp_path):
    ran = recsys("import", *files, "--home", tmp_path / "home", "--dry-run")
    assert ran.code == 0
    assert "articles: 2 would be added" in ran.out
    assert "events: 1 would be added" in ran.out
    assert stored(tmp_path / "home") == ([], 0)


def test_bad_rows_that_are_alike_are_told_once_and_all_are_kept(recsys, files, tmp_path):
    many = tmp_path / "many.jsonl"
    row = {"type": "view", "article_id": "gone", "at": "2026-01-02T10:00:00Z"}
    many.write_text("".join(json.dumps(one) + "\n" for one in [*EVENTS, *[row] * 40]))
    ran = recsys("import", *files[:2], "--events", many, "--home", tmp_path / "home")
    assert ran.out.count("bad row: ") == 4
    assert "many.jsonl:4 article_id: is no article of this site: gone, and 39 more like it" in ran.out
    assert "all 43 bad rows are in " in ran.out
    [report] = (tmp_path / "home" / "reports").iterdir()
    assert len(report.read_text().splitlines()) == 43


def test_a_dry_run_leaves_no_report_of_an_import(recsys, files, tmp_path):
    recsys("import", *files, "--home", tmp_path / "home", "--dry-run")
    [report] = (tmp_path / "home" / "reports").iterdir()
    assert report.name.startswith("dry-run-")


def test_articles_without_any_body_draw_a_warning(recsys, files, tmp_path):
    """A table whose column of texts has an unknown name is taken without them, and Related would be poor."""
    assert "no article has a body" in recsys("import", *files, "--home", tmp_path / "home").out
    full = tmp_path / "full.csv"
    full.write_text("id,title,published_at,body\na,First,2026-01-01,Text\n")
    assert "no article has a body" not in recsys("import", full, "--home", tmp_path / "home").out


def test_a_file_of_which_nothing_could_be_read_says_where_the_names_stand(recsys, tmp_path):
    export = tmp_path / "export.jsonl"
    export.write_text('{"headline": "Ebbe", "text": "Sand", "pubDate": "2026-11-03"}\n')
    ran = recsys("import", export, "--home", tmp_path / "home")
    assert "export.jsonl: 1 article, 1 bad" in ran.out
    assert "no row of it could be read as articles. docs/records.md says how fields are named" in ran.out


def test_a_log_whose_addresses_lead_nowhere_says_what_to_do(recsys, files, tmp_path):
    log = tmp_path / "access.log"
    log.write_text('192.0.2.1 - - [02/Jan/2026:10:00:00 +0000] "GET /tide HTTP/1.1" 200 9 "-" "Mozilla/5.0"\n')
    ran = recsys("import", log, "--home", tmp_path / "home")
    assert "left out: request for something else than an article (1)" in ran.out
    assert "no address in it leads to an article" in ran.out


def test_a_table_of_articles_with_foreign_columns_is_told_as_one(recsys, tmp_path):
    table = tmp_path / "export.csv"
    table.write_text("Artikelnummer;Headline;Rubrik;Text;Erschienen;Permalink\n1;Ebbe;Meer;Sand;2026-01-01;/ebbe\n")
    ran = recsys("import", table, "--home", tmp_path / "home")
    assert ran.code == 1
    assert "export.csv:1: read as articles, the header lacks published_at." in ran.err
    assert "Give the columns that hold it these names" in ran.err


def test_the_same_files_again_change_nothing(recsys, files, tmp_path):
    recsys("import", *files, "--home", tmp_path / "home")
    before = stored(tmp_path / "home")
    ran = recsys("import", *files, "--home", tmp_path / "home")
    assert "0 were added, 0 updated, 2 unchanged" in ran.out
    assert "events: 0 were added, 1 were known already" in ran.out
    assert stored(tmp_path / "home") == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name what to import"),
        (("--articles", "absent.jsonl"), "absent.jsonl: No such file"),
        (("--articles", "folder"), "folder holds no file of records"),
        (("--events", "empty.jsonl"), "is empty"),
        (("http://127.0.0.1/feed",), "127.0.0.1:80 is not on the public web. Fetch it yourself and name the file."),
        (("--articles", "https://localhost/feed"), "localhost:443 is not on the public web"),
    ],
)
def test_what_can_not_be_imported_is_told_in_one_line(recsys, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "folder").mkdir()
    ran = recsys("import", *arguments, "--home", tmp_path / "home")
    assert ran.code == 1
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_feed_by_its_address_is_imported_like_a_file(recsys, tmp_path, monkeypatch):
    from tests.training.feed_server import FEED
    from training import fetching

    monkeypatch.setattr(fetching, "fetch", lambda url: fetching.Document(url, FEED))
    dry = recsys("import", "https://example.org/feed.xml", "--dry-run", "--home", tmp_path / "home")
    assert "https://example.org/feed.xml: 1 article\n" in dry.out
    assert "guid or id, else the link" in dry.out
    assert "articles: 1 would be added" in dry.out
    ran = recsys("import", "--articles", "HTTPS://example.org/feed.xml", "--home", tmp_path / "home")
    assert "articles: 1 were added" in ran.out
