"""What an import made of a file, field by field."""

from collections.abc import Mapping
from typing import Any

import msgspec

from recsys.record import Micros
from recsys.times import format_time
from training.import_report import FieldReport

SHOWN = 60  # characters of an example


class Understood:
    """Counts, over the good records of a file, which fields have a value, and keeps one value of each.

    sources  what in the file each field comes from; may be filled while the records are read
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        self._filled: dict[str, int] = {}
        self._examples: dict[str, str] = {}
        self._absent: dict[str, Any] = {}

    def add(self, record: msgspec.Struct) -> None:
        """Looks at one record."""
        if not self._absent:
            self._absent = {
                field.name: None if field.default is msgspec.NODEFAULT else field.default
                for field in msgspec.structs.fields(record)
            }
        for name, absent in self._absent.items():
            value = getattr(record, name)
            if value is None or value in (absent, ()):
                continue
            self._filled[name] = self._filled.get(name, 0) + 1
            if name not in self._examples:
                self._examples[name] = _shown(value, " > " if name == "section" else ", ")

    def fields(self) -> tuple[FieldReport, ...]:
        """In the order of the record; fields that no record had are left out."""
        return tuple(
            FieldReport(name, self._sources.get(name, ""), self._filled[name], self._examples[name])
            for name in self._absent
            if name in self._filled
        )


def _shown(value: object, between: str) -> str:
    if isinstance(value, Micros):
        return format_time(value)
    text = between.join(map(str, value)) if isinstance(value, tuple) else str(value)
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
