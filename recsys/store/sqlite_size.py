"""How much a store holds, told without reading it."""

from dataclasses import dataclass
from pathlib import Path

from recsys.store.sqlite_database import Database


@dataclass(frozen=True, slots=True)
class StoreSize:
    """What a store holds. Purged events count as well: their ids are kept.

    article_bytes, log_bytes  as they lie there, compressed
    """

    articles: int
    article_bytes: int
    events: int
    log_bytes: int


def store_size(path: Path) -> StoreSize:
    """The size of the store at `path`; raises as `SqliteStore` does. Cost: a look at each page that begins a record."""
    database = Database(path, read_only=True)
    try:
        [(articles, article_bytes)] = database.rows("SELECT count(*), ifnull(sum(length(record)), 0) FROM articles")
        [(log_bytes,)] = database.rows("SELECT ifnull(sum(length(payload)), 0) FROM log WHERE kind = 'events'")
        events = database.value("SELECT count(*) FROM event_ids")
    finally:
        database.close()
    return StoreSize(articles, article_bytes, events, log_bytes)
