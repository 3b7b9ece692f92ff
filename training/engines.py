"""Where the signals are computed: DuckDB, within bounds of memory and threads, spilling to a folder of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend as DuckDB


@contextmanager
def duckdb_engine(*, threads: int, memory_mb: int = 2_048, spill_to: Path | None = None) -> Iterator[DuckDB]:
    """A DuckDB in memory that writes what doesn't fit to a temporary folder in `spill_to` (default: the system's).

    threads  0: one per core
    """
    with TemporaryDirectory(dir=spill_to, prefix="recsys-signals-") as folder:
        settings = {"memory_limit": f"{memory_mb}MB", "temp_directory": folder, "preserve_insertion_order": False}
        if threads:
            settings["threads"] = threads
        engine = DuckDB()
        engine.do_connect(**settings)
        try:
            yield engine
        finally:
            engine.disconnect()


def scanned(engine: DuckDB, name: str, table: pa.Table) -> ir.Table:
    """`table` under `name`, scanned where it lies: nothing is copied."""
    engine.con.register(name, table)
    return engine.table(name)


def kept(engine: DuckDB, name: str, expression: ir.Table) -> ir.Table:
    """The rows of `expression`, computed once and kept as `name`: within the engine's bounds, spilled where large."""
    return engine.create_table(name, expression, temp=True)


def scanned_files(engine: DuckDB, files: Sequence[Path]) -> ir.Table:
    """The events of the Parquet files of `training.history.day_files`, read where they lie, as far as a query needs."""
    return engine.read_parquet([str(path) for path in files], hive_partitioning=False)
