"""The event record: something that a reader did with an article."""

from typing import Annotated, Literal, get_args

import msgspec

from recsys.article import is_finite
from recsys.record import Micros, check_id

EventType = Literal["impression", "view", "click", "like", "dislike", "bookmark", "share", "comment", "dwell", "rating"]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)

ListName = Literal["related", "ranking", "recommendation"]
LIST_NAMES: tuple[ListName, ...] = get_args(ListName)


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One act of one reader. `value` is seconds for a dwell, any scale for a rating, and 0 takes a like back."""

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

    def __post_init__(self) -> None:
        check_id(self.article_id, "article_id")
        for field in ("id", "visitor_id", "session_id", "request_id", "variant"):
            value = getattr(self, field)
            if value is not None:
                check_id(value, field)
        if not is_finite(self.value):
            raise ValueError("value: expected a finite number")
        if self.type == "dwell" and (self.value is None or self.value < 0):
            raise ValueError("value: expected the seconds of the dwell, 0 or more")
        if self.type == "rating" and self.value is None:
            raise ValueError("value: expected the rating")
