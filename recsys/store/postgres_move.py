"""Moving a store from its SQLite file to PostgreSQL: every line as it lies, in one transaction, compared afterwards."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, LiteralString

from recsys.errors import BadInput, StoreFailed
from recsys.store.postgres_catalogue import path_digest
from recsys.store.postgres_database import Database as Postgres
from recsys.store.sqlite_database import Database as Sqlite

MOVED = ".moved"  # behind the name of a file whose content is elsewhere now

_LINES = 1_000

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table in both databases: its columns, `key` of them its key, and how a line becomes PostgreSQL's."""

    name: LiteralString
    columns: LiteralString
    key: int
    types: tuple[str, ...]
    turned: Callable[[tuple[Any, ...]], tuple[Any, ...]] = lambda line: line

    def lines(self, source: Sqlite) -> Iterator[tuple[Any, ...]]:
        """All lines of SQLite's, by key, a thousand in memory at a time."""
        names = self.columns.split(", ")[: self.key]
        key = ", ".join(names)
        places = ", ".join("?" * self.key)
        first = f"SELECT {self.columns} FROM {self.name} ORDER BY {key} LIMIT {_LINES}"  # noqa: S608 - names of ours
        more = f"SELECT {self.columns} FROM {self.name} WHERE ({key}) > ({places}) ORDER BY {key} LIMIT {_LINES}"  # noqa: S608
        found = source.rows(first)
        while found:
            yield from found
            found = source.rows(more, found[-1][: self.key])


_TABLES = (
    _Table(
        "articles",
        "row, id, record, views_at, likes_at, deleted_at, crc",
        1,
        ("int4", "text", "bytea", "int8", "int8", "int8", "int8"),
    ),
    _Table(
        "addresses", "path, host, row", 2, ("bytea", "text", "int4"), lambda line: (path_digest(line[0]), *line[1:])
    ),
    _Table("log", "seq, at, kind, payload, crc", 1, ("int8", "int8", "text", "bytea", "int8")),
    _Table("event_ids", "digest", 1, ("bytea",)),
    _Table("rules", "revision, at, by, document, crc", 1, ("int4", "int8", "text", "bytea", "int8")),
    _Table(
        "keys",
        "id, scope, name, origins, digest, created_at, revoked_at, crc",
        1,
        ("text", "text", "text", "text", "bytea", "int8", "int8", "int8"),
    ),
)


def move_store(path: Path, address: str, progress: Progress) -> dict[str, int]:
    """Moves the store in the file at `path` to the database at `address`, which must be empty; returns lines by table.

    All of it is there in the end, or nothing. Then the file has another name, so that nobody goes on with it. Raises
    BadInput where there is a store already, StoreFailed where anybody else has the file open.
    """
    with closing(Sqlite(path)) as source, closing(Postgres(address)) as target:
        _alone(source)
        with source.transaction(), target.transaction():  # nobody writes to either meanwhile
            if target.value("SELECT EXISTS (TABLE log) OR EXISTS (TABLE articles) OR EXISTS (TABLE keys)"):
                raise BadInput(f"{target.name} holds a store already. Name an empty database or schema.")
            moved = {table.name: _move(table, source, target, progress) for table in _TABLES}
            target.rows("UPDATE durable SET upto = (SELECT coalesce(max(seq), 0) FROM log)")
    path.rename(path.with_name(path.name + MOVED))
    return moved


def _alone(source: Sqlite) -> None:
    """Raises StoreFailed where another process has the file open: only who is alone with it may leave WAL mode."""
    try:
        source.rows("PRAGMA journal_mode = DELETE")
        source.rows("PRAGMA journal_mode = WAL")
    except StoreFailed:
        raise StoreFailed(f"{source.path} is open elsewhere. Stop servers and trainings of this home first.") from None


def _move(table: _Table, source: Sqlite, target: Postgres, progress: Progress) -> int:
    """Copies a table, then reads the copy and compares; returns how many lines there are."""
    total = source.value(f"SELECT count(*) FROM {table.name}")  # noqa: S608 - a name of ours
    sent, arrived = _Sum(), _Sum()
    with target.copying(f"COPY {table.name} ({table.columns}) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(table.types)
        for line in map(table.turned, table.lines(source)):
            copy.write_row(line)
            sent.add(line)
            if sent.lines % _LINES == 0:
                progress(f"copying {table.name}", sent.lines, total)
    with target.copying(f"COPY {table.name} ({table.columns}) TO STDOUT (FORMAT binary)") as copy:
        copy.set_types(table.types)
        for line in copy.rows():
            arrived.add(line)
            if arrived.lines % _LINES == 0:
                progress(f"comparing {table.name}", arrived.lines, total)
    if (arrived.lines, arrived.digests) != (sent.lines, sent.digests):
        raise StoreFailed(f"{target.name}: {table.name} is not what was copied")
    return sent.lines


@dataclass(slots=True)
class _Sum:
    """Tells sets of lines apart, whatever their order: the sum of their digests."""

    lines: int = 0
    digests: int = 0

    def add(self, line: tuple[Any, ...]) -> None:
        self.lines += 1
        self.digests += int.from_bytes(blake2b(repr(line).encode(), digest_size=16).digest(), "little")
