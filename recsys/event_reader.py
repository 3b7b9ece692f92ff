"""Events that name their article by its address instead of its id: how browsers, logs and analytics know it."""

from collections.abc import Callable
from datetime import tzinfo
from typing import Any

from recsys.errors import BadRecord
from recsys.event import Event
from recsys.record import RecordReader


class EventReader(RecordReader[Event]):
    """A reader of events that takes `url` where `article_id` is missing.

    article_at  the id of the article at an address, None where there is none
    """

    def __init__(self, default_zone: tzinfo, article_at: Callable[[str], str | None]) -> None:
        super().__init__(Event, default_zone)
        self._article_at = article_at
        self.fields |= {"url"}
        self.required -= {"article_id"}

    def from_mapping(self, values: object, *, strict: bool = True) -> Event:
        """One event from a mapping of field names to plain values."""
        if isinstance(values, dict) and "url" in values:
            values = self._with_id(values)
        return super().from_mapping(values, strict=strict)

    def _with_id(self, values: dict[str, Any]) -> dict[str, Any]:
        url = values["url"]
        if "article_id" in values:
            raise BadRecord("url", "stands beside article_id: name the article by one of them")
        found = self._article_at(url) if isinstance(url, str) and url.isprintable() else None
        if found is None:
            raise BadRecord("url", f'leads to no article of this site, got "{str(url)[:100]}"')
        return {name: value for name, value in values.items() if name != "url"} | {"article_id": found}
