import json
from collections.abc import Iterator
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.article import Article, StoredArticle
from recsys.errors import BadInput
from recsys.record import RecordReader
from recsys.store import AppendedEvents, PutArticles, Store
from recsys.store.sqlite import SqliteStore
from recsys.times import parse_time, zone
from tests.training.files import FORMATS, write
from training.import_report import ROWS_SHOWN, BadRow, FieldReport, FileReport, ImportReport
from training.intake import import_files

NOW = parse_time("2026-01-01")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = SqliteStore(tmp_path / "store.db")
    yield store
    store.close()


def article(article_id: str = "a", **fields: Any) -> dict[str, Any]:
    return {"id": article_id, "title": f"Title of {article_id}", "published_at": "2025-01-01T00:00:00Z"} | fields


def event(article_id: str = "a", **fields: Any) -> dict[str, Any]:
    return {"type": "view", "article_id": article_id, "at": "2025-06-01T00:00:00Z"} | fields


def run(store: Store, articles: list[Path], events: list[Path], **options: Any) -> ImportReport:
    usual: dict[str, Any] = {
        "now": NOW,
        "default_zone": UTC,
        "dry_run": False,
        "strict": False,
        "progress": lambda description, done, total: None,
    }
    return import_files(store, articles, events, **usual | options)


def contents(store: Store) -> tuple[list[StoredArticle], list[tuple[Any, ...]]]:
    """All articles by row, and all events, whatever entries they came in."""
    entries = store.log.read(0, 1_000_000)
    events = [(e.article_id, e.type, e.at, e.visitor_id, e.id) for entry in entries for e in entry.events]
    return list(store.catalogue.scan()), sorted(events, key=repr)


def state(store: Store) -> tuple[Any, ...]:
    return *contents(store), store.log.last()


def test_report_tells_what_was_found_and_stored(store: Store, tmp_path: Path) -> None:
    articles = write(tmp_path, "articles", [article("a"), article("b")], kind="jsonl")
    events = write(tmp_path, "events", [event("a", id="1"), event("b", id="1"), event("c")], kind="csv")
    report = run(store, [articles], [events])
    bad = BadRow(file=str(events), line=4, field="article_id", reason="is no article of this site: c")
    understood = tuple(file.fields for file in report.files)
    assert report == ImportReport(
        files=(
            FileReport(str(articles), "articles", rows=2, bad=0, fields=understood[0]),
            FileReport(str(events), "events", rows=3, bad=1, fields=understood[1]),
        ),
        articles=PutArticles(added=2),
        events=AppendedEvents(accepted=1, duplicates=1),
        bad=1,
        bad_rows=(bad,),
        warnings=(),
        refused=False,
        stored=True,
    )
    assert str(bad) == f"{events}:4 article_id: is no article of this site: c"


rows_of_events = st.lists(
    st.builds(
        lambda n, visitor, at, named, number: event(
            str(n), at=f"2025-06-0{at}T00:00:00Z", visitor_id=f"v{visitor}", **({"id": f"e{number}"} if named else {})
        ),
        st.integers(0, 4), st.integers(0, 2), st.integers(1, 3), st.booleans(), st.integers(0, 5),
    ),
    max_size=12,
)  # fmt: skip
rows_of_articles = st.lists(
    st.builds(lambda n, title, views: article(str(n), title=f"T{title}", views=views), *[st.integers(0, 4)] * 3),
    min_size=1,
    max_size=8,
)


formats = st.sampled_from(FORMATS)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(rows_of_articles, rows_of_events, st.data())
def test_any_split_into_files_of_any_format_gives_the_same_store(
    articles: list[dict[str, Any]], events: list[dict[str, Any]], data: st.DataObject
) -> None:
    def split(name: str, rows: list[dict[str, Any]], folder: Path) -> list[Path]:
        cuts = sorted({0, len(rows), *data.draw(st.lists(st.integers(0, len(rows)), max_size=3))})
        return [
            write(folder, f"{name}{start}", rows[start:end], kind=data.draw(formats), packed=data.draw(st.booleans()))
            for start, end in pairwise(cuts)
        ]

    with TemporaryDirectory() as name:
        folder = Path(name)
        one, many = SqliteStore(folder / "one.db"), SqliteStore(folder / "many.db")
        whole = [write(folder, "events", events, kind="jsonl")] if events else []
        first = run(one, [write(folder, "articles", articles, kind="jsonl")], whole)
        second = run(many, split("a", articles, folder), split("e", events, folder))
        assert contents(one) == contents(many)
        assert (first.articles, first.events, first.bad) == (second.articles, second.events, second.bad)
        one.close()
        many.close()


