"""One connection to a site's PostgreSQL database: opening, schema version, transactions, loss, return, errors in words.

A writing transaction holds one lock from its first statement to its end, so that the numbers of the log become visible
in their order: whoever has seen entry n never finds a smaller one later. PostgreSQL answers a COMMIT when it is on the
disk, and lets go of the lock after that.
"""

import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, LiteralString, TypeVar
from zlib import crc32

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from recsys.errors import BadInput, NotFound, StoreFailed, StoreFull

FORMAT = 1
_OURS = 0x72656373 << 32  # "recs": upper half of the number of a lock

_CONNECT_SECONDS = 3
_AGAIN_SECONDS = 0.2  # from one try to connect to the next
_HALF_OPEN = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}  # seconds; a peer that is gone
_UNACKNOWLEDGED_MS = 10_000

_SCHEMA: LiteralString = """
CREATE TABLE articles (
    row INTEGER PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    record BYTEA NOT NULL,
    views_at BIGINT NOT NULL,
    likes_at BIGINT NOT NULL,
    deleted_at BIGINT,
    crc BIGINT NOT NULL
);
CREATE TABLE addresses (
    path BYTEA NOT NULL,
    host TEXT COLLATE "C" NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (path, host)
);
CREATE TABLE log (
    seq BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    payload BYTEA NOT NULL,
    crc BIGINT NOT NULL
);
CREATE TABLE event_ids (digest BYTEA PRIMARY KEY);
CREATE TABLE rules (
    revision INTEGER PRIMARY KEY,
    at BIGINT NOT NULL,
    by TEXT NOT NULL,
    document BYTEA NOT NULL,
    crc BIGINT NOT NULL
);
CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    scope TEXT NOT NULL,
    name TEXT NOT NULL,
    origins TEXT NOT NULL,
    digest BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    crc BIGINT NOT NULL
);
CREATE TABLE store_format (format INTEGER NOT NULL);
ALTER TABLE articles ALTER record SET STORAGE EXTERNAL;
ALTER TABLE log ALTER payload SET STORAGE EXTERNAL;
"""  # EXTERNAL: what is compressed already is not compressed again

# A session of ours flushes what it commits, whatever the database's default is; and a client that is gone gives back
# the lock. Keepalives are seconds.
_SESSION: LiteralString = """
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
SET idle_in_transaction_session_timeout = '60s'
"""

_WORDS: dict[type[psycopg.Error], str] = {
    errors.LockNotAvailable: "another process has been writing for too long. Try again when it is done.",
    errors.ReadOnlySqlTransaction: "can't be written: it is read-only, or a standby.",
    errors.InsufficientPrivilege: "this user may not do that. Make it the owner of the database, or of a schema.",
    errors.DataCorrupted: "is damaged. Restore a backup.",
    errors.IndexCorrupted: "is damaged. Restore a backup.",
}

T = TypeVar("T")


