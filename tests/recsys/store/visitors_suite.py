"""What every store must do for visitors who want their events, or want to be forgotten."""

import threading
from contextlib import suppress

import pytest

from recsys.errors import StoreFailed
from recsys.histories import visitor_digest
from recsys.store import AppendedEvents, Store
from tests.recsys.store.opened import (
    HARD_IDS,
    Opened,
    OpenStore,
    event,
    events_of,
    of_visitor,
)


class VisitorsSuite(Opened):
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
