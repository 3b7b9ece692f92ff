"""Past imports: the rows that were left out, as the reports in the home keep them."""

import re
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from recsys.errors import NotFound
from recsys.home import Home

REPORTS = 50
ROWS = 500
_NAME = re.compile(r"import-[0-9T-]{1,40}Z?\.jsonl")


def past_imports(home: Home) -> list[dict[str, Any]]:
    """The newest reports first: when, and how many rows each left out. An import without bad rows leaves none."""
    return [{"report": path.name, "bad_rows": _lines(path)} for path in sorted(_reports(home), reverse=True)[:REPORTS]]


def report(home: Home, name: str) -> dict[str, Any]:
    """The rows that one import left out, at most ROWS of them; raises NotFound."""
    path = next((path for path in _reports(home) if path.name == name), None)
    if path is None:
        raise NotFound("there is no such report")
    with path.open("rb") as lines:
        rows = [msgspec.json.decode(line) for line in islice(lines, ROWS)]
    return {"report": name, "bad_rows": _lines(path), "rows": rows}


def _reports(home: Home) -> list[Path]:
    folder = home.reports
    return [path for path in (folder.iterdir() if folder.is_dir() else ()) if _NAME.fullmatch(path.name)]


def _lines(path: Path) -> int:
    with path.open("rb") as opened:
        return sum(1 for _ in opened)
