"""An article's line in the table of a database, and how records that arrive change it; the same in every database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from recsys.addresses import canonical_address
from recsys.article import Article, StoredArticle
from recsys.errors import BadInput
from recsys.record import from_store, store_bytes
from recsys.store.payload import checksum
from recsys.store.protocols import PutArticles, comes_back

TOGETHER = 256  # articles whose lines are in memory at a time


@dataclass(frozen=True, slots=True)
class Line:
    """An article's line, the record still packed."""

    row: int
    id: str
    record: bytes
    views_at: int
    likes_at: int
    deleted_at: int | None

    def fields(self) -> tuple[Any, ...]:
        """(row, id, record, views_at, likes_at, deleted_at, crc), as they lie in the table."""
        fields = (self.row, self.id, self.record, self.views_at, self.likes_at, self.deleted_at)
        return (*fields, checksum(*fields))


@dataclass(frozen=True, slots=True)
class Changes:
    """What some articles do to the table.

    lines      by id: those to be written, in the order in which they first changed
    addresses  the row that (host, path) leads to from now on
    """

    put: PutArticles
    lines: dict[str, Line]
    addresses: dict[tuple[str, str], int]


def changes(articles: Iterable[Article], known: dict[str, Line], *, next_row: int, now: int, restore: bool) -> Changes:
    """What `articles`, put one after the other, change of the lines that are `known`; `next_row`: of the first new."""
    added = updated = unchanged = 0
    kept_deleted: list[str] = []
    lines: dict[str, Line] = {}
    addresses: dict[tuple[str, str], int] = {}
    for article in articles:
        old = lines.get(article.id) or known.get(article.id)
        if old and old.deleted_at is not None and not (restore or comes_back(article, old.deleted_at)):
            kept_deleted.append(article.id)
            continue
        new = _replacement(article, old, next_row + added, now)
        if new == old:
            unchanged += 1
            continue
        lines[article.id] = new
        address = canonical_address(article.url) if article.url is not None else None
        if address is not None:
            addresses[address] = new.row
        if old:
            updated += 1
        else:
            added += 1
    put = PutArticles(added=added, updated=updated, unchanged=unchanged, kept_deleted=tuple(kept_deleted))
    return Changes(put, lines, addresses)


def both(one: PutArticles, other: PutArticles) -> PutArticles:
    """What became of the articles of two batches."""
    return PutArticles(
        added=one.added + other.added,
        updated=one.updated + other.updated,
        unchanged=one.unchanged + other.unchanged,
        kept_deleted=one.kept_deleted + other.kept_deleted,
    )


def line_of(where: str, fields: Sequence[Any]) -> Line:
    """The line that `Line.fields` made; raises BadInput where it is damaged."""
    line = Line(*fields[:-1])
    if line.fields()[-1] != fields[-1]:
        raise BadInput(f"{where}: article {line.id!r} is damaged. Restore a backup.")
    return line


def _replacement(article: Article, old: Line | None, next_row: int, now: int) -> Line:
    """The line that `article` makes. A total has its time from the record that last changed it."""
    record = store_bytes(article)
    if old and record == old.record:
        return Line(old.row, old.id, record, old.views_at, old.likes_at, deleted_at=None)
    before = from_store(old.record, Article) if old else None
    return Line(
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


def stored_article(line: Line) -> StoredArticle:
    """The article of a line."""
    return StoredArticle(
        article=from_store(line.record, Article),
        row=line.row,
        views_at=line.views_at,
        likes_at=line.likes_at,
        deleted_at=line.deleted_at,
    )


def is_text(article_id: str) -> bool:
    """False for a lone surrogate, which is in no id and which the database would not even look for."""
    try:
        article_id.encode()
    except UnicodeEncodeError:
        return False
    return True
