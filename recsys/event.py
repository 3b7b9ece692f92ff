"""The event record: something that a reader did with an article."""

import math
from typing import Annotated, Literal, get_args

import msgspec

from recsys.record import ID_BYTES, Micros, check_id

EventType = Literal["impression", "view", "click", "like", "dislike", "bookmark", "share", "comment", "dwell", "rating"]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)

ListName = Literal["related", "ranking", "recommendation"]
LIST_NAMES: tuple[ListName, ...] = get_args(ListName)

AGENT_CHARACTERS = 1_000


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One act of one reader. `value` is seconds for a dwell, any scale for a rating, and 0 takes a like back.

    `source` is an opaque id of the network that the reader came from, such as a keyed hash of the address prefix.
    `user_agent` tells programs from readers when the event comes in, and is not stored.
    """

    id: str | None = None
    type: EventType
    article_id: str
    visitor_id: str | None = None
    session_id: str | None = None
    at: Micros
    value: float | None = None
    list: ListName | None = None
    position: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None
    request_id: str | None = None
    variant: str | None = None
    source: str | None = None
    user_agent: Annotated[str, msgspec.Meta(max_length=AGENT_CHARACTERS)] | None = None

    def __post_init__(self) -> None:
        # Nearly every id passes this quick look. check_id on all would double the time to replay a log.
        for value in (
            self.id,
            self.article_id,
            self.visitor_id,
            self.session_id,
            self.request_id,
            self.variant,
            self.source,
        ):
            if value is not None and not (2 < len(value) <= ID_BYTES and value.isascii() and value.isprintable()):
                self._check_ids()
                break
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError("value: expected a finite number")
        if self.type == "dwell" and (self.value is None or self.value < 0):
            raise ValueError("value: expected the seconds of the dwell, 0 or more")
        if self.type == "rating" and self.value is None:
            raise ValueError("value: expected the rating")

    def _check_ids(self) -> None:
        for field in ("id", "article_id", "visitor_id", "session_id", "request_id", "variant", "source"):
            value = getattr(self, field)
            if value is not None:
                check_id(value, field)
