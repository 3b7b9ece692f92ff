"""A training whose signals Spark computes publishes the model that one with DuckDB does."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from recsys.bundle import Manifest, active_version, open_bundle
from recsys.home import Home
from recsys.settings import read_settings
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY
from tests.training.growing_site import FIRST_DAYS, START, run, site
from tests.training.test_engines import BRIDGE, QUICK
from training import spark_engine
from training import train as training
from training.engine_choice import DUCKDB, EngineChoice
from training.progress import silent

NOW = START + (FIRST_DAYS + 1) * DAY
SPARK = EngineChoice("spark", "local[2]")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings(BRIDGE)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose events are imported, and a session of Spark, which trainings find and leave open."""
    lacks = spark_engine.missing()
    if lacks is not None:
        pytest.skip(lacks)
    folder = tmp_path_factory.mktemp("spark")
    found = site(folder / "home")
    run(found, FIRST_DAYS - 1)
    with spark_engine.spark_session(SPARK.master, spill_to=folder, settings=QUICK):
        yield found


def trained(home: Home, choice: EngineChoice) -> tuple[Manifest, Mapping[str, NDArray[Any]]]:
    store = SqliteStore(home.store)
    try:
        settings = read_settings(home.settings)
        training.train(store, home, settings, as_of=NOW, now=NOW, progress=silent, choice=choice)
    finally:
        store.close()
    return open_bundle(home.bundles / active_version(home.bundles))


def test_spark_and_duckdb_publish_the_same_model(home: Home) -> None:
    (told, arrays), (expected_told, expected) = trained(home, SPARK), trained(home, DUCKDB)
    assert told.events == expected_told.events > 1_000
    assert (told.first_event, told.last_event) == (expected_told.first_event, expected_told.last_event)
    assert told.metrics["signals"] == expected_told.metrics["signals"]
    assert arrays.keys() == expected.keys()
    for name, array in expected.items():
        if array.dtype.kind == "f":
            assert_allclose(arrays[name], array, rtol=1e-9, err_msg=name)
        else:
            assert_array_equal(arrays[name], array, err_msg=name)
    assert not list(home.root.glob("recsys-signals-*"))


def test_signals_are_of_all_events_where_this_process_has_only_the_newest(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, expected = trained(home, SPARK)
    monkeypatch.setattr(training, "HERE", told.events // 3)
    bounded_told, bounded = trained(home, SPARK)
    assert bounded_told.events == told.events
    assert bounded_told.first_event == told.first_event
    for name in ("engagement.views_since", "engagement.pair_reader", "covisits.together_rows"):
        assert_array_equal(bounded[name], expected[name], err_msg=name)
    assert bounded["histories.rows"].size < expected["histories.rows"].size


def test_a_machine_without_java_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = site(tmp_path / "home")
    store = SqliteStore(home.store)
    monkeypatch.setattr(spark_engine, "missing", lambda: "there is no java")
    with pytest.raises(spark_engine.BadInput, match="there is no java"):
        training.train(store, home, read_settings(home.settings), as_of=NOW, now=NOW, progress=silent, choice=SPARK)
    store.close()
