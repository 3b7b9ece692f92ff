"""What every store must keep of articles."""

import pytest

from recsys.record import Micros, SectionPath
from recsys.store import AppendedEvents, PutArticles, Store, StoreSize
from tests.recsys.store.opened import HARD_IDS, Opened, OpenStore, article, event, events_of


class CatalogueSuite(Opened):
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

    def test_scan_goes_on_while_others_write(self, store: Store, reopen: OpenStore) -> None:
        store.catalogue.put([article(str(number)) for number in range(600)], 1, restore=True)
        scan = reopen().catalogue.scan()
        next(scan)
        store.catalogue.delete(["599"], 2)
        rest = list(scan)
        assert len(rest) == 599
        assert rest[-1].deleted_at == 2
