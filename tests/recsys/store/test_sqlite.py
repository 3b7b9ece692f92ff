import sqlite3
import threading
from pathlib import Path

import apsw
import pytest

from recsys.errors import BadInput, NotFound, StoreFailed, StoreFull
from recsys.store import Store
from recsys.store.sqlite import SqliteStore
from tests.recsys.store.suite import StoreSuite, article, event, events_of


class TestSqliteStore(StoreSuite):
    def open(self, folder: Path) -> Store:
        return SqliteStore(folder / "store.db", busy_seconds=0.1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed store with one article, one entry of many events, one of a single event."""
    path = tmp_path / "store.db"
    store = SqliteStore(path)
    store.catalogue.put([article("a", body="Some text. " * 20)], 1, restore=True)
    store.log.append_events([event(str(number)) for number in range(100)], 2)
    store.log.append_events([event("last")], 3)
    store.close()
    return path


def edit(path: Path, sql: str, *values: object) -> None:
    """Changes the file behind the store's back."""
    with apsw.Connection(str(path)) as connection:
        connection.execute(sql, values)
    connection.close()


@pytest.mark.parametrize("seq", [2, 3])
def test_flipped_byte_in_a_payload_is_noticed(path: Path, seq: int) -> None:
    payload = bytearray(apsw.Connection(str(path)).execute("SELECT payload FROM log WHERE seq = ?", (seq,)).get)
    for position in range(len(payload)):
        damaged = payload.copy()
        damaged[position] ^= 0x10
        edit(path, "UPDATE log SET payload = ? WHERE seq = ?", bytes(damaged), seq)
        store = SqliteStore(path)
        assert len(store.log.read(0, seq - 1)) == seq - 1
        with pytest.raises(BadInput, match=f"entry {seq} of the change log is damaged"):
            store.log.read(0, 10)
        store.close()


@pytest.mark.parametrize(
    "change", ["at = at + 1", "kind = 'articles'", "payload = CAST(payload || 'x' AS BLOB)", "crc = crc + 1"]
)
def test_changed_column_of_the_log_is_noticed(path: Path, change: str) -> None:
    edit(path, f"UPDATE log SET {change} WHERE seq = 2")
    with pytest.raises(BadInput, match="entry 2 of the change log is damaged"):
        SqliteStore(path).log.read(0, 10)


def test_missing_entry_is_noticed(path: Path) -> None:
    edit(path, "DELETE FROM log WHERE seq = 2")
    with pytest.raises(BadInput, match="entry 2 of the change log is missing"):
        SqliteStore(path).log.read(1, 10)


@pytest.mark.parametrize(
    "change", ["record = CAST(record || 'x' AS BLOB)", "views_at = 7", "deleted_at = 5", "row = 9", "id = 'b'"]
)
def test_changed_column_of_an_article_is_noticed(path: Path, change: str) -> None:
    edit(path, f"UPDATE articles SET {change}")
    with pytest.raises((BadInput, StoreFailed), match="damaged"):
        list(SqliteStore(path).catalogue.scan())


def test_id_that_is_no_longer_text_is_noticed(path: Path) -> None:
    edit(path, "UPDATE articles SET id = CAST(x'ff' AS TEXT)")
    with pytest.raises(StoreFailed, match="is damaged"):
        list(SqliteStore(path).catalogue.scan())


def test_damaged_page_is_told_in_a_sentence(path: Path) -> None:
    page = sqlite3.connect(path).execute("PRAGMA page_size").fetchone()[0]
    data = bytearray(path.read_bytes())
    data[page:] = bytes(len(data) - page)
    path.write_bytes(data)
    with pytest.raises(StoreFailed, match=r"is damaged\. Restore a backup\."):
        SqliteStore(path).log.read(0, 10)


def test_other_format_is_refused_with_both_versions(path: Path) -> None:
    edit(path, "PRAGMA user_version = 2")
    with pytest.raises(BadInput, match="has store format 2, this version of recsys reads format 1"):
        SqliteStore(path)


def test_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    edit(path, "CREATE TABLE t (x)")
    before = path.read_bytes()
    with pytest.raises(BadInput, match="is the database of another program"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("once upon a time " * 100)
    with pytest.raises(StoreFailed, match="is no SQLite database"):
        SqliteStore(path)


def test_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="can't be opened"):
        SqliteStore(tmp_path)


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="can't be opened"):
        SqliteStore(tmp_path / "absent" / "store.db")


def test_reader_makes_nothing_where_nothing_is(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        SqliteStore(tmp_path / "store.db", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_reader_sees_what_a_writer_adds_and_can_write_nothing(path: Path) -> None:
    reader = SqliteStore(path, read_only=True)
    assert reader.log.last() == 3
    writer = SqliteStore(path)
    writer.log.append_activation("v", 4)
    assert reader.log.last() == 4
    with pytest.raises(StoreFailed, match="can't be written"):
        reader.log.append_activation("w", 5)


def test_second_writer_gives_up_after_its_patience(path: Path) -> None:
    first, second = SqliteStore(path), SqliteStore(path, busy_seconds=0.01)
    with first.transaction():
        with pytest.raises(StoreFailed, match="another process has been writing for too long"):
            second.log.append_events([event("x")], 5)
        assert second.log.last() == 3
    second.log.append_events([event("x")], 5)
    assert first.log.last() == 4


def test_writers_in_threads_take_turns(path: Path) -> None:
    def write(number: int) -> None:
        store = SqliteStore(path)
        for index in range(20):
            store.log.append_events([event(f"{number}-{index}"), event(f"shared-{index}")], 5)
        store.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [e.id for e in events_of(SqliteStore(path).log.read(3, 1_000))]
    assert sorted(ids) == sorted([f"{n}-{i}" for n in range(4) for i in range(20)] + [f"shared-{i}" for i in range(20)])


def test_full_disk_is_told_and_leaves_what_was_stored(path: Path) -> None:
    pages = sqlite3.connect(path).execute("PRAGMA page_count").fetchone()[0]
    store = SqliteStore(path)
    store._database.rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFull, match="no space is left"), store.transaction():
        store.catalogue.put([article("b", body="x" * 1_000_000)], 5, restore=True)
    assert store.log.last() == 3
    assert store.log.append_events([event("last")], 6).duplicates == 1


def test_failure_that_undid_the_transaction_stops_what_follows_in_it(path: Path) -> None:
    """Else what follows would be committed statement by statement, half of a batch."""
    store = SqliteStore(path)

    def fail_and_go_on() -> None:
        with store.transaction():
            store._database.rows("ROLLBACK")
            store.log.append_events([event("x")], 5)

    with pytest.raises(StoreFailed, match="has already undone this transaction"):
        fail_and_go_on()
    assert store.log.last() == 3


@pytest.mark.slow
def test_two_hundred_thousand_events_are_appended_and_read_back(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    batch = [event(f"e{number}", f"a{number % 500}", at=number) for number in range(200_000)]
    assert store.log.append_events(batch, 1).accepted == 200_000
    assert events_of(store.log.read(0, 1_000)) == batch
    assert store.log.append_events(batch, 2).duplicates == 200_000
