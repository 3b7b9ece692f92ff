"""Readers of the records in files: as those of the API, but an integer stands for the id that is written so.

Many systems number their articles and readers, and their exports hold the numbers as such.
"""

from datetime import tzinfo
from typing import TypeVar

import msgspec

from recsys.article import Article
from recsys.event import Event
from recsys.event_reader import EventReader
from recsys.record import RecordReader
from training.cells import ID_FIELDS

R = TypeVar("R", bound=msgspec.Struct)


class _TakesNumbers(RecordReader[R]):
    def from_mapping(self, values: object, *, strict: bool = True) -> R:
        """One record from a mapping of field names to plain values."""
        if isinstance(values, dict):
            values = {name: str(v) if name in ID_FIELDS and type(v) is int else v for name, v in values.items()}
        return super().from_mapping(values, strict=strict)


class ArticleFileReader(_TakesNumbers[Article]):
    """Reads articles."""

    def __init__(self, default_zone: tzinfo) -> None:
        super().__init__(Article, default_zone)


class EventFileReader(_TakesNumbers[Event], EventReader):
    """Reads events, which may name the address of their article in place of its id."""
