"""A connection to a PostgreSQL server: its settings, errors in words, and how one that was lost comes back."""

import threading
import time
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString, NamedTuple, TypeVar

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from recsys.errors import BadInput, StoreFailed, StoreFull

UNDONE = "an earlier failure has already undone this transaction"

_CONNECT_SECONDS = 3
_AGAIN_SECONDS = 0.2  # from one try to connect to the next
_HALF_OPEN = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}  # seconds; a peer that is gone
_UNACKNOWLEDGED_MS = 10_000

# A session of ours flushes what it commits, whatever the database's default is; and a client that is gone gives back
# the lock. Keepalives are seconds.
_SETTINGS: LiteralString = """
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
SET idle_in_transaction_session_timeout = '60s'
"""

_WORDS: dict[type[psycopg.Error], str] = {
    errors.LockNotAvailable: "another process has been writing for too long. Try again when it is done.",
    errors.ReadOnlySqlTransaction: "can't be written: it is read-only, or a standby.",
    errors.InsufficientPrivilege: "this user may not do that. Make it the owner of the database, or of a schema.",
    errors.InFailedSqlTransaction: UNDONE,
    errors.DataCorrupted: "is damaged. Restore a backup.",
    errors.IndexCorrupted: "is damaged. Restore a backup.",
}

T = TypeVar("T")


class Told(NamedTuple):
    """What several statements said: what each did, and the rows of the last one that returned any."""

    did: list[str]
    rows: list[tuple[Any, ...]]


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


class Session:
    """A connection; for one thread at a time. Every statement is a transaction, unless one is begun.

    name            what messages call the database; holds no password
    busy_seconds    the longest wait for a lock
    answer_seconds  the longest that a call waits for an answer, None: as long as the peer lives

    A connection that is lost fails the call it served, and every further call at once, until a thread beside has
    connected again: no call waits for a database that is away. What was being committed then may have been stored.

    Raises BadInput (no address), StoreFailed, StoreFull.
    """

    def __init__(self, address: str, *, read_only: bool, busy_seconds: float, answer_seconds: float | None) -> None:
        self._address, self.name = _address(address)
        self._answer_seconds = answer_seconds
        self._read_only = read_only
        self._busy_seconds = busy_seconds
        self._closed = threading.Event()
        self._returned: list[_Connection] = []  # by the thread that connects again
        self._connection: _Connection | None = self._connected()

    @property
    def lost(self) -> bool:
        """Whether the connection was lost, and no call has been made on another since."""
        return self._connection is None

    @property
    def idle(self) -> bool:
        """Whether there is nothing to roll back."""
        return self._connection is None or self._connection.info.transaction_status == TransactionStatus.IDLE

    def rows(self, statement: LiteralString, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Everything that a statement returns."""
        with self._at_work() as connection:
            cursor = connection.execute(statement, values, binary=True)
            return cursor.fetchall() if cursor.description else []

    def together(self, *statements: str | sql.Composed) -> Told:
        """Sends statements without values at once; after one that fails none is run."""
        joined = "; ".join(one if isinstance(one, str) else one.as_string() for one in statements)
        with self._at_work() as connection:
            cursor = connection.execute(joined.encode(), prepare=False)
            told = Told([], [])
            while True:
                told.did.append(cursor.statusmessage or "")
                if cursor.description:
                    told.rows[:] = cursor.fetchall()
                if not cursor.nextset():
                    return told

    def run_each(self, statement: LiteralString, each: Iterable[Sequence[Any]]) -> None:
        """Runs one statement for each of several sets of values; they are sent without waiting for one another."""
        with self._at_work() as connection, connection.cursor() as cursor:
            cursor.executemany(statement, each)

    @contextmanager
    def copying(self, statement: LiteralString) -> Iterator[psycopg.Copy]:
        """A COPY, to be written to or read from."""
        with (
            self._at_work() as connection,
            connection.cursor(binary=True) as cursor,
            cursor.copy(statement) as copy,
        ):
            yield copy

    def close(self) -> None:
        """Gives up the connection; what was not committed is gone."""
        self._closed.set()
        for connection in (self._connection, *self._returned):
            if connection is not None:
                connection.close()

    @contextmanager
    def _at_work(self) -> Iterator[_Connection]:
        if self._connection is None:
            if not self._returned:
                raise StoreFailed(f"{self.name} is away")
            self._connection = self._returned.pop()
        connection = self._connection
        try:
            yield connection
        except (psycopg.Error, TimeoutError) as error:
            raise self._told(error, connection) from error

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

    def _connected(self) -> _Connection:
        try:
            made = _Connection.connect(self._address, autocommit=True)
            made.answer_seconds = self._answer_seconds
            made.execute(_SETTINGS)
            made.execute(sql.SQL("SET lock_timeout = {}").format(round(self._busy_seconds * 1_000)))
            if self._read_only:
                made.execute("SET default_transaction_read_only = on")
        except (psycopg.Error, TimeoutError) as error:
            raise StoreFailed(f"{self.name}: {_first_line(error)}") from error
        return made


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
