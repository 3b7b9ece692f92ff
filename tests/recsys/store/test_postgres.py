import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from recsys.errors import BadInput, NotFound, StoreFailed
from recsys.home import Home
from recsys.keys import new_key
from recsys.store import AppendedEvents, Entry, Store
from recsys.store.opening import has_store, open_store
from recsys.store.postgres import PostgresStore
from recsys.store.postgres_database import FORMAT
from tests.recsys.store.opened import article, event, events_of, of_visitor, rule_set, undone
from tests.recsys.store.postgres_server import PostgresServer
from tests.recsys.store.suite import StoreSuite


class TestPostgresStore(StoreSuite):
    @pytest.fixture(autouse=True)
    def _address(self, postgres: str) -> None:
        self.address = postgres

    def open(self, folder: Path) -> Store:
        return PostgresStore(self.address, busy_seconds=0.1)


@pytest.fixture
def address(postgres: str) -> str:
    """Of a store with one article, one entry of many events, one of a single event, a key and a rule."""
    with closing(PostgresStore(postgres)) as store:
        store.catalogue.put([article("a", body="Some text. " * 20)], 1, restore=True)
        store.log.append_events([event(str(number)) for number in range(100)], 2)
        store.log.append_events([event("last")], 3)
        store.rules.replace(rule_set("x"), by="Ada", now=4)
        store.keys.add(new_key("publishable", "", ("https://example.org",), 1)[0], 5)
    return postgres


def edit(address: str, statement: str) -> list[tuple[Any, ...]]:
    """Changes the tables behind the store's back."""
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ("UPDATE log SET at = at + 1 WHERE seq = 2", lambda store: store.log.read(0, 9)),
        ("UPDATE log SET kind = 'articles' WHERE seq = 2", lambda store: store.log.read(0, 9)),
        ("UPDATE log SET payload = set_bit(payload, 7, 1 - get_bit(payload, 7))", lambda store: store.log.read(0, 9)),
        ("UPDATE articles SET views_at = 7", lambda store: list(store.catalogue.scan())),
        ("UPDATE articles SET id = 'b'", lambda store: store.catalogue.get(["b"])),
        ("UPDATE rules SET by = 'x'", lambda store: store.rules.current()),
        ("UPDATE keys SET scope = 'admin'", lambda store: store.keys.all()),
    ],
)
def test_changed_column_is_noticed(address: str, change: str, read: Callable[[Store], object]) -> None:
    edit(address, change)
    with closing(PostgresStore(address)) as store, pytest.raises(BadInput, match="is damaged"):
        read(store)


@pytest.mark.parametrize("lost", [2, 5])
def test_missing_entry_is_noticed(address: str, lost: int) -> None:
    """The newest one too."""
    edit(address, f"DELETE FROM log WHERE seq = {lost}")
    with (
        closing(PostgresStore(address)) as store,
        pytest.raises(BadInput, match=f"entry {lost} of the change log is missing"),
    ):
        store.log.read(0, 9)


def test_other_format_and_other_programs_tables_are_refused_and_left_alone(address: str) -> None:
    edit(address, f"UPDATE store_format SET format = {FORMAT + 1}")
    with pytest.raises(BadInput, match=f"has store format {FORMAT + 1}, this version of recsys reads format {FORMAT}"):
        PostgresStore(address)
    edit(address, "DROP TABLE store_format")
    with pytest.raises(BadInput, match="is the database of another program"):
        PostgresStore(address)
    assert edit(address, "SELECT count(*) FROM log") == [(5,)]


