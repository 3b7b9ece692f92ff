"""A store of whichever database, opened anew for each test, and the records that are put into it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from recsys.article import Article
from recsys.event import Event
from recsys.record import Micros
from recsys.rules.rule import Rule, RuleSet, Selection
from recsys.store import Entry, Store

OpenStore = Callable[[], Store]

HARD_IDS = [
    "-1",
    "--help",
    "a/b",
    "a%2Fb",
    "..a",
    " ",
    "'; DROP TABLE log; --",
    "\u00c4rger",
    "A\u0308rger",
    "記事",
    "🗞️",
    "é" * 256,
]


class Undo(Exception):
    """What goes wrong inside a transaction."""


@contextmanager
def undone(store: Store) -> Iterator[None]:
    """A transaction that fails at its end."""
    with suppress(Undo), store.transaction():
        yield
        raise Undo


def article(article_id: str = "a", **fields: object) -> Article:
    return Article(**({"id": article_id, "title": "A title", "published_at": Micros(1)} | fields))


def event(event_id: str | None = None, article_id: str = "a", at: int = 1) -> Event:
    return Event(id=event_id, type="view", article_id=article_id, at=Micros(at))


def of_visitor(event_id: str, visitor_id: str) -> Event:
    return Event(id=event_id, type="view", article_id="a", visitor_id=visitor_id, at=Micros(1))


def events_of(entries: list[Entry]) -> list[Event]:
    return [event for entry in entries for event in entry.events]


def rule_set(*tags: str) -> RuleSet:
    return RuleSet(rules=tuple(Rule(kind="bury", articles=Selection(tags=(tag,)), ends_at=Micros(5)) for tag in tags))


class Opened:
    """`reopen` opens the same store once more: another connection, as another process would have."""

    def open(self, folder: Path) -> Store:
        raise NotImplementedError

    @pytest.fixture
    def reopen(self, tmp_path: Path) -> Iterator[OpenStore]:
        with ExitStack() as opened:

            def reopen() -> Store:
                store = self.open(tmp_path)
                opened.callback(store.close)
                return store

            yield reopen

    @pytest.fixture
    def store(self, reopen: OpenStore) -> Store:
        return reopen()
