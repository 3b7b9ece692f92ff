"""Writing the same records in every format that an import reads."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import parquet

FORMATS = ("jsonl", "ndjson", "json", "csv", "parquet")

Rows = Sequence[dict[str, Any]]


def write(folder: Path, name: str, rows: Rows, *, kind: str, packed: bool = False) -> Path:
    """A file of `rows`, whose values are as in JSON, in format `kind`, gz-compressed if `packed`."""
    data = {"json": as_array, "csv": as_csv, "parquet": as_parquet}.get(kind, as_lines)(rows)
    path = folder / f"{name}.{kind}{'.gz' if packed else ''}"
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def as_lines(rows: Rows) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def as_array(rows: Rows) -> bytes:
    return json.dumps(list(rows), indent=1).encode()


def as_csv(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, _columns(rows))
    table.writeheader()
    for row in rows:
        table.writerow({k: json.dumps(v) if isinstance(v, list | bool) else v for k, v in row.items()})
    return text.getvalue().encode()


def as_parquet(rows: Rows) -> bytes:
    columns = {name: [row.get(name) for row in rows] for name in _columns(rows)}
    data = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), data)
    return data.getvalue()


def _columns(rows: Rows) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
