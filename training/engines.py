"""Where the signals are computed: DuckDB in this process, or Spark; the same Ibis expressions on both."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import ibis.expr.types as ir
import pyarrow as pa

from training.engine_choice import EngineChoice
from training.remote_files import File, remote_filesystems


class Engine(Protocol):
    """What computes expressions over events. Digests go in and come out as uint64; inside their type is its own."""

    def scanned(self, name: str, table: pa.Table) -> ir.Table:
        """`table` under `name`."""
        ...

    def scanned_files(self, name: str, files: Sequence[File]) -> ir.Table:
        """The events of Parquet files, as `training.history` writes them, under `name`; read as queries need."""
        ...

    def kept(self, name: str, expression: ir.Table) -> ir.Table:
        """The rows of `expression`, computed once and kept as `name`: within the engine's bounds, spilled if large."""
        ...

    def dropped(self, name: str) -> None:
        """What was kept as `name` is not asked for any more."""
        ...

    def rows(self, expression: ir.Table) -> pa.Table:
        """The rows of `expression`, computed and brought here, in its order; types as DuckDB has them."""
        ...


def opened(choice: EngineChoice, *, threads: int, spill_to: Path | None) -> AbstractContextManager[Engine]:
    """The engine of a choice, closed at the end; `spill_to` is a folder for what doesn't fit into memory.

    Raises BadInput where the engine can't be had, with what to do.
    """
    if choice.name == "duckdb":
        return duckdb_engine(threads=threads, spill_to=spill_to)
    from training.spark_engine import spark_engine  # pyspark is an extra of its own

    return spark_engine(choice.master, spill_to=spill_to)


def events_of(engine: Engine, choice: EngineChoice, table: pa.Table) -> ir.Table:
    """All events: of the choice's files, else of `table`."""
    return engine.scanned_files("events", choice.files) if choice.files else engine.scanned("events", table)


def value(engine: Engine, expression: ir.Scalar) -> Any:
    """What a scalar comes to; None for null."""
    return engine.rows(expression.as_table()).column(0)[0].as_py()


class DuckDBEngine:
    """Ibis on DuckDB, whose connection is the caller's."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def scanned(self, name: str, table: pa.Table) -> ir.Table:
        """`table` under `name`, scanned where it lies: nothing is copied."""
        self._backend.con.register(name, table)
        return self._backend.table(name)

    def scanned_files(self, name: str, files: Sequence[File]) -> ir.Table:
        """See `Engine`. Objects are read in ranges, as local files are."""
        for filesystem in remote_filesystems(files):
            self._backend.con.register_filesystem(filesystem)
        events = self._backend.con.read_parquet([str(file) for file in files], hive_partitioning=False)
        events.create_view(name)  # Ibis' own way would fetch an extension for s3://
        return self._backend.table(name)

    def kept(self, name: str, expression: ir.Table) -> ir.Table:
        """See `Engine`."""
        return self._backend.create_table(name, expression, temp=True)

    def dropped(self, name: str) -> None:
        """See `Engine`."""
        self._backend.raw_sql(f"DROP TABLE {name}")

    def rows(self, expression: ir.Table) -> pa.Table:
        """See `Engine`."""
        return expression.to_pyarrow()


@contextmanager
def duckdb_engine(*, threads: int, memory_mb: int = 1_024, spill_to: Path | None = None) -> Iterator[DuckDBEngine]:
    """A DuckDB in memory that writes what doesn't fit to a temporary folder in `spill_to` (default: the system's).

    threads  0: one per core
    """
    from ibis.backends.duckdb import Backend

    with TemporaryDirectory(dir=spill_to, prefix="recsys-signals-") as folder:
        settings = {"memory_limit": f"{memory_mb}MB", "temp_directory": folder, "preserve_insertion_order": False}
        if threads:
            settings["threads"] = threads
        backend = Backend()
        backend.do_connect(**settings)
        try:
            yield DuckDBEngine(backend)
        finally:
            backend.disconnect()
