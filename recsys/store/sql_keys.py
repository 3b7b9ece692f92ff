"""The keys of a home. Each line vouches for itself: a flipped bit must not turn one scope into another."""

from dataclasses import replace
from typing import Any

from recsys.keys import Key
from recsys.store.payload import key_line, key_of
from recsys.store.sql_log import Database, SqlLog


class SqlKeys:
    """`Keys` on a Database; tells the log of every change in the same transaction."""

    def __init__(self, database: Database, log: SqlLog[Any]) -> None:
        self._database = database
        self._log = log

    def add(self, key: Key, now: int) -> None:
        """Keeps a new key."""
        with self._database.transaction():
            self._write(key)
            self._log.append_keys_changed(now)

    def revoke(self, key_id: str, now: int) -> bool:
        """Ends a key for good; False where there is no good key of that id."""
        with self._database.transaction():
            good = [key for key in self.all() if key.id == key_id and key.revoked_at is None]
            for key in good:
                self._write(replace(key, revoked_at=now))
                self._log.append_keys_changed(now)
        return bool(good)

    def all(self) -> list[Key]:
        """Every key that was ever made, oldest first; raises BadInput where one is damaged."""
        lines = self._database.rows("SELECT * FROM keys ORDER BY created_at, id")
        return [key_of(self._database.name, line) for line in lines]

    def _write(self, key: Key) -> None:
        self._database.rows(
            "INSERT INTO keys (id, scope, name, origins, digest, created_at, revoked_at, crc)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET revoked_at = excluded.revoked_at, crc = excluded.crc",
            key_line(key),
        )
