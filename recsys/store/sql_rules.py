"""The revisions of the rules: each a whole document that vouches for itself."""

from collections.abc import Sequence
from typing import Any, LiteralString

from recsys.errors import Outdated
from recsys.rules.rule import RuleSet
from recsys.store.payload import revision_line, revision_of
from recsys.store.protocols import Revision
from recsys.store.sql_log import Database, SqlLog


class SqlRules:
    """`Rules` on a Database; tells the log of every change in the same transaction."""

    def __init__(self, database: Database, log: SqlLog[Any]) -> None:
        self._database = database
        self._log = log

    def current(self, before: int | None = None) -> Revision:
        """The newest revision, or the newest that was made before that moment, microseconds."""
        if before is None:
            found = self._read("SELECT * FROM rules ORDER BY revision DESC LIMIT 1")
        else:
            found = self._read("SELECT * FROM rules WHERE at < %s ORDER BY revision DESC LIMIT 1", (before,))
        return found[0] if found else Revision()

    def replace(self, rules: RuleSet, *, by: str, now: int, expected: int | None = None) -> Revision:
        """Puts other rules in force and tells the log; makes no revision where nothing changes.

        Raises Outdated where `expected` is not the number of the newest revision.
        """
        with self._database.transaction():
            newest = self.current()
            if expected is not None and expected != newest.number:
                raise Outdated(f"the rules are at revision {newest.number} by now, not {expected}. Read them again.")
            if rules == newest.rules:
                return newest
            made = Revision(newest.number + 1, now, by, rules)
            self._database.rows(
                "INSERT INTO rules (revision, at, by, document, crc) VALUES (%s, %s, %s, %s, %s)", revision_line(made)
            )
            self._log.append_rules_changed(made.number, now)
        return made

    def history(self, limit: int) -> list[Revision]:
        """At most so many of the newest revisions, newest first; raises BadInput where one is damaged."""
        return self._read("SELECT * FROM rules ORDER BY revision DESC LIMIT %s", (limit,))

    def _read(self, statement: LiteralString, values: Sequence[int] = ()) -> list[Revision]:
        return [revision_of(self._database.name, line) for line in self._database.rows(statement, values)]
