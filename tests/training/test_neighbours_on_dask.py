"""Neighbour lists built by the workers of a Dask cluster, two processes of this machine, are those built by threads."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from joblib import parallel_config
from numpy.testing import assert_array_equal
from scipy import sparse

from recsys.cosine import Neighbours, Rows
from tests.training.test_neighbour_lists import corpus
from training import pruned_lists
from training.arrange_kernel import arrange
from training.mapped import Mapped, shared
from training.neighbour_lists import kernel_neighbours

N, K = 3_000, 20

distributed = pytest.importorskip("distributed", reason="dask is not installed: pip install 'article-recsys[dask]'")


@pytest.fixture(scope="module")
def matrix() -> sparse.csr_array:
    return corpus(N, seed=9)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as workers,
        distributed.Client(workers),
    ):
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize("theta", [0.0, 0.02])
def test_workers_of_a_cluster_build_the_lists_that_threads_build(
    matrix: sparse.csr_array, tmp_path: Path, theta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruned_lists, "BLOCK", 1_024)
    rows, width = Rows.of(matrix), matrix.shape[1]
    here = kernel_neighbours(rows, width, K, theta=theta, jobs=2)
    with parallel_config(backend="dask"):
        there = kernel_neighbours(rows, width, K, theta=theta, jobs=2, folder=tmp_path)
    assert_same(here, there)


def test_a_task_takes_along_where_the_arrays_lie_and_not_the_arrays(matrix: sparse.csr_array, tmp_path: Path) -> None:
    arranged = arrange(Rows.of(matrix), matrix.shape[1])
    there = shared(arranged, tmp_path, "rows")
    assert isinstance(there, Mapped)
    sent = pickle.dumps(there)
    assert len(sent) < 1_000
    for one, other in zip(arranged, pickle.loads(sent).open(), strict=True):
        assert type(one) is type(other)
        assert_array_equal(one, other)
        assert np.asarray(one).dtype == np.asarray(other).dtype


def test_what_a_worker_writes_to_its_arrays_stays_with_it(matrix: sparse.csr_array, tmp_path: Path) -> None:
    arranged = arrange(Rows.of(matrix), matrix.shape[1])
    opened = shared(arranged, tmp_path, "rows").open()
    opened.weights[:] = 0
    assert_array_equal(np.load(tmp_path / "rows" / "weights.npy"), arranged.weights)


def assert_same(one: Neighbours, other: Neighbours) -> None:
    assert_array_equal(one.rows, other.rows)
    assert_array_equal(one.scores, other.scores)