@pytest.mark.parametrize(
    ("address", "error", "said"),
    [
        (
            "postgresql://recsys@127.0.0.1:1/none?connect_timeout=2",
            StoreFailed,
            "database none on 127.0.0.1: .*refused",
        ),
        ("postgresql://user:secret@/db?unknown=1", BadInput, "Expected postgresql://user@host/database"),
    ],
)
def test_what_can_not_be_reached_is_told_without_the_password(address: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as raised:
        PostgresStore(address)
    assert "secret" not in str(raised.value)


def test_search_path_that_leads_nowhere_is_told(postgres_server: PostgresServer) -> None:
    with pytest.raises(BadInput, match="search_path does not exist"):
        PostgresStore(postgres_server.address("nowhere"))


def test_environment_chooses_the_database(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path)
    monkeypatch.setenv("RECSYS_STORE", postgres)
    assert not has_store(home)
    with pytest.raises(NotFound, match="is empty"):
        open_store(home, read_only=True)
    with closing(open_store(home)) as store:
        store.log.append_activation("v", 1)
    assert has_store(home)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("RECSYS_STORE", "mysql://x")
    with pytest.raises(BadInput, match="expected postgresql://"):
        open_store(home)
    monkeypatch.delenv("RECSYS_STORE")
    with closing(open_store(home)) as store:
        assert store.log.last() == 0


def test_reader_sees_what_a_writer_adds_and_can_write_nothing(address: str) -> None:
    with closing(PostgresStore(address, read_only=True)) as reader, closing(PostgresStore(address)) as writer:
        writer.log.append_activation("v", 4)
        assert reader.log.last() == 6
        with pytest.raises(StoreFailed, match="can't be written"):
            reader.log.append_activation("w", 5)


def test_second_writer_gives_up_after_its_patience(address: str) -> None:
    with closing(PostgresStore(address)) as first, closing(PostgresStore(address, busy_seconds=0.01)) as second:
        with first.transaction():
            with pytest.raises(StoreFailed, match="another process has been writing for too long"):
                second.log.append_events([event("x")], 5)
            assert second.log.last() == 5
        second.log.append_events([event("x")], 5)
        assert first.log.last() == 6


@pytest.mark.parametrize("seed", range(3))
def test_one_who_tails_the_log_sees_every_entry_in_its_order_whoever_writes(postgres: str, seed: int) -> None:
    """Numbers from a sequence would be seen in the order of commits: a reader that had seen 8 would never read 7."""
    PostgresStore(postgres).close()
    writers, each = 4, 25
    kept: list[str] = []

    def write(number: int) -> None:
        chance = random.Random(seed * writers + number)
        with closing(PostgresStore(postgres)) as store:
            for index in range(each):
                name, fails = f"{number}-{index}", chance.random() < 0.2
                with undone(store) if fails else store.transaction():
                    store.log.append_events([event(name), event(f"shared-{index}")], 5)
                    time.sleep(chance.choice([0.0, 0.0, 0.003]))
                    if chance.random() < 0.3:  # waits for the disk before others may write; events alone do not
                        store.catalogue.put([article(name)], 5, restore=True)
                if not fails:
                    kept.append(name)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    seen: list[Entry] = []
    with closing(PostgresStore(postgres, read_only=True)) as reader:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) or reader.log.last() > len(seen):
            newest = reader.log.last()
            assert newest >= len(seen), "the log became shorter"
            found = reader.log.read(len(seen), 3)  # raises BadInput where one is missing
            assert len(found) >= min(3, newest - len(seen)), "less is there than was said"
            seen += found
        rows = [stored.row for stored in reader.catalogue.scan()]
    stored = edit(postgres, "SELECT seq FROM log ORDER BY seq")
    assert [entry.seq for entry in seen] == [seq for (seq,) in stored]
    names = [one.id or "" for one in events_of(seen)]
    assert sorted(name for name in names if not name.startswith("shared")) == sorted(kept)
    assert len(names) == len(set(names)), "an event twice"
    assert rows == list(range(len(rows)))


def test_what_waits_for_the_disk_keeps_nobody_from_writing_and_is_seen_by_nobody(address: str) -> None:
    """A crash can take it away: a reader that had seen it would go on behind an entry that is another one by then."""

    def append(*ids: str) -> None:
        with closing(PostgresStore(address)) as store:
            took.append(store.log.append_events([event(one) for one in ids], 6))

    took: list[AppendedEvents] = []
    deadline = time.monotonic() + 30
    with closing(PostgresStore(address)) as store, closing(PostgresStore(address)) as disk:
        disk._database._session.together("BEGIN", disk._database._flush_lock)
        threads = [threading.Thread(target=append, args=ids) for ids in (("a",), ("b", "c"), ("a",))]
        for count, thread in enumerate(threads, start=1):
            thread.start()
            waiting = f"SELECT count(*) >= {count} FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while edit(address, waiting) != [(True,)]:
                assert time.monotonic() < deadline, "one does not wait for the disk"
                time.sleep(0.01)
        assert edit(address, "SELECT max(seq) FROM log") == [(7,)]
        assert store.log.last() == 5
        assert store.log.read(4, 9) == store.log.read(4, 1)
        assert took == [], "the third one sends a duplicate, and waits all the same"
        disk._database._session.together("COMMIT")
        for thread in threads:
            thread.join()
        assert sorted(one.accepted for one in took) == [0, 1, 2]
        assert [one.id for one in events_of(store.log.read(5, 9))] == ["a", "b", "c"]


