"""What every store must keep, whichever database it is on: one subclass of StoreSuite per store."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from recsys.article import Article
from recsys.event import Event
from recsys.record import Micros, SectionPath
from recsys.store import AppendedEvents, Entry, PutArticles, Store

OpenStore = Callable[[], Store]

HARD_IDS = [
    "-1",
    "--help",
    "a/b",
    "a%2Fb",
    "..a",
    " ",
    "'; DROP TABLE log; --",
    "\u00c4rger",
    "A\u0308rger",
    "記事",
    "🗞️",
    "é" * 256,
]


class Undo(Exception):
    """What goes wrong inside a transaction."""


@contextmanager
def undone(store: Store) -> Iterator[None]:
    """A transaction that fails at its end."""
    with suppress(Undo), store.transaction():
        yield
        raise Undo


def article(article_id: str = "a", **fields: object) -> Article:
    return Article(**({"id": article_id, "title": "A title", "published_at": Micros(1)} | fields))


def event(event_id: str | None = None, article_id: str = "a", at: int = 1) -> Event:
    return Event(id=event_id, type="view", article_id=article_id, at=Micros(at))


def events_of(entries: list[Entry]) -> list[Event]:
    return [event for entry in entries for event in entry.events]


class StoreSuite:
    """`reopen` opens the same store once more: another connection, as another process would have."""

    def open(self, folder: Path) -> Store:
        raise NotImplementedError

    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Iterator[OpenStore]:
        with ExitStack() as opened:

            def reopen() -> Store:
                store = self.open(tmp_path)
                opened.callback(store.close)
                return store

            yield reopen

    @pytest.fixture
    def store(self, reopen: OpenStore) -> Store:
        return reopen()

    # The change log

    def test_new_store_is_empty(self, store: Store) -> None:
        assert store.log.last() == 0
        assert store.log.read(0, 10) == []
        assert list(store.catalogue.scan()) == []

    def test_log_keeps_every_change_in_order_and_without_gaps(self, store: Store) -> None:
        store.catalogue.put([article("a"), article("b")], 10, restore=True)
        store.log.append_events([event("1", "a"), event("2", "b")], 20)
        store.catalogue.delete(["b"], 30)
        store.log.append_activation("v1", 40)
        assert store.log.read(0, 10) == [
            Entry(seq=1, at=10, kind="articles", ids=("a", "b")),
            Entry(seq=2, at=20, kind="events", events=(event("1", "a"), event("2", "b"))),
            Entry(seq=3, at=30, kind="articles", ids=("b",)),
            Entry(seq=4, at=40, kind="activate", ids=("v1",)),
        ]
        assert store.log.last() == 4

    def test_log_is_read_in_pieces(self, store: Store) -> None:
        for number in range(5):
            store.log.append_events([event(str(number))], number)
        assert [entry.seq for entry in store.log.read(1, 2)] == [2, 3]
        assert [entry.seq for entry in store.log.read(3, 9)] == [4, 5]
        assert store.log.read(5, 9) == []

    def test_event_keeps_every_field(self, store: Store) -> None:
        full = Event(
            id="e", type="click", article_id="a", visitor_id="v", session_id="s", at=Micros(-5), value=0.1,
            list="related", position=3, request_id="r", variant="B",
        )  # fmt: skip
        store.log.append_events([full], 1)
        assert events_of(store.log.read(0, 1)) == [full]

    def test_event_id_counts_once_in_a_batch_and_across_batches(self, store: Store) -> None:
        assert store.log.append_events([event("1", at=1), event("1", at=2), event("2")], 5) == AppendedEvents(2, 1)
        assert store.log.append_events([event("2"), event("3")], 6) == AppendedEvents(1, 1)
        assert [(e.id, e.at) for e in events_of(store.log.read(0, 9))] == [("1", 1), ("2", 1), ("3", 1)]

    def test_events_without_id_are_always_new(self, store: Store) -> None:
        assert store.log.append_events([event(), event()], 5) == AppendedEvents(2, 0)
        assert store.log.append_events([event()], 5) == AppendedEvents(1, 0)

    def test_nothing_new_makes_no_entry(self, store: Store) -> None:
        store.log.append_events([event("1")], 5)
        store.log.append_events([event("1")], 6)
        store.log.append_events([], 7)
        assert store.log.last() == 1

    def test_large_batch_becomes_entries_of_a_thousand_events(self, store: Store) -> None:
        batch = [event(str(number)) for number in range(2_500)]
        store.log.append_events(batch, 5)
        entries = store.log.read(0, 10)
        assert [len(entry.events) for entry in entries] == [1_000, 1_000, 500]
        assert events_of(entries) == batch

    # Transactions and connections

    def test_failed_transaction_leaves_nothing(self, store: Store, reopen: OpenStore) -> None:
        store.log.append_events([event("1")], 1)
        with undone(store):
            store.catalogue.put([article("a")], 2, restore=True)
            store.log.append_events([event("2")], 2)
            assert store.log.last() == 3
        for seen in (store, reopen()):
            assert seen.log.last() == 1
            assert list(seen.catalogue.scan()) == []
            assert events_of(seen.log.read(0, 9)) == [event("1")]
        assert store.log.append_events([event("2")], 3) == AppendedEvents(1, 0)

    def test_failed_inner_transaction_leaves_the_outer(self, store: Store) -> None:
        with store.transaction():
            store.log.append_events([event("1")], 1)
            with undone(store):
                store.log.append_events([event("2")], 1)
            store.log.append_events([event("3")], 1)
        assert [e.id for e in events_of(store.log.read(0, 9))] == ["1", "3"]

    def test_outer_failure_undoes_what_an_inner_transaction_finished(self, store: Store) -> None:
        with undone(store), store.transaction():
            store.log.append_events([event("1")], 1)
        assert store.log.last() == 0

    def test_other_connection_sees_a_change_when_it_is_complete(self, store: Store, reopen: OpenStore) -> None:
        other = reopen()
        assert other.log.last() == 0
        with store.transaction():
            store.log.append_events([event("1")], 1)
            assert other.log.last() == 0
        assert other.log.last() == 1
        other.log.append_events([event("2")], 2)
        assert store.log.last() == 2
        assert store.log.append_events([event("2")], 3) == AppendedEvents(0, 1)
        assert other.log.last() == 2

    def test_everything_outlives_a_restart(self, store: Store, reopen: OpenStore) -> None:
        store.catalogue.put([article("a"), article("b")], 1, restore=True)
        store.log.append_events([event("1")], 2)
        store.catalogue.delete(["a"], 3)
        articles, entries = list(store.catalogue.scan()), store.log.read(0, 9)
        store.close()
        again = reopen()
        assert list(again.catalogue.scan()) == articles
        assert again.log.read(0, 9) == entries
        assert again.log.append_events([event("1"), event("2")], 4) == AppendedEvents(1, 1)
        assert again.catalogue.put([article("c")], 5, restore=True).added == 1
        assert again.catalogue.get(["c"])["c"].row == 2

    # The catalogue

    def test_article_keeps_every_field(self, store: Store) -> None:
        full = article(
            "a", body="<p>Text</p>", url="https://example.org/a", section=SectionPath(("News", "Council")),
            tags=("x", "y"), authors=("N. N.",), language="de", translation_of="b", updated_at=Micros(2),
            expires_at=Micros(3), evergreen=True, labels=("paid",), image_url="/a.png", views=10, likes=0,
        )  # fmt: skip
        store.catalogue.put([full], 7, restore=True)
        assert store.catalogue.get(["a"])["a"].article == full

    def test_rows_are_in_order_of_arrival_and_stay(self, store: Store) -> None:
        store.catalogue.put([article("b"), article("a")], 1, restore=True)
        store.catalogue.delete(["b"], 2)
        store.catalogue.put([article("c"), article("a", title="New"), article("b")], 3, restore=True)
        assert {s.article.id: s.row for s in store.catalogue.scan()} == {"b": 0, "a": 1, "c": 2}
        assert [s.row for s in store.catalogue.scan()] == [0, 1, 2]

    def test_put_says_what_became_of_each(self, store: Store) -> None:
        put = store.catalogue.put([article("a"), article("b"), article("a", title="New")], 1, restore=True)
        assert put == PutArticles(added=2, updated=1)
        put = store.catalogue.put([article("a", title="New"), article("b", title="New")], 2, restore=True)
        assert put == PutArticles(updated=1, unchanged=1)
        assert store.log.read(0, 9)[-1].ids == ("b",)

    def test_unchanged_article_makes_no_entry_and_keeps_the_time_of_its_totals(self, store: Store) -> None:
        store.catalogue.put([article("a", views=5)], 1, restore=True)
        assert store.catalogue.put([article("a", views=5)], 2, restore=True) == PutArticles(unchanged=1)
        assert store.log.last() == 1
        assert store.catalogue.get(["a"])["a"].views_at == 1

    def test_totals_have_the_time_of_the_record_that_changed_them(self, store: Store) -> None:
        def totals_at(now: int, **fields: object) -> tuple[int, int]:
            store.catalogue.put([article("a", **fields)], now, restore=True)
            stored = store.catalogue.get(["a"])["a"]
            return stored.views_at, stored.likes_at

        assert totals_at(1) == (0, 0)
        assert totals_at(2, views=5) == (2, 0)
        assert totals_at(3, views=5, likes=0) == (2, 3)
        assert totals_at(4, views=6, likes=0) == (4, 3)
        assert totals_at(5, views=6, title="New") == (4, 0)

    def test_delete_names_those_that_were_there(self, store: Store) -> None:
        store.catalogue.put([article("a"), article("b")], 1, restore=True)
        assert store.catalogue.delete(["b", "unknown", "b"], 2) == ("b",)
        assert store.catalogue.delete(["b"], 3) == ()
        assert store.log.last() == 2
        assert store.catalogue.get(["b"])["b"].deleted_at == 2

    def test_put_restores_a_deleted_article_with_its_counts(self, store: Store) -> None:
        store.catalogue.put([article("a", views=5)], 1, restore=True)
        store.catalogue.delete(["a"], 2)
        assert store.catalogue.put([article("a", views=5)], 3, restore=True) == PutArticles(updated=1)
        stored = store.catalogue.get(["a"])["a"]
        assert (stored.deleted_at, stored.views_at, stored.row) == (None, 1, 0)
        assert store.log.last() == 3

    @pytest.mark.parametrize(("updated_at", "back"), [(None, False), (99, False), (100, False), (101, True)])
    def test_import_restores_only_what_was_written_after_the_deletion(
        self, store: Store, updated_at: int | None, back: bool
    ) -> None:
        store.catalogue.put([article("a")], 1, restore=False)
        store.catalogue.delete(["a"], 100)
        record = article("a", title="New", updated_at=None if updated_at is None else Micros(updated_at))
        put = store.catalogue.put([record], 200, restore=False)
        stored = store.catalogue.get(["a"])["a"]
        assert put == (PutArticles(updated=1) if back else PutArticles(kept_deleted=("a",)))
        assert (stored.deleted_at is None) == back
        assert stored.article.title == ("New" if back else "A title")

    def test_get_leaves_out_what_never_arrived(self, store: Store) -> None:
        store.catalogue.put([article("a")], 1, restore=True)
        assert set(store.catalogue.get(["a", "b", "\ud800", "a\0"])) == {"a"}

    def test_ids_are_told_apart_byte_by_byte(self, store: Store) -> None:
        store.catalogue.put([article(hard) for hard in HARD_IDS], 1, restore=True)
        assert [s.article.id for s in store.catalogue.scan()] == HARD_IDS
        assert list(store.catalogue.get(HARD_IDS)) == HARD_IDS
        assert store.log.append_events([event(hard, hard) for hard in HARD_IDS], 2) == AppendedEvents(len(HARD_IDS), 0)
        assert [e.article_id for e in events_of(store.log.read(1, 9))] == HARD_IDS

    def test_scan_goes_on_while_others_write(self, store: Store, reopen: OpenStore) -> None:
        store.catalogue.put([article(str(number)) for number in range(600)], 1, restore=True)
        scan = reopen().catalogue.scan()
        next(scan)
        store.catalogue.delete(["599"], 2)
        rest = list(scan)
        assert len(rest) == 599
        assert rest[-1].deleted_at == 2
