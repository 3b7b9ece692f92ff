"""A site's tables in a PostgreSQL schema: opening, format, transactions; in which order the log becomes visible.

A writing transaction holds one lock from its first statement to its end, so that the numbers of the log become visible
in their order: whoever has seen entry n never finds a smaller one later. Waiting for the disk would be most of that
time. So a transaction that only adds events ends without waiting for the disk, and lets go of the lock; then whoever
comes first waits for the disk once, for all who ended theirs meanwhile, and says in `durable` how far the log is on it.
Nobody reads further than that: what a crash can take away was never seen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, LiteralString
from zlib import crc32

import psycopg
from psycopg import sql

from recsys.errors import BadInput, NotFound, StoreFailed
from recsys.store.postgres_session import UNDONE, Session
from recsys.store.protocols import EntryKind

FORMAT = 2
_WRITING = 0x72656373 << 32  # "recs": upper half of the number of a lock
_FLUSHING = 0x72656366 << 32

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
CREATE TABLE durable (upto BIGINT NOT NULL);
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
INSERT INTO durable VALUES (0);
"""  # EXTERNAL: what is compressed already is not compressed again

_LOCK = sql.SQL("SELECT pg_advisory_xact_lock({})")
_UPTO_DURABLE = sql.SQL("UPDATE durable SET upto = {}")
_ALL_DURABLE = sql.SQL("UPDATE durable SET upto = (SELECT max(seq) FROM log) WHERE upto < {}")


class Database:
    """The tables of one site, on a `Session`; parameters and errors are its. A second writer waits for the first.

    Raises NotFound (read_only, nothing there), BadInput (another program's database, another format) too.
    """

    def __init__(
        self,
        address: str,
        *,
        read_only: bool = False,
        busy_seconds: float = 60.0,
        answer_seconds: float | None = None,
    ) -> None:
        self._session = Session(address, read_only=read_only, busy_seconds=busy_seconds, answer_seconds=answer_seconds)
        self.name = self._session.name
        self._depth = 0
        self._unsent: list[str] = []  # beginnings and ends of inner transactions; they go with the next statement
        self._newest: int | None = None  # seq, within a transaction, until any of it is undone
        self._kinds: set[EntryKind] = set()  # of what a transaction adds to the log
        try:
            self._prepare(read_only=read_only)
        except BaseException:
            self.close()
            raise

    def _prepare(self, *, read_only: bool) -> None:
        [(schema, encoding)] = self.rows("SELECT current_schema(), current_setting('server_encoding')")
        if schema is None:
            raise BadInput(f"{self.name}: the schema of its search_path does not exist")
        if encoding != "UTF8":
            raise BadInput(f"{self.name} has the encoding {encoding}. Make one with the encoding UTF8.")
        site = crc32(schema.encode())
        self._write_lock = _LOCK.format(_WRITING | site)
        self._flush_lock = _LOCK.format(_FLUSHING | site)
        if self._known_format():
            return
        if read_only:
            raise NotFound(f"{self.name} is empty")
        try:
            self._session.together("BEGIN", self._write_lock)
            if not self._known_format():  # nobody was faster
                self._session.together(_SCHEMA)
                self.rows("INSERT INTO store_format VALUES (%s)", (FORMAT,))
            self._session.together("COMMIT")
        except BaseException:
            self._undo("ROLLBACK")
            raise

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
        return self._ready().rows(statement, values)

    def value(self, statement: LiteralString, values: Sequence[Any] = ()) -> Any:
        """The first column of the first row."""
        return self.rows(statement, values)[0][0]

    def run_each(self, statement: LiteralString, each: Iterable[Sequence[Any]]) -> None:
        """Runs one statement for each of several sets of values; they are sent without waiting for one another."""
        self._ready().run_each(statement, each)

    def copying(self, statement: LiteralString) -> AbstractContextManager[psycopg.Copy]:
        """A COPY, to be written to or read from."""
        return self._ready().copying(statement)

    @property
    def in_transaction(self) -> bool:
        """Whether what is written now can still be rolled back."""
        return self._depth > 0

    def last(self) -> int:
        """The seq of the newest entry: within a transaction as it stands there, else of those on the disk."""
        if not self._depth:
            return int(self.value("SELECT upto FROM durable"))
        if self._newest is None:
            self._newest = int(self.value("SELECT max(seq) FROM log") or 0)
        return self._newest

    def adding(self, kind: EntryKind, seq: int) -> None:
        """Is told within a transaction that the newest entry is `seq` by now, and what may be new since it began."""
        self._kinds.add(kind)
        self._newest = seq

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything inside takes effect, or, when the block raises, nothing. One inside another is part of it."""
        with self._inner() if self._depth else self._outer():
            yield

    @contextmanager
    def _outer(self) -> Iterator[None]:
        try:
            self._begin()
            self._depth = 1
            yield
            self._commit()
        except BaseException:
            self._undo("ROLLBACK")
            raise
        finally:
            self._depth = 0
            self._newest = None
            self._kinds.clear()

    def _begin(self) -> None:
        """Returns when nobody else writes."""
        begun = self._session.together("BEGIN", self._write_lock, "SELECT coalesce(max(seq), 0) FROM log")
        [(self._newest,)] = begun.rows

    def _commit(self) -> None:
        """Returns when all is on the disk: of who waits for that, the first waits for all."""
        newest = self.last() if self._kinds else 0
        self._unsent.clear()  # COMMIT ends what is inside
        end: list[str | sql.Composed] = ["COMMIT"]
        if self._kinds == {"events"}:
            flush = ("BEGIN", self._flush_lock, _ALL_DURABLE.format(newest), "COMMIT")
            end = ["SET LOCAL synchronous_commit = off", "COMMIT", *flush]
        elif self._kinds:
            end = [_UPTO_DURABLE.format(newest), "COMMIT"]
        if "ROLLBACK" in self._usable().together(*end).did:  # how the COMMIT of a failed transaction ends
            raise StoreFailed(f"{self.name}: {UNDONE}")

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
        self._session.together("VACUUM log")

    def close(self) -> None:
        """Gives up the connection; what was not committed is gone."""
        self._session.close()

    def _ready(self) -> Session:
        """The session, for a statement in the innermost transaction."""
        session = self._usable()
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            session.together(*unsent)
        return session

    def _usable(self) -> Session:
        if self._depth and self._session.lost:
            raise StoreFailed(f"{self.name}: {UNDONE}")
        return self._session

    def _undo(self, statement: str) -> None:
        """Rolls back, as far as there is anything to roll back."""
        self._unsent.clear()
        self._newest = None
        if not self._session.idle:
            with suppress(StoreFailed):  # the connection is lost: the database rolls back by itself
                self._session.together(statement)