def test_many_who_come_first_make_the_tables_once(postgres: str) -> None:
    opened: list[Store] = []
    threads = [threading.Thread(target=lambda: opened.append(PostgresStore(postgres))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.log.last() for store in opened] == [0] * 4
    for store in opened:
        store.close()


def test_an_address_longer_than_an_entry_of_an_index_leads_to_its_article(postgres: str) -> None:
    url = "https://example.org/" + "é" * 1_900  # six bytes each
    with closing(PostgresStore(postgres)) as store:
        store.catalogue.put([article("a", url=url)], 1, restore=True)
        assert store.catalogue.at_addresses([url, url + "er"]) == {url: "a"}


def _until(answers: Callable[[], object], seconds: float = 10.0) -> float:
    """Seconds until that raises StoreFailed no more."""
    began = time.monotonic()
    while True:
        try:
            answers()
            return time.monotonic() - began
        except StoreFailed:
            assert time.monotonic() - began < seconds
            time.sleep(0.02)


def test_a_lost_connection_is_told_at_once_and_comes_back_by_itself(address: str) -> None:
    with closing(PostgresStore(address)) as store:
        edit(address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'recsys'")
        with pytest.raises(StoreFailed, match="has closed the connection"):
            store.log.last()
        with pytest.raises(StoreFailed, match="is away"):
            store.log.last()
        _until(store.log.last)
        assert store.log.append_events([event("new"), event("last")], 6) == AppendedEvents(1, 1)


def test_a_transaction_whose_connection_is_lost_takes_no_effect_and_does_not_go_on_in_the_next(address: str) -> None:
    """Else what follows the loss would be stored without what came before it: half of a batch."""

    def lose_and_go_on(store: Store) -> None:
        with store.transaction():
            store.log.append_events([event("before")], 6)
            edit(address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'recsys'")
            with pytest.raises(StoreFailed):
                store.log.append_events([event("at the loss")], 6)
            time.sleep(0.5)  # by now there is another connection
            with pytest.raises(StoreFailed, match="has already undone this transaction"):
                store.log.append_events([event("after")], 6)

    with closing(PostgresStore(address)) as store:
        with pytest.raises(StoreFailed, match="has already undone this transaction"):
            lose_and_go_on(store)
        _until(store.log.last)
        assert store.log.last() == 5


def test_a_failed_statement_undoes_the_transaction_even_if_nobody_minds(address: str) -> None:
    """PostgreSQL answers the COMMIT of a failed transaction without an error."""

    def fail_and_go_on(store: PostgresStore) -> None:
        with store.transaction():
            store.log.append_activation("v", 6)
            with pytest.raises(psycopg.errors.DivisionByZero):
                store._database.rows("SELECT 1 / 0")

    with closing(PostgresStore(address)) as store:
        with pytest.raises(StoreFailed, match="has already undone this transaction"):
            fail_and_go_on(store)
        assert store.log.last() == 5
        store.log.append_activation("v", 7)


def test_one_who_is_gone_does_not_keep_others_from_writing(address: str) -> None:
    """A machine that was cut off in the middle of a transaction holds the lock of all writers."""

    def fall_silent(first: PostgresStore, second: PostgresStore) -> None:
        with first.transaction():
            first.log.append_events([event("cut off")], 6)
            assert second.log.append_events([event("goes on")], 7).accepted == 1

    with closing(PostgresStore(address)) as first, closing(PostgresStore(address)) as second:
        limits = [
            first._database.value("SELECT current_setting(%s)", (name,))
            for name in ("idle_in_transaction_session_timeout", "synchronous_commit")
        ]
        assert limits == ["1min", "on"]
        first._database._session.together("SET idle_in_transaction_session_timeout = '100ms'")
        with pytest.raises(StoreFailed):
            fall_silent(first, second)
        assert [one.id for one in events_of(second.log.read(5, 9))] == ["goes on"]


def test_an_erased_visitor_is_in_no_line_of_the_table(postgres: str) -> None:
    """P1, as far as PostgreSQL lets us: no old version of a line is left for anybody to read."""
    gone = "6f1d2c9a0b7e4853a1c6d8f02e9b7345"
    with closing(PostgresStore(postgres)) as store:
        for number in range(20):
            store.log.append_events([of_visitor(f"g-{number}", gone), of_visitor(f"k-{number}", "stays")], 1)
        pages = "SELECT pg_relation_size('log')"
        before = edit(postgres, pages)
        assert store.visitors.erase(gone, 2) == 20
        found = edit(postgres, f"SELECT seq FROM log WHERE position('{gone}'::bytea IN payload) > 0")
        for number in range(20):  # the space is free again: as many more fit into the same pages
            store.log.append_events([of_visitor(f"n-{number}", "another")], 3)
        assert found == []
        assert edit(postgres, pages) <= [(before[0][0] + 8_192,)]
        with store.transaction(), pytest.raises(StoreFailed, match="inside a transaction"):
            store.visitors.erase("v", 5)


def test_server_that_flushes_nothing_is_named(address: str) -> None:
    """The tests' own server runs so."""
    with closing(PostgresStore(address)) as store:
        assert store.engine().startswith("PostgreSQL ")
        assert [risk.split()[2] for risk in store.risks()] == ["fsync"]
