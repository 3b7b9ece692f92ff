"""A site's store in one schema of a PostgreSQL database."""

from contextlib import AbstractContextManager

from recsys.store.postgres_catalogue import PostgresCatalogue
from recsys.store.postgres_database import Database
from recsys.store.postgres_log import PostgresLog
from recsys.store.protocols import Catalogue, ChangeLog, Keys, Rules, StoreSize, Visitors
from recsys.store.sql_keys import SqlKeys
from recsys.store.sql_rules import SqlRules
from recsys.store.sql_visitors import SqlVisitors


class PostgresStore:
    """`Store` in the schema that comes first in the search path at `address`; its tables are made where it is empty.

    One object serves one thread at a time; any number of them, on any machines, may work at once. Parameters and errors
    are those of `Database`.
    """

    log: ChangeLog
    catalogue: Catalogue
    keys: Keys
    rules: Rules
    visitors: Visitors

    def __init__(
        self,
        address: str,
        *,
        read_only: bool = False,
        busy_seconds: float = 60.0,
        answer_seconds: float | None = None,
    ) -> None:
        self._database = Database(
            address, read_only=read_only, busy_seconds=busy_seconds, answer_seconds=answer_seconds
        )
        log = PostgresLog(self._database)
        self.log = log
        self.catalogue = PostgresCatalogue(self._database, log)
        self.keys = SqlKeys(self._database, log)
        self.rules = SqlRules(self._database, log)
        self.visitors = SqlVisitors(self._database, log)

    def transaction(self) -> AbstractContextManager[None]:
        """All calls inside take effect together, or, when the block raises, not at all. May be nested."""
        return self._database.transaction()

    def size(self) -> StoreSize:
        """What it holds; reads every line's length."""
        [(articles, article_bytes)] = self._database.rows(
            "SELECT count(*), coalesce(sum(length(record)), 0)::bigint FROM articles"
        )
        log_bytes = self._database.value(
            "SELECT coalesce(sum(length(payload)), 0)::bigint FROM log WHERE kind = 'events'"
        )
        return StoreSize(articles, article_bytes, self._database.value("SELECT count(*) FROM event_ids"), log_bytes)

    def engine(self) -> str:
        """The database and its version, for people."""
        return f"PostgreSQL {self._database.value('SHOW server_version')}"

    def risks(self) -> list[str]:
        """How the server is set up so that an acknowledged change can be lost, a sentence each."""
        return [
            f"PostgreSQL has {name} off: a crash can lose or damage what was acknowledged. Set it on."
            for name in ("fsync", "full_page_writes")
            if self._database.value("SELECT current_setting(%s)", (name,)) == "off"
        ]

    def close(self) -> None:
        """Lets go of the database."""
        self._database.close()
