"""The signals on Spark: a cluster, or threads of this machine in a Java process beside this one.

Spark has no unsigned integers. Digests of ids are 64 bits: here they are moved down by 2**63, which keeps their order,
and moved back up in what `rows` returns.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from recsys.errors import BadInput
from training.events import SCHEMA
from training.remote_files import File, fetched_to

JAVA = 17  # the oldest that Spark 4 runs on

_DIGESTS = frozenset({"reader", *(field.name for field in SCHEMA if field.type == pa.uint64())})
_HALF = 1 << 63


def missing() -> str | None:
    """What Spark lacks here, and what to do; None where it can run."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'article-recsys[spark]'"
    java = shutil.which("java")
    if java is None:
        return f"there is no java: install a Java runtime of version {JAVA} or later"
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < JAVA:
        return f"java says {said.splitlines()[:1]}: install a Java runtime of version {JAVA} or later"
    return None


@contextmanager
def spark_session(
    master: str, *, spill_to: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Any]:
    """The session that there is, else a new one, which ends with the block. Raises BadInput where Spark can't run.

    settings  Spark's own, before those set here; what neither names is as spark-defaults.conf has it
    """
    lacks = missing()
    if lacks is not None:
        raise BadInput(f"Spark can't run: {lacks}")
    from pyspark import SparkConf
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        yield session
        return
    with TemporaryDirectory(dir=spill_to, prefix="recsys-signals-", ignore_cleanup_errors=True) as folder:
        chosen = {
            "spark.sql.warehouse.dir": folder,
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "ERROR",
            "spark.sql.execution.arrow.maxRecordsPerBatch": "100000",
            "spark.sql.execution.arrow.localRelationThreshold": "1MB",  # larger tables are cut into partitions
            "spark.driver.maxResultSize": "0",  # what comes back is as large as the model, not as the events
        }
        if master.startswith("local"):
            chosen |= {
                "spark.local.dir": folder,
                "spark.driver.bindAddress": "127.0.0.1",
                "spark.driver.host": "127.0.0.1",
                "spark.driver.memory": "3g",
                "spark.ui.enabled": "false",
                "spark.sql.shuffle.partitions": "8",
            }
        conf = SparkConf().setMaster(master).setAppName("recsys")
        for name, setting in (chosen | dict(settings or {})).items():
            conf.set(name, setting)
        try:
            session = SparkSession.builder.config(conf=conf).getOrCreate()
        except PySparkException as error:
            raise BadInput(f"Spark at {master} does not start: {error}") from error
        try:
            yield session
        finally:
            session.stop()


class SparkEngine:
    """Ibis on a Spark session, which is the caller's; `spool` is a folder for copies of remote files."""

    def __init__(self, session: Any, spool: Path) -> None:
        import ibis

        self._session, self._spool = session, spool
        self._backend = ibis.pyspark.connect(session)
        self._kept: list[Any] = []

    def scanned(self, name: str, table: pa.Table) -> ir.Table:
        """See `Engine`. The table is copied to Spark and kept: else it would be a part of every query's plan."""
        columns = [_lowered(column) for column in table.columns]
        frame = self._session.createDataFrame(pa.table(columns, names=table.column_names))
        return self._view(name, self._persisted(frame))

    def scanned_files(self, name: str, files: Sequence[File]) -> ir.Table:
        """See `Engine`. Read once and kept: to open a file a day anew for each query costs more than the query.

        Objects are copied to the spool first, so that Spark needs no library for their storage.
        """
        paths = fetched_to(Path(mkdtemp(dir=self._spool)), files)
        read = self._session.read.schema(_parquet_schema()).parquet(*(str(path.absolute()) for path in paths))
        columns = [
            f"cast(`{field.name}` - {_HALF} as bigint) as `{field.name}`"
            if field.name in _DIGESTS
            else f"`{field.name}`"
            for field in SCHEMA
        ]
        return self._view(name, self._persisted(read.selectExpr(*columns)))

    def kept(self, name: str, expression: ir.Table) -> ir.Table:
        """See `Engine`. Computed when it is first asked for."""
        return self._view(name, self._persisted(self._frame(expression)))

    def dropped(self, name: str) -> None:
        """See `Engine`. Stays, as what was made of it may not have been computed yet; Spark gives up what it must."""

    def rows(self, expression: ir.Table) -> pa.Table:
        """See `Engine`. Not through Ibis, which goes through pandas: there integers with nulls lose bits."""
        table = self._frame(expression).toArrow()
        schema = expression.schema().to_pyarrow()
        columns = [
            _raised(table[name]) if name in _DIGESTS else table[name].cast(schema.field(name).type)
            for name in table.column_names
        ]
        return pa.table(columns, names=table.column_names)

    def close(self) -> None:
        """Lets go of what was kept."""
        for frame in self._kept:
            frame.unpersist()

    def _persisted(self, frame: Any) -> Any:
        self._kept.append(frame.persist())
        return frame

    def _frame(self, expression: ir.Table) -> Any:
        return self._session.sql(self._backend.compile(expression))

    def _view(self, name: str, frame: Any) -> ir.Table:
        frame.createOrReplaceTempView(name)
        return self._backend.table(name)


@contextmanager
def spark_engine(master: str, *, spill_to: Path | None = None) -> Iterator[SparkEngine]:
    """Spark at `master`, in the session that there is, else in one of its own.

    spill_to  a folder for what doesn't fit into memory (default: the system's); with object storage and a cluster it
              must be one that all machines share
    """
    with (
        spark_session(master, spill_to=spill_to) as session,
        TemporaryDirectory(dir=spill_to, prefix="recsys-signals-") as spool,
    ):
        engine = SparkEngine(session, Path(spool))
        try:
            yield engine
        finally:
            engine.close()


def _parquet_schema() -> str:
    """The columns of `training.events.SCHEMA` as Spark reads them from Parquet: unsigned ones as decimals."""
    names = {pa.int8(): "tinyint", pa.int16(): "smallint", pa.int32(): "int", pa.int64(): "bigint"}
    names |= {pa.float64(): "double", pa.uint64(): "decimal(20,0)"}
    return ", ".join(f"`{field.name}` {names[field.type]}" for field in SCHEMA)


def _lowered(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Digests as Spark has them; any other column as it is."""
    return _moved(column, pa.int64()) if column.type == pa.uint64() else column


def _raised(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Digests from Spark as they are everywhere else."""
    return _moved(column, pa.uint64())


def _moved(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """A column of 64 bits with the highest bit the other way round, as `kind`; nulls stay."""
    whole = column.combine_chunks()
    whole = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    bits = whole.fill_null(0).to_numpy(zero_copy_only=False).view(np.uint64) ^ np.uint64(_HALF)
    nulls = whole.is_null().to_numpy(zero_copy_only=False) if whole.null_count else None
    return pa.chunked_array([pa.array(bits.view(kind.to_pandas_dtype()), kind, mask=nulls)])
