"""One suite for both engines: what goes in comes out, and Spark computes from events what DuckDB does.

Spark runs on two threads of this machine; where it can't, its tests are skipped and say why.
"""

import gzip
import os
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose
from pyarrow import parquet

from recsys.article import Article
from recsys.errors import BadInput
from recsys.event import EVENT_TYPES, LIST_NAMES, Event
from recsys.interest import HALF_LIVES, WEIGHTS, Worth
from recsys.record import RecordReader
from recsys.times import DAY
from training import attention, click_through, covisits, signals, spark_engine
from training.engines import Engine, duckdb_engine, value
from training.events import SCHEMA, event_table

DATASETS = Path(os.environ.get("RECSYS_DATASETS", "../shared/datasets"))
LIVES = list(HALF_LIVES.values())
WORTH = Worth.of(WEIGHTS)
END = 1_800_000_000_000_000
# What costs time and changes no result: a test's data is done before Java has optimised itself for it.
QUICK = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.driver.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
}

# The bridge between Python and Java leaves sockets to the garbage collector.
BRIDGE = "ignore:unclosed <socket:ResourceWarning"

pytestmark = pytest.mark.filterwarnings(BRIDGE)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    lacks = spark_engine.missing()
    if lacks is not None:
        pytest.skip(lacks)
    folder = tmp_path_factory.mktemp("spark")
    with (
        spark_engine.spark_session("local[2]", spill_to=folder, settings=QUICK),
        spark_engine.spark_engine("local[2]", spill_to=folder) as engine,
    ):
        yield engine


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "spark":
        yield request.getfixturevalue("spark")
        return
    with duckdb_engine(threads=1) as duckdb:
        yield duckdb


def invented(size: int = 4_000, rows: int = 40, seed: int = 3) -> pa.Table:
    """Events of all kinds by visitors, sessions, sources and nobody; likes taken back, equal times, 64-bit digests."""
    rng = np.random.default_rng(seed)
    digests = rng.integers(0, 2**64 - 1, 60, np.uint64, endpoint=True)

    def one_of(kinds: slice, missing: float) -> pa.Array:
        return pa.array(rng.choice(digests[kinds], size), mask=rng.random(size) < missing)

    columns = {
        "row": rng.integers(0, rows, size).astype(np.int32),
        "type": rng.integers(0, len(EVENT_TYPES), size).astype(np.int8),
        "visitor": one_of(slice(0, 30), 0.4),
        "session": one_of(slice(30, 50), 0.5),
        "source": one_of(slice(50, 60), 0.4),
        "at": END - rng.integers(0, 90, size) * DAY - rng.integers(0, 3, size),
        "value": pa.array(rng.choice([0.0, 1.0, 4.0, 12.5, 60.0, 9_000.0], size), mask=rng.random(size) < 0.3),
        "list": pa.array(rng.integers(0, len(LIST_NAMES), size).astype(np.int8), mask=rng.random(size) < 0.3),
        "position": pa.array(rng.integers(1, 9, size).astype(np.int16), mask=rng.random(size) < 0.2),
        "request": pa.nulls(size, pa.uint64()),
    }
    return pa.table(columns).cast(SCHEMA)


def site(name: str) -> pa.Table:
    """The events of a folder of datasets."""
    folder = DATASETS / name
    if not folder.is_dir():
        pytest.skip(f"no data of {name}: RECSYS_DATASETS names the folder of datasets")
    articles, events = RecordReader(Article, UTC), RecordReader(Event, UTC)
    with gzip.open(folder / "articles.jsonl.gz") as lines:
        row_of = {articles.from_json(line).id: row for row, line in enumerate(lines)}
    with gzip.open(folder / "events.jsonl.gz") as lines:
        return event_table((events.from_json(line) for line in lines), row_of.get, 2**62)


