"""Publishing: the version is written, active and told of, or another was first and nothing has changed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from recsys.bundle import Manifest
from recsys.errors import Outdated
from recsys.registry import FolderRegistry
from recsys.store.sqlite import SqliteStore
from training.publish import publish


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "store.db")) as found:
        yield found


def _publish(registry: FolderRegistry, store: SqliteStore, number: int, after: str | None) -> None:
    manifest = Manifest(version=f"v{number}", as_of=number, log_seq=0, articles=0, events=0)
    publish(registry, store, {"a.b": np.full(10, number)}, manifest, after=after, now=number, keep=2)


def test_a_published_version_is_active_told_of_and_one_of_those_kept(tmp_path: Path, store: SqliteStore) -> None:
    registry = FolderRegistry(tmp_path)
    for number, after in ((1, None), (2, "v1"), (3, "v2")):
        _publish(registry, store, number, after)
    assert (registry.active(), registry.names()) == ("v3", ["v2", "v3"])
    assert [entry.ids for entry in store.log.read(0, 9)] == [("v1",), ("v2",), ("v3",)]


def test_a_training_that_another_has_overtaken_publishes_nothing(tmp_path: Path, store: SqliteStore) -> None:
    """It compared itself with a model that does not serve any more."""
    registry = FolderRegistry(tmp_path)
    for number, after in ((1, None), (2, "v1")):
        _publish(registry, store, number, after)
    for after in ("v1", None):
        with pytest.raises(Outdated, match="v2 was activated by somebody else meanwhile, v3 was not"):
            _publish(registry, store, 3, after)
    assert (registry.active(), registry.names()) == ("v2", ["v1", "v2"])
    assert store.log.last() == 2
