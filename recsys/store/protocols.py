"""What the engine asks of a database: a catalogue of articles and one append-only change log, in one transaction.

Between two model bundles nothing changes but through the log: every process that serves reads it from where its bundle
ends and applies it to memory. An entry says *that* an article changed; its present state is read from the catalogue.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from recsys.article import Article, StoredArticle
from recsys.event import Event

EntryKind = Literal["events", "articles", "activate"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the change log."""

    seq: int  # 1, 2, 3, ... without gaps
    at: int  # when it was stored, microseconds
    kind: EntryKind
    events: tuple[Event, ...] = ()  # of kind "events"
    ids: tuple[str, ...] = ()  # "articles": whose record changed, went or came back; "activate": the model version


def comes_back(article: Article, deleted_at: int) -> bool:
    """Whether an imported record restores an article that was deleted then: it was written later."""
    return article.updated_at is not None and article.updated_at > deleted_at


@dataclass(frozen=True, slots=True)
class AppendedEvents:
    """What became of a batch of events. `duplicates` had an id that the log knew already, or twice in the batch."""

    accepted: int
    duplicates: int


@dataclass(frozen=True, slots=True)
class PutArticles:
    """What became of a batch of articles. `kept_deleted` were deleted after their record's `updated_at`."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    kept_deleted: tuple[str, ...] = ()


class ChangeLog(Protocol):
    """Append-only, numbered without gaps, durable when a call returns (or when the surrounding transaction ends)."""

    def append_events(self, events: Sequence[Event], now: int) -> AppendedEvents:
        """Adds those whose id is not known yet; an event without id is always new."""

    def append_activation(self, version: str, now: int) -> None:
        """Wakes the readers of the bundle pointer."""

    def read(self, after: int, limit: int) -> list[Entry]:
        """At most `limit` entries with seq > `after`, oldest first; raises BadInput where a checksum fails."""

    def last(self) -> int:
        """The seq of the newest entry, 0 where there is none. Costs microseconds: servers ask 20 times a second."""


class Catalogue(Protocol):
    """The present state of every article that ever arrived."""

    def put(self, articles: Sequence[Article], now: int, *, restore: bool) -> PutArticles:
        """Adds or replaces. A deleted one comes back where `restore`, or where its `updated_at` is later than that."""

    def delete(self, ids: Sequence[str], now: int) -> tuple[str, ...]:
        """Marks as deleted; returns those ids that were there and not yet deleted."""

    def get(self, ids: Iterable[str]) -> dict[str, StoredArticle]:
        """Those that ever arrived, deleted ones too."""

    def scan(self) -> Iterator[StoredArticle]:
        """All that ever arrived, by row, deleted ones too."""


class Store(Protocol):
    """One site's database."""

    log: ChangeLog
    catalogue: Catalogue

    def transaction(self) -> AbstractContextManager[None]:
        """All calls inside take effect together, or, when the block raises, not at all."""

    def close(self) -> None:
        """Lets go of the database."""