def every_signal(engine: Engine, events: ir.Table, n: int, as_of: int) -> dict[str, pa.Table]:
    """All that a training learns from events by expressions, each as a table sorted by its keys."""
    rows = np.arange(n, dtype=np.int32)
    arrived = np.where(rows % 3 == 0, as_of - 30 * DAY, 0)  # totals of every third article
    totals = engine.scanned("totals", pa.table({"row": rows, "views_at": arrived, "likes_at": arrived}))
    pairs = engine.kept("pairs", signals.pairs(events, as_of, WORTH))
    marks = engine.kept("marks", signals.like_marks(events, as_of, totals))
    interest = engine.kept("interest", signals.interest(events, as_of, WORTH, LIVES, acts=(pairs, marks)))
    members = engine.scanned("members", pa.table({"row": rows, "name": rows % 7}))
    first = engine.kept("first_visits", covisits.first_visits(pairs))
    visits = engine.kept("visits", covisits.visits(first))
    successions = engine.kept("successions", covisits.successions(visits))
    expressions = {
        "pairs": (pairs, ("row", "reader")),
        "marks": (marks, ("row", "reader")),
        "counts": (signals.counts(events, as_of, totals), ("row",)),
        "interest": (interest, ("row",)),
        "leaders": (attention.leaders(interest, members, as_of, LIVES, k=5), ("name", "window", "place")),
        "exposures": (click_through.exposures(events, as_of), ("list", "place", "row")),
        "dwell": (attention.dwell(events, as_of), ("row",)),
        "audience": (attention.audience(first), ("row",)),
        "first visits": (first, ("reader", "row")),
        "after": (covisits.ties(successions, visits, directed=True), ("row", "other")),
        "together": (covisits.ties(successions, visits, directed=False), ("row", "other")),
    }
    found = {
        name: engine.rows(expression).sort_by([(key, "ascending") for key in keys])
        for name, (expression, keys) in expressions.items()
    }
    scalars = {
        "good rating": value(engine, signals.good_rating(events, as_of)),
        "last event": value(engine, signals.last_event(events, as_of)),
        "readers": value(engine, first.reader.nunique()),
    }
    return found | {name: pa.table({"value": [one]}) for name, one in scalars.items()}


def assert_equal_within(one: pa.Table, other: pa.Table, tolerance: float, name: str) -> None:
    """The same columns, types, rows and nulls; real numbers within a relative tolerance."""
    assert one.schema == other.schema, name
    assert one.num_rows == other.num_rows, name
    for column in one.column_names:
        if pa.types.is_floating(one.schema.field(column).type):
            assert_allclose(
                other[column].to_numpy(), one[column].to_numpy(), rtol=tolerance, err_msg=f"{name}: {column}"
            )
        else:
            assert one[column].equals(other[column]), f"{name}: {column}"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["invented", "quantum", "deskdrop", "hn"])
def test_spark_computes_every_signal_as_duckdb_does(spark: Engine, name: str) -> None:
    table = invented() if name == "invented" else site(name)
    n = 1 + int(np.max(table["row"].to_numpy()))
    as_of = int(np.quantile(table["at"].to_numpy(), 0.9, method="nearest"))  # the last events are of the future
    with duckdb_engine(threads=2) as duckdb:
        expected = every_signal(duckdb, duckdb.scanned("events", table), n, as_of)
    found = every_signal(spark, spark.scanned("events", table), n, as_of)
    assert found.keys() == expected.keys()
    for signal, rows in expected.items():
        assert rows.num_rows or name != "invented", signal  # of real sites each lacks something
        assert_equal_within(rows, found[signal], 1e-9, signal)


@pytest.mark.slow
def test_ties_by_expressions_on_spark_are_those_of_the_compiled_kernel(spark: Engine) -> None:
    pairs = spark.kept("pairs", signals.pairs(spark.scanned("events", invented(rows=400)), END, WORTH))
    first = spark.kept("first_visits", covisits.first_visits(pairs))
    plain = covisits.plain_covisits(spark, first, 400)
    compiled = covisits.compiled_covisits(spark, first, 400, threads=1)
    assert plain["together_rows"].size
    for name, array in plain.items():
        assert_allclose(array, compiled[name], rtol=1e-9, err_msg=name)


