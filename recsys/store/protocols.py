"""What the engine asks of a database: a catalogue of articles and one append-only change log, in one transaction.

Between two model bundles nothing changes but through the log: every process that serves reads it from where its bundle
ends and applies it to memory. An entry says *that* an article changed; its present state is read from the catalogue.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

import msgspec

from recsys.article import Article, StoredArticle
from recsys.event import Event
from recsys.keys import Key
from recsys.rules.rule import RuleSet

EntryKind = Literal["events", "articles", "activate", "rules", "keys", "erase"]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One line of the change log."""

    seq: int  # 1, 2, 3, ... without gaps
    at: int  # when it was stored, microseconds
    kind: EntryKind
    events: tuple[Event, ...] = ()  # of kind "events", from `ChangeLog.read`
    packed: bytes = b""  # the same from `ChangeLog.tail`, for `unpack_block`
    # "articles": whose record changed, went or came back; "activate": the model version; "rules": the revision;
    # "keys": nothing; "erase": `visitor_digest` of one whose events up to here are gone
    ids: tuple[str, ...] = ()


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

    def append_batches(self, batches: Sequence[Sequence[Event]], now: int) -> list[AppendedEvents]:
        """What `append_events` does with each of them, in as few entries as hold them all."""

    def append_activation(self, version: str, now: int) -> None:
        """Wakes the readers of the bundle pointer."""

    def read(self, after: int, limit: int) -> list[Entry]:
        """At most `limit` entries with seq > `after`, oldest first; raises BadInput where a checksum fails."""

    def tail(self, after: int, limit: int) -> list[Entry]:
        """What `read` returns, but events stay packed: `recsys.store.unpack_block` makes columns of many entries."""

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

    def at_addresses(self, urls: Iterable[str]) -> dict[str, str]:
        """The ids of the articles that these addresses lead to, or led to once; of two, the one put last."""

    def scan(self, rows: Sequence[int] | None = None) -> Iterator[StoredArticle]:
        """All that ever arrived, or those at `rows`, ascending; by row, deleted ones too."""

    def checks(self) -> list[int]:
        """By row a number of 32 bits that changes with what is stored of the article, without reading the record."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The rules as somebody left them. Revision 0, of nobody, has none."""

    number: int = 0
    at: int = 0  # microseconds
    by: str = ""  # the name of the key, or "local"
    rules: RuleSet = field(default_factory=RuleSet)


class Rules(Protocol):
    """The rules of a site, and how they came to be what they are."""

    def current(self, before: int | None = None) -> Revision:
        """The newest revision, or the newest that was made before that moment, microseconds."""

    def replace(self, rules: RuleSet, *, by: str, now: int, expected: int | None = None) -> Revision:
        """Puts other rules in force and tells the log; makes no revision where nothing changes.

        Raises Outdated where `expected` is not the number of the newest revision.
        """

    def history(self, limit: int) -> list[Revision]:
        """At most so many of the newest revisions, newest first; raises BadInput where one is damaged."""


class Keys(Protocol):
    """The keys of a home, revoked ones too: a home that ever had a key is never open again."""

    def add(self, key: Key, now: int) -> None:
        """Keeps a new key."""

    def revoke(self, key_id: str, now: int) -> bool:
        """Ends a key for good; False where there is no good key of that id."""

    def all(self) -> list[Key]:
        """Every key that was ever made, oldest first; raises BadInput where one is damaged."""


class Visitors(Protocol):
    """What the log holds of single visitors, and how it goes."""

    def events(self, visitor_id: str) -> list[Event]:
        """All events of a visitor, in the order of the log."""

    def erase(self, visitor_id: str, now: int) -> int:
        """Takes all events of a visitor out of the log, for good; returns how many.

        An entry of kind "erase" goes first, so that every process forgets the visitor before the events are found.
        Entries that held events keep their place, and get a new checksum. Call it outside a transaction.
        """

    def erasures(self, after: int) -> list[Entry]:
        """The entries of kind "erase" with seq > `after`: what was made before them may still hold the visitors."""

    def purge(self, before: int) -> int:
        """Takes all events stamped before `before` out of the log, for good; returns how many."""


@dataclass(frozen=True, slots=True)
class StoreSize:
    """What a store holds. Purged events count as well: their ids are kept.

    article_bytes, log_bytes  as they lie there, compressed
    """

    articles: int
    article_bytes: int
    events: int
    log_bytes: int


class Store(Protocol):
    """One site's database."""

    log: ChangeLog
    catalogue: Catalogue
    keys: Keys
    rules: Rules
    visitors: Visitors

    def transaction(self) -> AbstractContextManager[None]:
        """All calls inside take effect together, or, when the block raises, not at all."""

    def size(self) -> StoreSize:
        """How much it holds, told without reading it."""

    def engine(self) -> str:
        """The database and its version, for people."""

    def risks(self) -> list[str]:
        """How the database is set up so that an acknowledged change can be lost, a sentence each."""

    def close(self) -> None:
        """Lets go of the database."""
