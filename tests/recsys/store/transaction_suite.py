"""What every store must keep of transactions, other connections and restarts."""

from recsys.store import AppendedEvents, Store
from tests.recsys.store.opened import Opened, OpenStore, article, event, events_of, undone


class TransactionSuite(Opened):
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