def test_a_table_comes_back_as_it_went_in(engine: Engine) -> None:
    """Digests use all 64 bits and keep their order; what is null stays null."""
    table = invented(200)
    known = engine.scanned("events", table)
    assert_same_rows(engine.rows(known), table)
    for name in ("visitor", "source"):
        column = known.filter(known[name].notnull()).select(name).distinct().order_by(name)
        expected = np.unique(table[name].drop_null().to_numpy())
        assert engine.rows(column)[name].to_numpy().tolist() == expected.tolist()
    assert value(engine, known.value.count()) == 200 - table["value"].null_count


def test_what_is_kept_is_not_computed_again(engine: Engine) -> None:
    known = engine.scanned("numbers", pa.table({"row": np.arange(5, dtype=np.int32)}))
    kept = engine.kept("doubled", known.select(twice=known["row"] * 2))
    assert engine.rows(kept.order_by("twice"))["twice"].to_pylist() == [0, 2, 4, 6, 8]
    engine.scanned("numbers", pa.table({"row": np.zeros(5, np.int32)}))
    assert engine.rows(kept.order_by("twice"))["twice"].to_pylist() == [0, 2, 4, 6, 8]


def test_what_was_made_of_something_dropped_stays(engine: Engine) -> None:
    known = engine.scanned("numbers", pa.table({"row": np.arange(5, dtype=np.int32)}))
    doubled = engine.kept("doubled", known.select(twice=known["row"] * 2))
    kept = engine.kept("more", doubled.select(more=doubled.twice + 1))
    engine.dropped("doubled")
    assert engine.rows(kept.order_by("more"))["more"].to_pylist() == [1, 3, 5, 7, 9]


def test_no_events_are_no_rows(engine: Engine) -> None:
    known = engine.scanned("events", SCHEMA.empty_table())
    assert engine.rows(signals.counts(known, END, engine.scanned("totals", totals_of_none()))).num_rows == 0
    assert value(engine, signals.last_event(known, END)) is None


def totals_of_none() -> pa.Table:
    none = np.zeros(0, np.int64)
    return pa.table({"row": none.astype(np.int32), "views_at": none, "likes_at": none})


def test_files_by_day_are_read_where_they_lie(engine: Engine, tmp_path: Path) -> None:
    files = [file for file, _ in by_day(tmp_path)]
    assert_same_rows(engine.rows(engine.scanned_files("events", files)), invented(300))


def test_files_on_object_storage_are_read_as_local_ones(engine: Engine, tmp_path: Path, bucket: str) -> None:
    from fsspec.core import url_to_fs

    addresses: list[str] = []
    for path, day in by_day(tmp_path):
        addresses.append(f"{bucket}/history/{day}/{path.name}")
        filesystem, there = url_to_fs(addresses[-1])
        filesystem.put_file(str(path), there)
    assert_same_rows(engine.rows(engine.scanned_files("objects", addresses)), invented(300))


def test_an_address_that_no_library_reads_is_an_error_that_says_so(engine: Engine) -> None:
    with pytest.raises(BadInput, match="nowhere://"):
        engine.scanned_files("events", ["nowhere://bucket/file.parquet"])


def by_day(folder: Path) -> list[tuple[Path, str]]:
    """`invented(300)` in three files, as a history lays them out."""
    found = []
    for part in range(3):
        day = f"day=2026-01-0{part + 1}"
        path = folder / day / f"{part}.parquet"
        path.parent.mkdir()
        parquet.write_table(invented(300).slice(part * 100, 100), path)
        found.append((path, day))
    return found


def assert_same_rows(found: pa.Table, expected: pa.Table) -> None:
    by = [(name, "ascending") for name in ("at", "row", "type", "visitor", "session", "source", "value", "position")]
    assert found.cast(SCHEMA).sort_by(by).equals(expected.sort_by(by))


def test_without_java_or_pyspark_spark_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_engine, "find_spec", lambda _: None)
    with (
        pytest.raises(BadInput, match=r"pip install 'article-recsys\[spark\]'"),
        spark_engine.spark_session("local[1]"),
    ):
        pass
    monkeypatch.setattr(spark_engine, "find_spec", lambda _: object())
    monkeypatch.setenv("PATH", "")
    assert "install a Java runtime" in (spark_engine.missing() or "")
