"""One connection to a site's SQLite database: opening, schema version, transactions, errors in words.

WAL with synchronous=FULL: what was committed survives a crash of the process and of the machine. Writers of several
processes take turns; readers wait for nobody.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from recsys.errors import BadInput, NotFound, StoreFailed, StoreFull

FORMAT = 2
APPLICATION_ID = 0x72656373  # "recs": tells our databases from others

_SCHEMA = f"""
CREATE TABLE articles (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    record BLOB NOT NULL,
    views_at INTEGER NOT NULL,
    likes_at INTEGER NOT NULL,
    deleted_at INTEGER,
    crc INTEGER NOT NULL
) STRICT;
CREATE TABLE addresses (
    path TEXT NOT NULL,
    host TEXT NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (path, host)
) STRICT, WITHOUT ROWID;
CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload BLOB NOT NULL,
    crc INTEGER NOT NULL
) STRICT;
CREATE TABLE event_ids (digest BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE rules (
    revision INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    document BLOB NOT NULL,
    crc INTEGER NOT NULL
) STRICT;
CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    origins TEXT NOT NULL,
    digest BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    crc INTEGER NOT NULL
) STRICT;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
"""

_WORDS: dict[type[Exception], str] = {
    apsw.BusyError: "another process has been writing for too long. Try again when it is done.",
    apsw.LockedError: "another process has been writing for too long. Try again when it is done.",
    apsw.ReadOnlyError: "can't be written. Check the permissions of the file and its folder.",
    apsw.PermissionsError: "can't be opened. Check the permissions of the file and its folder.",
    apsw.CantOpenError: "can't be opened. Check that it is a file, and the permissions of its folder.",
    apsw.CorruptError: "is damaged. Restore a backup.",
    UnicodeDecodeError: "is damaged. Restore a backup.",
    apsw.NotADBError: "is no SQLite database.",
    apsw.IOError: "can't be read or written: the file system reports an error.",
}


class Database:
    """A connection; for one thread at a time. Several connections and processes may share one file.

    In a statement `%s` stands for a value, as for every store; `name` is what messages call the database.

    Raises NotFound (read_only, nothing there), BadInput (another program's database, another format), StoreFailed.
    """

    def __init__(self, path: Path, *, read_only: bool = False, busy_seconds: float = 60.0) -> None:
        self.path = path
        self.name = str(path)
        self._depth = 0
        if read_only and not path.is_file():
            raise NotFound(f"there is no store at {path}")
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        try:
            self._connection = apsw.Connection(str(path), flags=flags)
        except apsw.Error as error:
            raise self._told(error) from error
        try:
            self._connection.set_busy_timeout(round(busy_seconds * 1000))
            self._prepare(read_only=read_only)
        except BaseException:
            self.close()
            raise

    def _prepare(self, *, read_only: bool) -> None:
        if not self._known_format():
            if read_only:
                raise NotFound(f"{self.path} is empty")
            self.rows("PRAGMA journal_mode = WAL")
            with self.transaction():
                if not self._known_format():  # nobody was faster
                    self.rows(_SCHEMA)
        self.rows("PRAGMA synchronous = FULL")
        self.rows("PRAGMA cache_size = -65536")  # KiB: the ids of a million events are looked up at random
        self.rows("PRAGMA journal_size_limit = 67108864")  # bytes: a large import leaves no large WAL behind

    def _known_format(self) -> bool:
        """False for an empty database; raises BadInput for any but ours."""
        # One statement, so that a database which another process just makes is seen empty or whole.
        [(application, version, tables)] = self.rows(
            "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)"
            " FROM pragma_application_id, pragma_user_version"
        )
        if (application, version) == (APPLICATION_ID, FORMAT):
            return True
        if application == APPLICATION_ID:
            raise BadInput(f"{self.path} has store format {version}, this version of recsys reads format {FORMAT}")
        if tables:
            raise BadInput(f"{self.path} is the database of another program")
        return False

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Everything that one or more statements return."""
        try:
            return self._connection.execute(sql.replace("%s", "?"), values).fetchall()
        except (apsw.Error, UnicodeDecodeError) as error:
            raise self._told(error) from error

    def value(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row."""
        return self.rows(sql, values)[0][0]

    def rows_of_each(self, sql: str, each: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """Everything that one statement returns when it is run for each of several sets of values."""
        try:
            return self._connection.executemany(sql.replace("%s", "?"), each).fetchall()
        except apsw.Error as error:
            raise self._told(error) from error

    @property
    def in_transaction(self) -> bool:
        """Whether what is written now can still be rolled back."""
        return self._depth > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside takes effect, or, when the block raises, nothing. One inside another is part of it."""
        begin, commit, undo = (
            ("SAVEPOINT inner", "RELEASE inner", "ROLLBACK TO inner; RELEASE inner")
            if self._depth
            else ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")  # IMMEDIATE: a reader that turns writer can fail, this waits
        )
        if self._depth and not self._connection.in_transaction:
            raise StoreFailed(f"{self.path}: an earlier failure has already undone this transaction")
        self.rows(begin)
        self._depth += 1
        try:
            yield
            self.rows(commit)
        except BaseException:
            if self._connection.in_transaction:  # a full disk makes SQLite roll back by itself
                self.rows(undo)
            raise
        finally:
            self._depth -= 1

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """What is deleted or replaced inside is overwritten with zeros, and no old page is left in the WAL."""
        if self._depth:
            raise StoreFailed(f"{self.path}: nothing can be erased for good inside a transaction")
        self.rows("PRAGMA secure_delete = ON")
        try:
            yield
            [(busy, *_)] = self.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            self.rows("PRAGMA secure_delete = OFF")
        if busy:
            raise StoreFailed(f"{self.path}: {_WORDS[apsw.BusyError]}")

    def close(self) -> None:
        """Gives up the connection; what was not committed is gone."""
        self._connection.close()

    def _told(self, error: Exception) -> Exception:
        if isinstance(error, apsw.FullError):
            return StoreFull(f"{self.path}: no space is left on the disk; nothing was stored")
        words = _WORDS.get(type(error))
        return StoreFailed(f"{self.path}: {words}") if words else error
