"""Many events as columns of plain numbers: what the live layer takes in, at a cost of a microsecond or two an event."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.acts import NOBODY, session_keys, source_keys
from recsys.event import EVENT_TYPES, Event, EventType
from recsys.histories import visitor_keys

Name = TypeVar("Name", bound=str | None)

_TYPE: Mapping[EventType, int] = {name: code for code, name in enumerate(EVENT_TYPES)}


class Happened(msgspec.Struct, gc=False):
    """What a block has room for of a `recsys.event.Event`: decoded from the store in a third of the time."""

    type: EventType
    article_id: str
    at: int
    visitor_id: str | None = None
    session_id: str | None = None
    value: float | None = float("nan")  # a column of plain numbers is made in a third of the time
    source: str | None = None


@dataclass(frozen=True, slots=True)
class EventBlock:
    """m events, in whatever order.

    ids       of articles, each once
    article   (m,) position in `ids`
    kind      (m,) int8, positions in EVENT_TYPES
    value     (m,) float64, NaN where there is none
    at        (m,) int64, microseconds
    reader    (m,) uint64, digest of the visitor, else of the session, else of the source, else NOBODY
    visitor   (m,) uint64, digest of the visitor, else NOBODY
    source    (m,) uint64, digest of the source, else NOWHERE
    """

    ids: Sequence[str]
    article: NDArray[np.intp]
    kind: NDArray[np.int8]
    value: NDArray[np.float64]
    at: NDArray[np.int64]
    reader: NDArray[np.uint64]
    visitor: NDArray[np.uint64]
    source: NDArray[np.uint64]

    @classmethod
    def of(cls, events: Iterable[Event | Happened]) -> Self:
        """The events as a block."""
        some = [*events]
        ids, article = _numbered([event.article_id for event in some])
        visitor = _digests([event.visitor_id for event in some], visitor_keys)
        source = _digests([event.source for event in some], source_keys)
        reader, unknown = visitor.copy(), np.flatnonzero(visitor == NOBODY)
        session = _digests([some[place].session_id for place in unknown.tolist()], session_keys)
        reader[unknown] = np.where(session != NOBODY, session, source[unknown])
        return cls(
            ids=[*ids],
            article=article,
            kind=np.fromiter(map(_TYPE.__getitem__, [event.type for event in some]), np.int8, len(some)),
            value=np.array([event.value for event in some], np.float64),  # None becomes NaN
            at=np.array([event.at for event in some], np.int64),
            reader=reader,
            visitor=visitor,
            source=source,
        )

    def __len__(self) -> int:
        return self.article.size

    def only(self, kept: NDArray[np.bool_]) -> Self:
        """The events where `kept` (m,), in the same order."""
        if kept.all():
            return self
        return replace(self, **{name: getattr(self, name)[kept] for name in self.__slots__ if name != "ids"})


def _numbered(names: Sequence[Name]) -> tuple[dict[Name, int], NDArray[np.intp]]:
    """The distinct names, numbered in the order in which they first come, and (m,) the number of each."""
    numbers: defaultdict[Name, int] = defaultdict(count().__next__)
    number = np.fromiter(map(numbers.__getitem__, names), np.intp, len(names))
    return numbers, number


def _digests(names: Sequence[str | None], digests: Callable[[Iterable[str]], NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """(m,) the digest of each name, 0 for none; each distinct one is computed once."""
    if names.count(None) == len(names):  # as is usual where events name no source
        return np.zeros(len(names), np.uint64)
    numbers, number = _numbered(names)
    found = np.zeros(len(numbers), np.uint64)
    named = np.arange(found.size) != numbers.get(None, found.size)
    found[named] = digests(name for name in numbers if name is not None)
    return found.take(number)
