import sqlite3
import threading
from pathlib import Path

import apsw
import pytest

from recsys.errors import BadInput, NotFound, StoreFailed, StoreFull
from recsys.keys import new_key
from recsys.store import Store
from recsys.store.sqlite import SqliteStore
from recsys.store.sqlite_database import FORMAT
from tests.recsys.store.opened import article, event, events_of, of_visitor, rule_set
from tests.recsys.store.suite import StoreSuite


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


@pytest.mark.parametrize("change", ["by = 'x'", "at = 7", "revision = 3", "document = CAST(document || 'x' AS BLOB)"])
def test_changed_column_of_the_rules_is_noticed(path: Path, change: str) -> None:
    store = SqliteStore(path)
    store.rules.replace(rule_set("x"), by="Ada", now=1)
    store.close()
    edit(path, f"UPDATE rules SET {change}")
    with pytest.raises(BadInput, match="of the rules is damaged"):
        SqliteStore(path).rules.current()


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
    edit(path, f"PRAGMA user_version = {FORMAT - 1}")
    with pytest.raises(BadInput, match=f"has store format {FORMAT - 1}, this version of recsys reads format {FORMAT}"):
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


@pytest.mark.parametrize(
    "change", ["scope = 'admin'", "origins = '[]'", "revoked_at = NULL", "digest = x'00'", "created_at = 7"]
)
def test_changed_column_of_a_key_is_noticed(path: Path, change: str) -> None:
    """Else a flipped bit could make a key out of nothing, or a larger one of a small one."""
    store = SqliteStore(path)
    key = new_key("publishable", "", ("https://example.org",), 1)[0]
    store.keys.add(key, 1)
    store.keys.revoke(key.id, 2)
    edit(path, f"UPDATE keys SET {change}")
    with pytest.raises(BadInput, match="is damaged"):
        store.keys.all()


@pytest.mark.parametrize("count", [1, 40, 3_000])
def test_no_byte_of_an_erased_visitor_stays_in_any_file(tmp_path: Path, count: int) -> None:
    """P1. In small and in compressed entries, in pages that were freed, and in the WAL."""
    store = SqliteStore(tmp_path / "store.db")
    gone = "6f1d2c9a0b7e4853a1c6d8f02e9b7345"
    for start in range(0, count, 50):
        batch = [of_visitor(f"g-{n}", gone) for n in range(start, min(count, start + 50))]
        store.log.append_events([*batch, of_visitor(f"k-{start}", "stays")], 1)
    assert store.visitors.erase(gone, 2) == count
    files = list(tmp_path.iterdir())
    assert {file.name for file in files} >= {"store.db"}
    for file in files:
        assert gone.encode() not in file.read_bytes(), file.name
    assert apsw.Connection(str(tmp_path / "store.db")).execute("PRAGMA integrity_check").get == "ok"
    assert len(store.visitors.events("stays")) == -(-count // 50)


def test_what_was_in_the_file_is_overwritten_not_only_unlinked(tmp_path: Path) -> None:
    """Entries that are stored plain, so that their bytes can be looked for: before, they are there."""
    store = SqliteStore(tmp_path / "store.db")
    gone = "6f1d2c9a0b7e4853a1c6d8f02e9b7345"
    for number in range(20):
        store.log.append_events([of_visitor(f"g-{number}", gone)], 1)
    store._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (tmp_path / "store.db").read_bytes().count(gone.encode()) == 20
    store.visitors.erase(gone, 2)
    assert [file.name for file in tmp_path.iterdir() if gone.encode() in file.read_bytes()] == []


def test_nothing_is_erased_inside_a_transaction(path: Path) -> None:
    """Its end could not be waited for, and the old pages would stay in the WAL."""
    store = SqliteStore(path)
    with store.transaction(), pytest.raises(StoreFailed, match="inside a transaction"):
        store.visitors.erase("v", 5)


def test_an_erasure_that_a_reader_keeps_from_ending_says_so_and_ends_the_next_time(path: Path) -> None:
    store = SqliteStore(path, busy_seconds=0.05)
    store.log.append_events([of_visitor("x", "6f1d2c9a0b7e4853a1c6d8f02e9b7345")], 4)
    reader = apsw.Connection(str(path))
    reader.execute("BEGIN; SELECT * FROM log").fetchall()
    with pytest.raises(StoreFailed, match="Try again"):
        store.visitors.erase("6f1d2c9a0b7e4853a1c6d8f02e9b7345", 5)
    reader.close()
    assert store.visitors.erase("6f1d2c9a0b7e4853a1c6d8f02e9b7345", 6) == 0
    assert [f.name for f in path.parent.iterdir() if b"6f1d2c9a0b7e4853a1c6d8f02e9b7345" in f.read_bytes()] == []
