"""A site's store in one SQLite file."""

from contextlib import AbstractContextManager
from pathlib import Path

from recsys.store.protocols import Catalogue, ChangeLog, Keys, Rules, StoreSize, Visitors
from recsys.store.sql_keys import SqlKeys
from recsys.store.sql_rules import SqlRules
from recsys.store.sql_visitors import SqlVisitors
from recsys.store.sqlite_catalogue import SqliteCatalogue
from recsys.store.sqlite_database import Database
from recsys.store.sqlite_log import SqliteLog


class SqliteStore:
    """`Store` in the file at `path`, which is made where it is absent; its folder must be there.

    One object serves one thread at a time; any number of them, in any processes, may have the file open. A second
    writer waits up to `busy_seconds` for the first. With `read_only` nothing is made and nothing can be written.

    Raises NotFound (read_only, nothing there), BadInput (another program's database, another format), StoreFailed.
    """

    log: ChangeLog
    catalogue: Catalogue
    keys: Keys
    rules: Rules
    visitors: Visitors

    def __init__(self, path: Path, *, read_only: bool = False, busy_seconds: float = 60.0) -> None:
        self._database = Database(path, read_only=read_only, busy_seconds=busy_seconds)
        log = SqliteLog(self._database)
        self.log = log
        self.catalogue = SqliteCatalogue(self._database, log)
        self.keys = SqlKeys(self._database, log)
        self.rules = SqlRules(self._database, log)
        self.visitors = SqlVisitors(self._database, log)

    def transaction(self) -> AbstractContextManager[None]:
        """All calls inside take effect together, or, when the block raises, not at all. May be nested."""
        return self._database.transaction()

    def size(self) -> StoreSize:
        """What it holds; looks at each page that begins a record."""
        rows = self._database.rows
        [(articles, article_bytes)] = rows("SELECT count(*), ifnull(sum(length(record)), 0) FROM articles")
        [(log_bytes,)] = rows("SELECT ifnull(sum(length(payload)), 0) FROM log WHERE kind = 'events'")
        return StoreSize(articles, article_bytes, self._database.value("SELECT count(*) FROM event_ids"), log_bytes)

    def engine(self) -> str:
        """The database and its version, for people."""
        return f"SQLite {self._database.value('SELECT sqlite_version()')}"

    def risks(self) -> list[str]:
        """None: every connection of ours flushes what it commits."""
        return []

    def close(self) -> None:
        """Lets go of the database."""
        self._database.close()


def copy_store(source: Path, target: Path) -> None:
    """Writes a consistent copy of a store, also while others write to it; `target` must not exist."""
    original = Database(source, read_only=True)
    try:
        original.rows("VACUUM INTO ?", (str(target),))
    finally:
        original.close()
    copy = Database(target)
    try:
        copy.rows("PRAGMA journal_mode = WAL")
    finally:
        copy.close()
