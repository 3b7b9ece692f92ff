"""Many events as columns of plain numbers: what the live layer takes in, at a cost of a microsecond or two an event."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.acts import NOBODY, session_keys, source_keys
from recsys.event import EVENT_TYPES, Event, EventType
from recsys.histories import visitor_keys

_TYPE: Mapping[EventType, int] = {name: code for code, name in enumerate(EVENT_TYPES)}


class Happened(msgspec.Struct, gc=False):
    """What a block has room for of a `recsys.event.Event`: decoded from the store in a third of the time."""

    type: EventType
    article_id: str
    at: int
    visitor_id: str | None = None
    session_id: str | None = None
    value: float | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class EventBlock:
    """m events, in whatever order.

    articles  m ids
    kind      (m,) int8, positions in EVENT_TYPES
    value     (m,) float64, NaN where there is none
    at        (m,) int64, microseconds
    reader    (m,) uint64, digest of the visitor, else of the session, else of the source, else NOBODY
    visitor   (m,) uint64, digest of the visitor, else NOBODY
    source    (m,) uint64, digest of the source, else NOWHERE
    """

    articles: Sequence[str]
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
        visitor = _digests([event.visitor_id for event in some], visitor_keys)
        session = _digests([event.session_id if event.visitor_id is None else None for event in some], session_keys)
        source = _digests([event.source for event in some], source_keys)
        return cls(
            articles=[event.article_id for event in some],
            kind=np.fromiter((_TYPE[event.type] for event in some), np.int8, len(some)),
            value=np.array([event.value for event in some], np.float64),  # None becomes NaN
            at=np.fromiter((event.at for event in some), np.int64, len(some)),
            reader=np.where(visitor != NOBODY, visitor, np.where(session != NOBODY, session, source)),
            visitor=visitor,
            source=source,
        )

    def __len__(self) -> int:
        return len(self.articles)

    def only(self, kept: NDArray[np.bool_]) -> Self:
        """The events where `kept` (m,), in the same order."""
        if kept.all():
            return self
        columns = {name: getattr(self, name)[kept] for name in self.__slots__ if name != "articles"}
        return replace(self, articles=[self.articles[place] for place in np.flatnonzero(kept).tolist()], **columns)


def _digests(names: Sequence[str | None], digests: Callable[[Iterable[str]], NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """(m,) the digest of each name, 0 for none; each distinct one is computed once."""
    distinct = [name for name in dict.fromkeys(names) if name is not None]
    if not distinct:
        return np.zeros(len(names), np.uint64)
    known: dict[str | None, int] = {None: 0}
    known.update(zip(distinct, digests(distinct).tolist(), strict=True))
    return np.fromiter(map(known.__getitem__, names), np.uint64, len(names))