class _Connection(psycopg.Connection[tuple[Any, ...]]):
    """Waits no longer than `answer_seconds` for an answer."""

    answer_seconds: float | None = None

    def wait(self, gen: Generator[Any, Any, T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Runs `gen` to its end; raises TimeoutError."""
        limited = gen if self.answer_seconds is None else _until(gen, time.monotonic() + self.answer_seconds)
        return super().wait(limited, interval)


def _until(gen: Generator[Any, Any, T], deadline: float) -> Generator[Any, Any, T]:
    """`gen`, which raises TimeoutError where it still waits at `deadline`: it is told so every `interval`."""
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > deadline:
                raise TimeoutError
            wanted = gen.send(ready)
    except StopIteration as ended:
        found: T = ended.value
        return found


class Database:
    """A connection; for one thread at a time. A second writer waits up to `busy_seconds` for the first.

    name            what messages call it; holds no password
    answer_seconds  the longest that a call waits for an answer, None: as long as the peer lives

    A connection that is lost fails the call it served, and every further call at once, until a thread beside has
    connected again: no call waits for a database that is away. What was being committed then may have been stored.

    Raises NotFound (read_only, nothing there), BadInput (no address, another program's database, another format),
    StoreFailed.
    """

    def __init__(
        self,
        address: str,
        *,
        read_only: bool = False,
        busy_seconds: float = 60.0,
        answer_seconds: float | None = None,
    ) -> None:
        self._address, self.name = _address(address)
        self._answer_seconds = answer_seconds
        self._read_only = read_only
        self._busy_seconds = busy_seconds
        self._depth = 0
        self._unsent: list[str] = []  # beginnings and ends of inner transactions; they go with the next statement
        self.newest: int | None = None  # what the log keeps in mind within a transaction, until any of it is undone
        self._closed = threading.Event()
        self._returned: list[_Connection] = []  # by the thread that connects again
        self._connection: _Connection | None = self._connected()
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _connected(self) -> _Connection:
        try:
            made = _Connection.connect(self._address, autocommit=True)
            made.answer_seconds = self._answer_seconds
            made.execute(_SESSION)
            made.execute(sql.SQL("SET lock_timeout = {}").format(round(self._busy_seconds * 1_000)))
            if self._read_only:
                made.execute("SET default_transaction_read_only = on")
        except (psycopg.Error, TimeoutError) as error:
            raise StoreFailed(f"{self.name}: {_first_line(error)}") from error
        return made

    def _prepare(self) -> None:
        [(schema, encoding)] = self.rows("SELECT current_schema(), current_setting('server_encoding')")
        if schema is None:
            raise BadInput(f"{self.name}: the schema of its search_path does not exist")
        if encoding != "UTF8":
            raise BadInput(f"{self.name} has the encoding {encoding}. Make one with the encoding UTF8.")
        self._lock = sql.SQL("BEGIN; SELECT pg_advisory_xact_lock({})").format(_OURS | crc32(schema.encode()))
        if self._known_format():
            return
        if self._read_only:
            raise NotFound(f"{self.name} is empty")
        with self.transaction():
            if not self._known_format():  # nobody was faster
                self._command(_SCHEMA)
                self.rows("INSERT INTO store_format VALUES (%s)", (FORMAT,))

    def _known_format(self) -> bool:
        """False for an empty schema; raises BadInput for any but ours."""
        tables = {
            name
            for (name,) in self.rows(
                "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
                " WHERE nspname = current_schema() AND relkind IN ('r', 'p', 'v', 'm')"
            )
        }
        if not tables:
            return False
        if "store_format" not in tables:
            raise BadInput(f"{self.name} is the database of another program. Name an empty one, or an empty schema.")
        found = self.value("SELECT format FROM store_format")
        if found != FORMAT:
            raise BadInput(f"{self.name} has store format {found}, this version of recsys reads format {FORMAT}")
        return True

    def rows(self, statement: LiteralString, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Everything that a statement returns."""
        connection = self._ready()
        try:
            cursor = connection.execute(statement, values, binary=True)
            return cursor.fetchall() if cursor.description else []
        except (psycopg.Error, TimeoutError) as error:
            raise self._told(error, connection) from error

    def value(self, statement: LiteralString, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row."""
        return self.rows(statement, values)[0][0]

    def run_each(self, statement: LiteralString, each: Iterable[Sequence[Any]]) -> None:
        """Runs one statement for each of several sets of values; they are sent without waiting for one another."""
        connection = self._ready()
        try:
            with connection.cursor() as cursor:
                cursor.executemany(statement, each)
        except (psycopg.Error, TimeoutError) as error:
            raise self._told(error, connection) from error

    @contextmanager
    def copying(self, statement: LiteralString) -> Iterator[psycopg.Copy]:
        """A COPY, to be written to or read from."""
        connection = self._ready()
        try:
            with connection.cursor(binary=True) as cursor, cursor.copy(statement) as copy:
                yield copy
        except (psycopg.Error, TimeoutError) as error:
            raise self._told(error, connection) from error

    @property
    def in_transaction(self) -> bool:
        """Whether what is written now can still be rolled back."""
        return self._depth > 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside takes effect, or, when the block raises, nothing. One inside another is part of it."""
        with self._inner() if self._depth else self._outer():
            yield

    @contextmanager
    def _outer(self) -> Iterator[None]:
        try:
            self._command(self._lock)
            self._depth = 1
            yield
            self._unsent.clear()  # COMMIT ends what is inside
            self._command("COMMIT")
        except BaseException:
            self._undo("ROLLBACK")
            raise
        finally:
            self._depth = 0
            self.newest = None

    @contextmanager
    def _inner(self) -> Iterator[None]:
        self._usable()
        name = f"level_{self._depth}"
        begin = f"SAVEPOINT {name}"
        self._unsent.append(begin)
        self._depth += 1
        try:
            yield
            if self._unsent and self._unsent[-1] == begin:
                self._unsent.pop()  # nothing was done in between
            else:
                self._unsent.append(f"RELEASE {name}")
        except BaseException:
            if begin in self._unsent:
                del self._unsent[self._unsent.index(begin) :]
            else:
                self._undo(f"ROLLBACK TO {name}; RELEASE {name}")
            raise
        finally:
            self._depth -= 1

    @contextmanager
    def erasing(self) -> Iterator[None]:
        """What is replaced in the log inside is out of its pages after; others go on reading and writing."""
        if self._depth:
            raise StoreFailed(f"{self.name}: nothing can be erased for good inside a transaction")
        yield
        self._command("VACUUM log")

    def close(self) -> None:
        """Gives up the connection; what was not committed is gone."""
        self._closed.set()
        for connection in (self._connection, *self._returned):
            if connection is not None:
                connection.close()

    def _command(self, statement: str | sql.Composed) -> None:
        """One or more statements without values; whatever they return is not looked at."""
        connection = self._usable()
        try:
            cursor = connection.execute(statement.encode() if isinstance(statement, str) else statement, prepare=False)
        except (psycopg.Error, TimeoutError) as error:
            raise self._told(error, connection) from error
        if statement == "COMMIT" and cursor.statusmessage != "COMMIT":  # a failed transaction ends as a ROLLBACK
            raise StoreFailed(f"{self.name}: an earlier failure has already undone this transaction")

    def _ready(self) -> _Connection:
        """The connection, for a statement in the innermost transaction."""
        if self._unsent:
            unsent, self._unsent = "; ".join(self._unsent), []
            self._command(unsent)
        return self._usable()

    def _usable(self) -> _Connection:
        if self._connection is None and self._depth:
            raise StoreFailed(f"{self.name}: an earlier failure has already undone this transaction")
        if self._connection is None:
            if not self._returned:
                raise StoreFailed(f"{self.name} is away")
            self._connection = self._returned.pop()
        return self._connection

    def _undo(self, statement: str) -> None:
        """Rolls back, as far as there is anything to roll back."""
        self._unsent.clear()
        self.newest = None
        if self._connection is None or self._connection.info.transaction_status == TransactionStatus.IDLE:
            return
        with suppress(StoreFailed):  # the connection is lost: the database rolls back by itself
            self._command(statement)

    def _told(self, error: Exception, connection: _Connection) -> Exception:
        if isinstance(error, TimeoutError) or connection.closed:
            self._lose(connection)
            said = "did not answer in time" if isinstance(error, TimeoutError) else "has closed the connection"
            return StoreFailed(f"{self.name} {said}")
        if isinstance(error, errors.DiskFull):
            return StoreFull(f"{self.name}: no space is left on the disk; nothing was stored")
        for kind, words in _WORDS.items():
            if isinstance(error, kind):
                return StoreFailed(f"{self.name}: {words}")
        if isinstance(error, psycopg.OperationalError | psycopg.InternalError):
            return StoreFailed(f"{self.name}: {_first_line(error)}")
        return error

    def _lose(self, connection: _Connection) -> None:
        """Lets go of a connection of no use, and has another one made beside."""
        self._connection = None
        connection.close()
        if not self._closed.is_set():
            threading.Thread(target=self._connect_again, name="postgres", daemon=True).start()

    def _connect_again(self) -> None:
        while not self._closed.wait(_AGAIN_SECONDS):
            try:
                connection = self._connected()
            except StoreFailed:
                continue
            self._returned.append(connection)
            if self._closed.is_set():
                connection.close()
            return


def _address(text: str) -> tuple[str, str]:
    """What to connect with, and what to call it."""
    try:
        given = conninfo_to_dict(text)
    except psycopg.Error:
        raise BadInput(
            "RECSYS_STORE is no address of a PostgreSQL database. Expected postgresql://user@host/database"
        ) from None
    ours: dict[str, Any] = {
        "application_name": "recsys",
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _UNACKNOWLEDGED_MS,
        **_HALF_OPEN,
    }
    name = f"PostgreSQL database {given.get('dbname') or given.get('user') or ''}".rstrip()
    if given.get("host"):
        name += f" on {given['host']}"
    return make_conninfo(text, **{key: value for key, value in ours.items() if key not in given}), name


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip()
