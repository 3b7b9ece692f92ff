"""Parquet, read in batches of rows."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO, TypeVar, cast

import msgspec

from recsys.errors import BadInput, BadRecord
from recsys.record import RecordReader
from training.cells import record_values
from training.rows import OpenFile, Row

_BATCH_ROWS = 1_000
_EPOCH = datetime(1970, 1, 1)

R = TypeVar("R", bound=msgspec.Struct)


def read_parquet(file: OpenFile, reader: RecordReader[R]) -> Iterator[Row[R]]:
    """A row per row. Timestamps are times: with a zone as they are, without one in the reader's default zone.

    Raises BadInput where pyarrow is not installed, the file is damaged, or a column that every record has is absent.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError:
        raise BadInput("Parquet needs pyarrow. Install it: pip install 'article-recsys[train]'") from None
    try:
        with tempfile.TemporaryFile() as unpacked:
            table = parquet.ParquetFile(_seekable(file, cast(BinaryIO, unpacked)))
            names = list(table.schema_arrow.names)
            _check_columns(file.name, names, reader)
            unknown = frozenset(names) - reader.fields
            rows = table.metadata.num_rows
            number = 0
            for batch in table.iter_batches(_BATCH_ROWS, columns=[name for name in names if name in reader.fields]):
                plain, times = _without_times(batch)
                for cells in plain.to_pylist():
                    number += 1
                    yield Row(number, _outcome(cells, times, reader), unknown, file.size * number // rows)
    except (pyarrow.ArrowException, OSError) as error:
        raise BadInput(f"{file.name}: the Parquet data is damaged or not supported ({_first_line(error)})") from error


def _seekable(file: OpenFile, unpacked: BinaryIO) -> BinaryIO:
    """Parquet is read from its end: gz data goes to a nameless file first."""
    if file.data is file.raw and file.raw.seekable():
        return file.raw
    shutil.copyfileobj(file.data, unpacked)
    unpacked.seek(0)
    return unpacked


def _outcome(cells: dict[str, Any], times: dict[str, str], reader: RecordReader[R]) -> R | BadRecord:
    try:
        plain = {name: _time(name, cell, times[name]) if name in times else _cell(cell) for name, cell in cells.items()}
        return reader.from_mapping(record_values(plain), strict=False)
    except BadRecord as bad:
        return bad


def _without_times(batch: Any) -> tuple[Any, dict[str, str]]:
    """The batch with its times as integer microseconds, and for each such column the offset: "+00:00", or "" for none.

    Python's own times would fail on nanoseconds and on years after 9999, and take the whole batch with them.
    """
    import pyarrow

    types = pyarrow.types
    times = {field.name: "+00:00" if types.is_timestamp(field.type) and field.type.tz else "" for field in batch.schema
             if types.is_timestamp(field.type) or types.is_date(field.type)}  # fmt: skip
    columns = [
        column.cast(pyarrow.timestamp("us"), safe=False).cast(pyarrow.int64()) if name in times else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pyarrow.RecordBatch.from_arrays(columns, names=batch.schema.names), times


def _time(name: str, micros: int | None, offset: str) -> str | None:
    if micros is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=micros)).isoformat() + offset
    except OverflowError:
        raise BadRecord(name, "expected a time between the years 1 and 9999") from None


def _cell(cell: Any) -> Any:
    return float(cell) if isinstance(cell, Decimal) else cell


def _check_columns(name: str, names: list[str], reader: RecordReader[R]) -> None:
    missing = sorted(reader.required - set(names))
    if missing:
        raise BadInput(f"{name}: has no column {', '.join(missing)}. It has: {', '.join(names)[:200]}")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
