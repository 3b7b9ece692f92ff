"""What every store must keep, whichever database it is on: one subclass of StoreSuite per store."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal

from recsys.article import Article
from recsys.errors import Outdated, StoreFailed
from recsys.event import Event
from recsys.event_block import EventBlock
from recsys.histories import visitor_digest
from recsys.keys import new_key
from recsys.record import Micros, SectionPath
from recsys.rules.rule import Rule, RuleSet, Selection
from recsys.store import AppendedEvents, Entry, PutArticles, Revision, Store, StoreSize, unpack_block

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


def of_visitor(event_id: str, visitor_id: str) -> Event:
    return Event(id=event_id, type="view", article_id="a", visitor_id=visitor_id, at=Micros(1))


def events_of(entries: list[Entry]) -> list[Event]:
    return [event for entry in entries for event in entry.events]


def rule_set(*tags: str) -> RuleSet:
    return RuleSet(rules=tuple(Rule(kind="bury", articles=Selection(tags=(tag,)), ends_at=Micros(5)) for tag in tags))


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

    def test_batches_of_several_senders_share_an_entry_and_are_counted_one_by_one(self, store: Store) -> None:
        store.log.append_events([event("known")], 1)
        batches = [[event("1"), event("known")], [], [event("1", at=2), event(), event("2")], [event("2", at=2)]]
        expected = [AppendedEvents(1, 1), AppendedEvents(0, 0), AppendedEvents(2, 1), AppendedEvents(0, 1)]
        assert store.log.append_batches(batches, 5) == expected
        assert store.log.append_batches([[event("3")], [event("4")]], 6) == [AppendedEvents(1, 0)] * 2
        entries = store.log.read(1, 9)
        assert [[(e.id, e.at) for e in entry.events] for entry in entries] == [
            [("1", 1), (None, 1), ("2", 1)],
            [("3", 1), ("4", 1)],
        ]
        assert store.log.append_batches([[event("1")], [event("4")]], 7) == [AppendedEvents(0, 1)] * 2
        assert store.log.append_batches([], 7) == []
        assert store.log.last() == 3

    def test_large_batch_becomes_entries_of_a_thousand_events(self, store: Store) -> None:
        batch = [event(str(number)) for number in range(2_500)]
        store.log.append_events(batch, 5)
        entries = store.log.read(0, 10)
        assert [len(entry.events) for entry in entries] == [1_000, 1_000, 500]
        assert events_of(entries) == batch

    def test_the_tail_holds_what_is_read_with_events_as_columns(self, store: Store) -> None:
        store.log.append_events([event(str(number), "a", at=number) for number in range(40)], 5)
        store.catalogue.put([article("a")], 6, restore=True)
        store.log.append_events([of_visitor("x", "é")], 7)
        read, tail = store.log.read(0, 9), store.log.tail(0, 9)
        assert [(entry.seq, entry.at, entry.kind, entry.ids) for entry in tail] == [
            (entry.seq, entry.at, entry.kind, entry.ids) for entry in read
        ]
        block, expected = unpack_block(entry.packed for entry in tail if entry.packed), EventBlock.of(events_of(read))
        assert block.ids == expected.ids
        for name in ("article", "kind", "value", "at", "reader", "visitor", "source"):
            assert_array_equal(getattr(block, name), getattr(expected, name))

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
        assert [s.article.id for s in store.catalogue.scan([0, 2])] == ["b", "c"]

    def test_whatever_changes_an_article_changes_its_check(self, store: Store) -> None:
        """A training reads again only articles whose check is another."""
        catalogue = store.catalogue
        catalogue.put([article("a"), article("b"), article("c", views=5)], 1, restore=True)
        first = catalogue.checks()
        catalogue.put([article("a", title="New"), article("b"), article("c", views=5), article("d")], 2, restore=True)
        second = catalogue.checks()
        assert [one != other for one, other in zip(first, second, strict=False)] == [True, False, False]
        assert len(second) == 4
        catalogue.delete(["b"], 3)
        catalogue.put([article("c", views=6)], 3, restore=True)
        third = catalogue.checks()
        assert [one != other for one, other in zip(second, third, strict=True)] == [False, True, True, False]

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

    def test_address_leads_to_its_article_from_then_on(self, store: Store) -> None:
        store.catalogue.put([article("a", url="https://paper.example/a")], 1, restore=True)
        store.catalogue.put([article("a", url="https://paper.example/moved")], 2, restore=True)
        asked = ["https://paper.example/a/", "/moved", "https://other.example/a", "/elsewhere", "\ud800", "mailto:a"]
        assert store.catalogue.at_addresses(asked) == {"https://paper.example/a/": "a", "/moved": "a"}

    def test_address_given_to_another_article_leads_there(self, store: Store) -> None:
        store.catalogue.put([article("a", url="/x"), article("b", url="/x")], 1, restore=True)
        assert store.catalogue.at_addresses(["/x"]) == {"/x": "b"}

    def test_size_is_what_was_put_in(self, store: Store) -> None:
        assert store.size() == StoreSize(0, 0, 0, 0)
        store.catalogue.put([article("a", body="x" * 1_000), article("b")], 1, restore=True)
        store.log.append_events([event("1"), event("2")], 2)
        size = store.size()
        assert (size.articles, size.events) == (2, 2)
        assert size.article_bytes > 1_000
        assert size.log_bytes > 10

    # The rules

    def test_new_store_has_no_rules(self, store: Store) -> None:
        assert store.rules.current() == Revision()
        assert store.rules.history(9) == []

    def test_rules_are_kept_by_revision_with_who_and_when(self, store: Store, reopen: OpenStore) -> None:
        first = store.rules.replace(rule_set("x"), by="Ada", now=10)
        second = store.rules.replace(rule_set("x", "y"), by="local", now=20)
        assert (first.number, second.number) == (1, 2)
        assert reopen().rules.current() == Revision(2, 20, "local", rule_set("x", "y"))
        assert store.rules.history(9) == [second, first]
        assert store.rules.history(1) == [second]

    def test_rules_as_they_were_before_a_moment(self, store: Store) -> None:
        first = store.rules.replace(rule_set("x"), by="a", now=10)
        second = store.rules.replace(rule_set(), by="a", now=20)
        assert [store.rules.current(before) for before in (10, 11, 20, 21)] == [Revision(), first, first, second]

    def test_log_tells_of_other_rules_and_of_nothing_else(self, store: Store) -> None:
        made = store.rules.replace(rule_set("x"), by="a", now=10)
        assert store.rules.replace(rule_set("x"), by="b", now=20) == made
        assert store.log.read(0, 9) == [Entry(seq=1, at=10, kind="rules", ids=("1",))]

    def test_no_change_of_the_rules_is_lost(self, store: Store, reopen: OpenStore) -> None:
        read = store.rules.current().number
        reopen().rules.replace(rule_set("theirs"), by="a", now=10, expected=read)
        with pytest.raises(Outdated, match="revision 1"):
            store.rules.replace(rule_set("ours"), by="b", now=20, expected=read)
        assert store.rules.current().rules == rule_set("theirs")
        assert store.log.last() == 1

    def test_rules_of_a_transaction_that_fails_are_not_there(self, store: Store) -> None:
        with undone(store):
            store.rules.replace(rule_set("x"), by="a", now=10)
        assert store.rules.current() == Revision()
        assert store.log.last() == 0

    def test_scan_goes_on_while_others_write(self, store: Store, reopen: OpenStore) -> None:
        store.catalogue.put([article(str(number)) for number in range(600)], 1, restore=True)
        scan = reopen().catalogue.scan()
        next(scan)
        store.catalogue.delete(["599"], 2)
        rest = list(scan)
        assert len(rest) == 599
        assert rest[-1].deleted_at == 2

    # Keys

    def test_keys_are_kept_with_all_that_is_known_of_them(self, store: Store, reopen: OpenStore) -> None:
        assert store.keys.all() == []
        made = [
            new_key("publishable", "the site \u2713", ("https://example.org", "https://b.example"), 1)[0],
            new_key("admin", "", (), 2)[0],
        ]
        for key in made:
            store.keys.add(key, 3)
        assert store.keys.all() == reopen().keys.all() == made
        assert [entry.kind for entry in store.log.read(0, 9)] == ["keys", "keys"]

    def test_a_key_is_revoked_once_and_stays_in_sight(self, store: Store, reopen: OpenStore) -> None:
        key, other = new_key("secret", "", (), 1)[0], new_key("secret", "", (), 2)[0]
        for one in (key, other):
            store.keys.add(one, 1)
        assert store.keys.revoke(key.id, 5)
        assert not store.keys.revoke(key.id, 6)
        assert not store.keys.revoke("unknown", 6)
        assert [found.revoked_at for found in reopen().keys.all()] == [5, None]
        assert store.log.last() == 3

    # Visitors

    def test_a_visitors_events_are_found_in_the_order_of_the_log(self, store: Store) -> None:
        store.log.append_events([of_visitor("1", "v"), of_visitor("2", "w"), of_visitor("3", "v")], 1)
        store.log.append_events([of_visitor("4", "vv"), of_visitor("5", "v"), event("6", article_id="v")], 2)
        assert [e.id for e in store.visitors.events("v")] == ["1", "3", "5"]
        assert store.visitors.events("nobody") == []

    def test_an_erased_visitor_is_in_no_entry_and_all_others_are_where_they_were(
        self, store: Store, reopen: OpenStore
    ) -> None:
        store.log.append_events([of_visitor("1", "v"), of_visitor("2", "w")], 1)
        store.log.append_events([of_visitor("3", "v")], 2)
        store.log.append_events([of_visitor("4", "w"), event("5")], 3)
        assert store.visitors.erasures(0) == []
        assert store.visitors.erase("v", 4) == 2
        for seen in (store, reopen()):
            entries = seen.log.read(0, 9)
            assert [[e.id for e in entry.events] for entry in entries] == [["2"], [], ["4", "5"], []]
            assert [(entry.seq, entry.at) for entry in entries] == [(1, 1), (2, 2), (3, 3), (4, 4)]
            assert (entries[3].kind, entries[3].ids) == ("erase", (visitor_digest("v"),))
            assert seen.visitors.erasures(0) == seen.visitors.erasures(3) == [entries[3]]
            assert seen.visitors.erasures(4) == []
        assert store.visitors.events("v") == []

    def test_erasures_at_the_same_time_bring_nobody_back(self, store: Store, reopen: OpenStore) -> None:
        """Each rewrites entries that hold the other's visitors too: it must not write what it had read before."""
        visitors = [f"visitor-{number}" for number in range(16)]
        for number in range(40):
            store.log.append_events([of_visitor(f"{number}-{visitor}", visitor) for visitor in visitors], 1)

        def erase(own: Store, some: list[str]) -> None:
            for visitor in some:
                while True:
                    with suppress(StoreFailed):  # the other is at it: an erasure that fails is sent again
                        own.visitors.erase(visitor, 2)
                        break

        threads = [threading.Thread(target=erase, args=(reopen(), visitors[half::2])) for half in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [visitor for visitor in visitors if store.visitors.events(visitor)] == []
        assert events_of(store.log.read(0, 1_000)) == []

    def test_an_erased_visitors_events_do_not_come_back_by_being_sent_again(self, store: Store) -> None:
        store.log.append_events([of_visitor("1", "v")], 1)
        store.visitors.erase("v", 2)
        assert store.log.append_events([of_visitor("1", "v"), of_visitor("2", "v")], 3) == AppendedEvents(1, 1)
        assert store.visitors.erase("v", 4) == 1

    def test_events_before_a_moment_are_purged(self, store: Store) -> None:
        store.log.append_events([event("1", at=5), event("2", at=10), event("3", at=9)], 1)
        store.log.append_events([event("4", at=3)], 2)
        assert store.visitors.purge(10) == 3
        assert [[e.id for e in entry.events] for entry in store.log.read(0, 9)] == [["2"], []]
        assert store.visitors.purge(10) == 0

    @pytest.mark.parametrize("visitor_id", HARD_IDS)
    def test_any_id_can_be_erased(self, store: Store, visitor_id: str) -> None:
        store.log.append_events([of_visitor(str(n), hard) for n, hard in enumerate(HARD_IDS)], 1)
        assert store.visitors.erase(visitor_id, 2) == 1
        assert {e.visitor_id for e in events_of(store.log.read(0, 9))} == set(HARD_IDS) - {visitor_id}