@settings(max_examples=25, deadline=None)
@given(rows_of_articles, rows_of_events, formats)
def test_importing_twice_is_importing_once(
    articles: list[dict[str, Any]], events: list[dict[str, Any]], kind: str
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = SqliteStore(folder / "store.db")
        files = (
            [write(folder, "articles", articles, kind=kind)],
            [write(folder, "events", [*events, event("0")], kind=kind)],
        )
        once = run(store, *files)
        after = state(store)
        twice = run(store, *files, now=NOW + 1)
        assert state(store) == after
        assert (twice.articles.added, twice.articles.updated, twice.events.accepted) == (0, 0, 0)
        assert twice.events.duplicates == once.events.accepted + once.events.duplicates
        store.close()


def test_equal_events_without_id_stay_as_many_as_they_are(store: Store, tmp_path: Path) -> None:
    articles = write(tmp_path, "articles", [article()], kind="jsonl")
    events = write(tmp_path, "events", [event(), event(), event(visitor_id="v")], kind="jsonl")
    assert run(store, [articles], [events]).events == AppendedEvents(3, 0)
    more = write(tmp_path, "more", [event(), event(), event(), event(visitor_id="v")], kind="csv")
    assert run(store, [], [more]).events == AppendedEvents(1, 3)


def test_dry_run_reports_the_same_and_stores_nothing(store: Store, tmp_path: Path) -> None:
    run(store, [write(tmp_path, "old", [article("old"), article("a", title="Old")], kind="jsonl")], [])
    files = (
        [write(tmp_path, "articles", [article("a"), article("b"), article("old"), {}], kind="jsonl")],
        [write(tmp_path, "events", [event("b"), event("b", id="1"), event("b", id="1"), event("c")], kind="jsonl")],
    )
    before = state(store)
    dry = run(store, *files, dry_run=True)
    assert state(store) == before
    wet = run(store, *files)
    assert (dry.files, dry.articles, dry.events, dry.bad_rows) == (wet.files, wet.articles, wet.events, wet.bad_rows)
    assert (dry.stored, wet.stored) == (False, True)
    assert wet.articles == PutArticles(added=1, updated=1, unchanged=1)


def test_strict_stores_nothing_where_any_row_is_bad(store: Store, tmp_path: Path) -> None:
    articles = write(tmp_path, "articles", [article()], kind="jsonl")
    good = write(tmp_path, "good", [event()], kind="jsonl")
    bad = write(tmp_path, "bad", [event("unknown")], kind="jsonl")
    report = run(store, [articles], [good, bad], strict=True)
    assert (report.refused, report.stored, report.bad) == (True, False, 1)
    assert (report.articles, report.events) == (PutArticles(), AppendedEvents(0, 0))
    assert store.log.last() == 0
    assert run(store, [articles], [good], strict=True).stored
    assert store.log.last() == 2


def test_bad_rows_are_left_out_and_the_rest_is_stored(store: Store, tmp_path: Path) -> None:
    """One row in a hundred is bad: each is told by line, all others arrive."""
    rows = [article(str(n)) if n % 100 else {"id": str(n)} for n in range(500)]
    report = run(store, [write(tmp_path, "articles", rows, kind="jsonl")], [])
    assert [(row.line, row.field, row.reason) for row in report.bad_rows] == [
        (n + 1, "title", "is missing") for n in range(0, 500, 100)
    ]
    assert report.articles.added == 495


def test_report_holds_the_first_bad_rows_and_counts_all(store: Store, tmp_path: Path) -> None:
    file = write(tmp_path, "articles", [{"id": str(n)} for n in range(ROWS_SHOWN + 5)], kind="jsonl")
    told: list[BadRow] = []
    report = run(store, [file], [], bad_row=told.append)
    assert report.bad == len(told) == ROWS_SHOWN + 5
    assert report.bad_rows == tuple(told[:ROWS_SHOWN])


def test_articles_are_read_before_events_and_earlier_imports_count(store: Store, tmp_path: Path) -> None:
    old = write(tmp_path, "old", [article("old")], kind="jsonl")
    new = write(tmp_path, "new", [article("new")], kind="jsonl")
    events = write(tmp_path, "events", [event("old"), event("new")], kind="jsonl")
    run(store, [old], [])
    assert run(store, [new], [events]).events == AppendedEvents(2, 0)


def test_event_may_precede_its_article_but_not_the_future(store: Store, tmp_path: Path) -> None:
    articles = write(tmp_path, "articles", [article()], kind="jsonl")
    times = ["1970-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z"]
    report = run(store, [articles], [write(tmp_path, "events", [event(at=at) for at in times], kind="jsonl")])
    [bad] = report.bad_rows
    assert (bad.line, bad.field, bad.reason) == (3, "at", "is in the future: 2026-01-01T00:00:00.000001Z")
    assert report.events.accepted == 2


def test_a_bad_file_of_a_folder_is_named_by_itself(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "md"
    (folder / "posts").mkdir(parents=True)
    (folder / "posts/good.md").write_text("---\ntitle: T\ndate: 2025-01-01\n---\n")
    (folder / "posts/odd.md").write_text("---\ntitle: T\ndate: a: b\n---\n")
    [bad] = run(store, [folder], []).bad_rows
    assert str(bad).startswith(f"{folder}/posts/odd.md:3 has front matter that can't be read")


def test_requests_for_an_article_that_was_taken_down_are_left_out(store: Store, tmp_path: Path) -> None:
    """A log tells of it for as long as readers come; that is no mistake of the log."""
    articles = write(tmp_path, "articles", [article("a", url="/a"), article("b", url="/b")], kind="jsonl")
    log = tmp_path / "access.log"
    log.write_text(
        "".join(
            f'192.0.2.{n} - - [01/Jun/2025:10:00:00 +0000] "GET {path} HTTP/1.1" 200 9 "-" "Mozilla/5.0"\n'
            for n, path in enumerate(("/a", "/b", "/b?from=feed", "/a"))
        )
    )
    run(store, [articles], [])
    store.catalogue.delete(["b"], NOW)
    for again in ([], [articles]):
        report = run(store, again, [log])
        assert report.bad == 0
        assert report.files[-1].left_out == {"request for something else than an article": 2}
    assert [found[0] for found in contents(store)[1]] == ["a", "a"]


def test_articles_dated_ahead_are_stored_with_one_warning(store: Store, tmp_path: Path) -> None:
    ahead = [article(str(n), published_at="2026-01-01T00:00:01Z") for n in range(3)]
    report = run(store, [write(tmp_path, "articles", [*ahead, article()], kind="jsonl")], [])
    assert report.warnings == ("3 articles are dated ahead of now and not shown before. Is the time zone right?",)
    assert report.articles.added == 4


def test_times_without_offset_are_in_the_sites_zone(store: Store, tmp_path: Path) -> None:
    file = write(tmp_path, "articles", [article(published_at="2025-07-01T12:00:00")], kind="jsonl")
    run(store, [file], [], default_zone=zone("Europe/Berlin"))
    assert store.catalogue.get(["a"])["a"].article.published_at == parse_time("2025-07-01T10:00:00Z")


def test_unknown_fields_draw_one_warning_a_file(store: Store, tmp_path: Path) -> None:
    rows = [article(str(n), colour="red", **({"size": 1} if n == 50 else {})) for n in range(100)]
    file = write(tmp_path, "articles", rows, kind="jsonl")
    report = run(store, [file], [])
    assert report.warnings == (f"{file}: unknown fields, left out: colour, size",)
    assert report.articles.added == 100


def test_of_an_id_that_stands_twice_the_last_row_counts_in_the_place_of_the_first(store: Store, tmp_path: Path) -> None:
    rows = [article("a", title="First"), article("b"), article("a", title="Last")]
    file = write(tmp_path, "articles", rows, kind="jsonl")
    report = run(store, [file], [])
    assert [(s.article.id, s.article.title) for s in store.catalogue.scan()] == [("a", "Last"), ("b", "Title of b")]
    assert report.warnings == (f"{file}: 1 row repeats an id read before; the last row of each id counts",)


def test_deleted_article_stays_deleted_and_takes_no_events(store: Store, tmp_path: Path) -> None:
    articles = write(tmp_path, "articles", [article()], kind="jsonl")
    events = write(tmp_path, "events", [event()], kind="jsonl")
    run(store, [articles], [])
    store.catalogue.delete(["a"], NOW)
    report = run(store, [articles], [events])
    assert report.articles == PutArticles(kept_deleted=("a",))
    assert report.warnings[0].startswith("1 article stays deleted, such as a:")
    assert [row.field for row in report.bad_rows] == ["article_id"]
    assert run(store, [], [events]).bad == 1


def test_article_updated_after_its_deletion_comes_back_and_takes_events(store: Store, tmp_path: Path) -> None:
    run(store, [write(tmp_path, "articles", [article(views=5)], kind="jsonl")], [])
    store.catalogue.delete(["a"], parse_time("2025-07-01"))
    back = write(tmp_path, "back", [article(views=5, updated_at="2025-07-02")], kind="jsonl")
    report = run(store, [back], [write(tmp_path, "events", [event()], kind="jsonl")], now=NOW + 1)
    assert (report.articles.updated, report.events.accepted, report.bad) == (1, 1, 0)
    stored = store.catalogue.get(["a"])["a"]
    assert (stored.deleted_at, stored.views_at) == (None, NOW)


@pytest.mark.parametrize("damage", ["absent", "cut", "folder"])
def test_unreadable_file_leaves_the_store_as_it_was(store: Store, tmp_path: Path, damage: str) -> None:
    articles = write(tmp_path, "articles", [article()], kind="jsonl")
    events = write(tmp_path, "events", [event(visitor_id=str(n)) for n in range(5_000)], kind="jsonl", packed=True)
    if damage == "cut":
        events.write_bytes(events.read_bytes()[:-100])
    broken = {"absent": tmp_path / "absent.jsonl", "cut": events, "folder": tmp_path}[damage]
    with pytest.raises(BadInput):
        run(store, [articles], [broken])
    assert store.log.last() == 0


def test_failure_while_storing_leaves_the_store_as_it_was(store: Store, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(description: str, done: float, total: float) -> None:
        if description == "storing events":
            raise Stop

    files = [write(tmp_path, "articles", [article()], kind="jsonl")], [write(tmp_path, "e", [event()], kind="jsonl")]
    with pytest.raises(Stop):
        run(store, *files, progress=stop)
    assert state(store) == ([], [], 0)
    assert run(store, *files).events.accepted == 1


def test_lock_is_not_held_while_files_are_read(store: Store, tmp_path: Path) -> None:
    other = SqliteStore(tmp_path / "store.db", busy_seconds=0)

    def write_meanwhile(description: str, done: float, total: float) -> None:
        if description.startswith("reading"):
            other.log.append_activation("v", NOW)

    files = [write(tmp_path, "articles", [article()], kind="jsonl")], [write(tmp_path, "e", [event()], kind="jsonl")]
    run(store, *files, progress=write_meanwhile)
    assert [entry.kind for entry in store.log.read(0, 9)] == ["activate", "activate", "articles", "events"]
    other.close()


def test_progress_goes_from_nothing_to_all_in_each_step(store: Store, tmp_path: Path) -> None:
    articles = write(tmp_path, "articles", [article(str(n)) for n in range(5_000)], kind="jsonl")
    events = write(tmp_path, "events", [event("0", id=str(n)) for n in range(25_000)], kind="jsonl", packed=True)
    seen: dict[str, list[tuple[float, float]]] = {}
    run(store, [articles], [events], progress=lambda what, done, total: seen.setdefault(what, []).append((done, total)))
    assert list(seen) == ["reading articles.jsonl", "reading events.jsonl.gz", "storing articles", "storing events"]
    for steps in seen.values():
        assert steps == sorted(steps)
        assert len(steps) > 2
        assert steps[-1][0] == steps[-1][1]


def test_ids_may_begin_with_a_dash_and_hold_anything(store: Store, tmp_path: Path) -> None:
    ids = ["-1", "--strict", "a/b", "ä", "🗞️", "x;y|z", "[x]", "a,b", '"', "'; DROP TABLE log; --"]
    for kind in FORMATS:
        articles = write(tmp_path, "articles", [article(i) for i in ids], kind=kind)
        events = write(tmp_path, "events", [event(i, id=i) for i in ids], kind=kind)
        assert run(store, [articles], [events]).bad == 0
    assert [s.article.id for s in store.catalogue.scan()] == ids
    assert store.log.last() == 2


def test_report_of_a_large_body_is_short(store: Store, tmp_path: Path) -> None:
    file = write(tmp_path, "articles", [article(body="x" * 10_000_000), article("b")], kind="jsonl")
    report = run(store, [file], [])
    assert [len(str(row)) < 300 for row in report.bad_rows] == [True]
    assert report.articles.added == 1


def test_articles_arrive_as_they_stand_in_the_file(store: Store, tmp_path: Path) -> None:
    rows = [article(str(n), body=f"<p>{n}</p>", tags=["x"], section=["A", "B"]) for n in range(300)]
    file = write(tmp_path, "articles", rows, kind="jsonl")
    run(store, [file], [])
    reader = RecordReader(Article, UTC)
    assert [s.article for s in store.catalogue.scan()] == [reader.from_json(json.dumps(row)) for row in rows]


def test_report_tells_what_was_understood_of_each_field(store: Store, tmp_path: Path) -> None:
    table = tmp_path / "posts.csv"
    table.write_text("post_id,headline,date,tags\n1,Low tide,2025-01-02,sea;sand\n2,High tide,2025-01-03,\n")
    [file] = run(store, [table], [], dry_run=True).files
    assert file.fields == (
        FieldReport("id", "column post_id", 2, "1"),
        FieldReport("title", "column headline", 2, "Low tide"),
        FieldReport("tags", "column tags", 1, "sea, sand"),
        FieldReport("published_at", "column date", 2, "2025-01-02T00:00:00Z"),
    )


def test_events_may_name_the_address_of_an_article(store: Store, tmp_path: Path) -> None:
    before = write(tmp_path, "before", [article("a", url="https://paper.example/old/a/")], kind="jsonl")
    run(store, [before], [])
    articles = write(tmp_path, "articles", [article("a", url="/new/a"), article("b", url="/b")], kind="jsonl")
    urls = ["https://www.paper.example/old/a?utm_source=x", "/new/a/#top", "http://paper.example/b/amp/", "/c"]
    visits = [{"type": "view", "url": url, "at": "2025-06-01T00:00:00Z", "id": f"e{n}"} for n, url in enumerate(urls)]
    both = event("a", id="both", url="/new/a")
    events = write(tmp_path, "events", [*visits, both], kind="jsonl")
    report = run(store, [articles], [events])
    assert [found[0] for found in contents(store)[1]] == ["a", "a", "b"]
    assert [(bad.line, bad.field) for bad in report.bad_rows] == [(4, "url"), (5, "url")]


def test_events_of_robots_are_left_out_with_a_warning_and_no_agent_is_stored(store: Store, tmp_path: Path) -> None:
    articles = write(tmp_path, "articles", [article()], kind="jsonl")
    browser = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
    told = [event(user_agent="GPTBot/1.2"), event(user_agent=browser, source="n1")]
    report = run(store, [articles], [write(tmp_path, "events", told, kind="csv")])
    assert report.events == AppendedEvents(accepted=1, duplicates=0)
    assert any("1 event is of a robot, by user_agent, and left out" in warning for warning in report.warnings)
    (stored,) = [one for entry in store.log.read(0, 100) for one in entry.events]
    assert (stored.user_agent, stored.source) == (None, "n1")
