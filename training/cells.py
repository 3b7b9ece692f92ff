"""Tables (CSV, Parquet): how lists stand in one cell, and what else a cell may hold that JSON would not.

An empty cell is an absent field. `tags`, `authors` and `labels` are a JSON array, or names between `|`, or, where there
is no `|`, between `;`. A `section` is a JSON array, or names from the general to the particular between ` > `.
"""

import re
from typing import Any

import msgspec

from recsys.errors import BadRecord

ID_FIELDS = frozenset(
    {"id", "article_id", "visitor_id", "session_id", "request_id", "variant", "translation_of", "source"}
)  # a table may hold them as numbers

_LIST_FIELDS = frozenset({"tags", "authors", "labels", "section"})
_BETWEEN_SECTIONS = re.compile(r"\s+>\s+")


def record_values(cells: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON would hold them; raises BadRecord for a list that can't be read."""
    return {name: _value(name, cell) for name, cell in cells.items() if cell is not None and cell != ""}


def _value(name: str, cell: Any) -> Any:
    if name in _LIST_FIELDS and isinstance(cell, str):
        return _names(name, cell)
    if name in ID_FIELDS and isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    return cell


def _names(field: str, cell: str) -> Any:
    if cell.lstrip().startswith("["):
        try:
            return msgspec.json.decode(cell)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise BadRecord(field, "begins with [ but is no JSON array") from None
    parts = _BETWEEN_SECTIONS.split(cell) if field == "section" else cell.split("|" if "|" in cell else ";")
    return [part.strip() for part in parts if part.strip()]
