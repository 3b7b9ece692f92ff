"""The catalogue in SQLite: the present record of every article, when its totals came, whether it is deleted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from recsys.addresses import canonical_address
from recsys.article import Article, StoredArticle
from recsys.errors import BadInput
from recsys.record import from_store, store_bytes
from recsys.store.payload import checksum
from recsys.store.protocols import PutArticles, comes_back
from recsys.store.sqlite_database import Database
from recsys.store.sqlite_log import SqliteLog

_SCAN_ROWS = 256


@dataclass(frozen=True, slots=True)
class _Line:
    """An article's line in the table, the record still packed."""

    row: int
    id: str
    record: bytes
    views_at: int
    likes_at: int
    deleted_at: int | None

    def checksum(self) -> int:
        return checksum(self.row, self.id, self.record, self.views_at, self.likes_at, self.deleted_at)


class SqliteCatalogue:
    """`Catalogue` on a Database; tells the log of every change in the same transaction."""

    def __init__(self, database: Database, log: SqliteLog) -> None:
        self._database = database
        self._log = log

    def put(self, articles: Sequence[Article], now: int, *, restore: bool) -> PutArticles:
        """Adds or replaces. A deleted one comes back where `restore`, or where its `updated_at` is later than that."""
        added = updated = unchanged = 0
        kept_deleted: list[str] = []
        changed: dict[str, None] = {}
        with self._database.transaction():
            next_row = self._database.value("SELECT ifnull(max(row), -1) + 1 FROM articles")
            for article in articles:
                old = self._find(article.id)
                if old and old.deleted_at is not None and not (restore or comes_back(article, old.deleted_at)):
                    kept_deleted.append(article.id)
                    continue
                new = _replacement(article, old, next_row, now)
                if new == old:
                    unchanged += 1
                    continue
                self._write(new)
                self._write_address(article.url, new.row)
                changed[article.id] = None
                if old:
                    updated += 1
                else:
                    added += 1
                    next_row += 1
            self._log.append_changed(list(changed), now)
        return PutArticles(added=added, updated=updated, unchanged=unchanged, kept_deleted=tuple(kept_deleted))

    def delete(self, ids: Sequence[str], now: int) -> tuple[str, ...]:
        """Marks as deleted; returns those ids that were there and not yet deleted."""
        gone: list[str] = []
        with self._database.transaction():
            for article_id in ids:
                old = self._find(article_id)
                if old and old.deleted_at is None:
                    self._write(_Line(old.row, old.id, old.record, old.views_at, old.likes_at, deleted_at=now))
                    gone.append(article_id)
            self._log.append_changed(gone, now)
        return tuple(gone)

    def get(self, ids: Iterable[str]) -> dict[str, StoredArticle]:
        """Those that ever arrived, deleted ones too."""
        found = (self._find(article_id) for article_id in ids)
        return {line.id: _unpacked(line) for line in found if line}

    def at_addresses(self, urls: Iterable[str]) -> dict[str, str]:
        """The ids of the articles that these addresses lead to, or led to once; of two, the one put last."""
        found: dict[str, str] = {}
        for url in urls:
            known = canonical_address(url)
            if known is None:
                continue
            host, path = known
            rows = self._database.rows(
                "SELECT id FROM addresses JOIN articles USING (row) WHERE path = ?1 AND (host = ?2 OR host = '' OR"
                " ?2 = '') ORDER BY host = ?2 DESC, row DESC LIMIT 1",
                (path, host),
            )
            if rows:
                found[url] = rows[0][0]
        return found

    def scan(self) -> Iterator[StoredArticle]:
        """All that ever arrived, by row, deleted ones too; each as it is when reached, without a lock in between."""
        last = -1
        while lines := self._lines("SELECT * FROM articles WHERE row > ? ORDER BY row LIMIT ?", (last, _SCAN_ROWS)):
            yield from map(_unpacked, lines)
            last = lines[-1].row

    def _find(self, article_id: str) -> _Line | None:
        if not _is_text(article_id):
            return None
        lines = self._lines("SELECT * FROM articles WHERE id = ?", (article_id,))
        return lines[0] if lines else None

    def _lines(self, sql: str, values: Sequence[int | str]) -> list[_Line]:
        lines = []
        for *fields, crc in self._database.rows(sql, values):
            line = _Line(*fields)
            if line.checksum() != crc:
                raise BadInput(f"{self._database.path}: article {line.id!r} is damaged. Restore a backup.")
            lines.append(line)
        return lines

    def _write(self, line: _Line) -> None:
        self._database.rows(
            "INSERT INTO articles (row, id, record, views_at, likes_at, deleted_at, crc) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (row) DO UPDATE SET record = excluded.record, views_at = excluded.views_at,"
            " likes_at = excluded.likes_at, deleted_at = excluded.deleted_at, crc = excluded.crc",
            (line.row, line.id, line.record, line.views_at, line.likes_at, line.deleted_at, line.checksum()),
        )

    def _write_address(self, url: str | None, row: int) -> None:
        known = canonical_address(url) if url is not None else None
        if known is not None:
            self._database.rows(
                "INSERT INTO addresses (host, path, row) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row",
                (*known, row),
            )


def _replacement(article: Article, old: _Line | None, next_row: int, now: int) -> _Line:
    """The line that `article` makes. A total has its time from the record that last changed it."""
    record = store_bytes(article)
    if old and record == old.record:
        return _Line(old.row, old.id, record, old.views_at, old.likes_at, deleted_at=None)
    before = from_store(old.record, Article) if old else None
    return _Line(
        row=old.row if old else next_row,
        id=article.id,
        record=record,
        views_at=_total_at(article.views, before.views if before else None, old.views_at if old else 0, now),
        likes_at=_total_at(article.likes, before.likes if before else None, old.likes_at if old else 0, now),
        deleted_at=None,
    )


def _total_at(total: int | None, before: int | None, before_at: int, now: int) -> int:
    if total is None:
        return 0
    return before_at if total == before else now


def _unpacked(line: _Line) -> StoredArticle:
    return StoredArticle(
        article=from_store(line.record, Article),
        row=line.row,
        views_at=line.views_at,
        likes_at=line.likes_at,
        deleted_at=line.deleted_at,
    )


def _is_text(article_id: str) -> bool:
    """False for a lone surrogate, which is in no id and which the database would not even look for."""
    try:
        article_id.encode()
    except UnicodeEncodeError:
        return False
    return True
