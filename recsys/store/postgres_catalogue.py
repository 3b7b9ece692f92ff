"""The catalogue in PostgreSQL: the present record of every article, when its totals came, whether it is deleted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, LiteralString

from recsys.addresses import canonical_address
from recsys.article import Article, StoredArticle
from recsys.store.article_line import TOGETHER, Line, both, changes, is_text, line_of, stored_article
from recsys.store.postgres_database import Database
from recsys.store.postgres_log import PostgresLog
from recsys.store.protocols import PutArticles


class PostgresCatalogue:
    """`Catalogue` on a Database; tells the log of every change in the same transaction."""

    def __init__(self, database: Database, log: PostgresLog) -> None:
        self._database = database
        self._log = log

    def put(self, articles: Sequence[Article], now: int, *, restore: bool) -> PutArticles:
        """Adds or replaces. A deleted one comes back where `restore`, or where its `updated_at` is later than that."""
        put, changed = PutArticles(), dict[str, None]()
        with self._database.transaction():
            next_row = self._database.value("SELECT coalesce(max(row), -1) + 1 FROM articles")
            for start in range(0, len(articles), TOGETHER):
                some = articles[start : start + TOGETHER]
                found = changes(
                    some, self._find([one.id for one in some]), next_row=next_row + put.added, now=now, restore=restore
                )
                self._write(found.lines.values())
                self._database.run_each(
                    "INSERT INTO addresses (path, host, row) VALUES (%s, %s, %s)"
                    " ON CONFLICT (path, host) DO UPDATE SET row = excluded.row",
                    [(path_digest(path), host, row) for (host, path), row in found.addresses.items()],
                )
                put = both(put, found.put)
                changed |= dict.fromkeys(found.lines)
            self._log.append_changed(list(changed), now)
        return put

    def delete(self, ids: Sequence[str], now: int) -> tuple[str, ...]:
        """Marks as deleted; returns those ids that were there and not yet deleted."""
        with self._database.transaction():
            there = {line.id: line for line in self._find(ids).values() if line.deleted_at is None}
            self._write(replace(line, deleted_at=now) for line in there.values())
            self._log.append_changed(list(there), now)
        return tuple(there)

    def get(self, ids: Iterable[str]) -> dict[str, StoredArticle]:
        """Those that ever arrived, deleted ones too."""
        return {article_id: stored_article(line) for article_id, line in self._find(ids).items()}

    def at_addresses(self, urls: Iterable[str]) -> dict[str, str]:
        """The ids of the articles that these addresses lead to, or led to once; of two, the one put last."""
        found: dict[str, str] = {}
        for url in urls:
            known = canonical_address(url)
            if known is None:
                continue
            host, path = known
            rows = self._database.rows(
                "SELECT id FROM addresses JOIN articles USING (row) WHERE path = %(path)s AND (host = %(host)s OR"
                " host = '' OR %(host)s = '') ORDER BY host = %(host)s DESC, row DESC LIMIT 1",
                {"path": path_digest(path), "host": host},
            )
            if rows:
                found[url] = rows[0][0]
        return found

    def scan(self, rows: Sequence[int] | None = None) -> Iterator[StoredArticle]:
        """All that ever arrived, or those at `rows`, by row; each as it is when reached, without a lock in between."""
        if rows is not None:
            for row in rows:
                yield from map(stored_article, self._lines("SELECT * FROM articles WHERE row = %s", (row,)))
            return
        last = -1
        while lines := self._lines("SELECT * FROM articles WHERE row > %s ORDER BY row LIMIT %s", (last, TOGETHER)):
            yield from map(stored_article, lines)
            last = lines[-1].row

    def checks(self) -> list[int]:
        """By row the checksum of the line."""
        return [crc for (crc,) in self._database.rows("SELECT crc FROM articles ORDER BY row", ())]

    def _find(self, ids: Iterable[str]) -> dict[str, Line]:
        """The lines of those that ever arrived, by id, in the order of `ids`."""
        known = [one for one in dict.fromkeys(ids) if is_text(one) and "\0" not in one]
        found = {line.id: line for line in self._lines("SELECT * FROM articles WHERE id = ANY(%s)", (known,))}
        return {one: found[one] for one in known if one in found}

    def _lines(self, statement: LiteralString, values: Sequence[Any]) -> list[Line]:
        return [line_of(self._database.name, fields) for fields in self._database.rows(statement, values)]

    def _write(self, lines: Iterable[Line]) -> None:
        self._database.run_each(
            "INSERT INTO articles (row, id, record, views_at, likes_at, deleted_at, crc)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)"
            " ON CONFLICT (row) DO UPDATE SET record = excluded.record, views_at = excluded.views_at,"
            " likes_at = excluded.likes_at, deleted_at = excluded.deleted_at, crc = excluded.crc",
            [line.fields() for line in lines],
        )


def path_digest(path: str) -> bytes:
    """What stands for a path: an index of PostgreSQL takes 2,704 bytes at most, an address may be longer."""
    return blake2b(path.encode("utf-8", "surrogatepass"), digest_size=16).digest()
