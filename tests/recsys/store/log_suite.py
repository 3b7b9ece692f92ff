"""What every store must keep of the change log."""

from numpy.testing import assert_array_equal

from recsys.event import Event
from recsys.event_block import EventBlock
from recsys.record import Micros
from recsys.store import AppendedEvents, Entry, Store, unpack_block
from tests.recsys.store.opened import Opened, article, event, events_of, of_visitor


class LogSuite(Opened):
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
