"""A crowd of two and of ten times what a server can do: as many are answered as before, in time, and soon it is over.

The crowd asks at a set rate whether it is answered or not, over connections that are kept, for pages of readers with a
history, no two alike. At full size on 100,000 articles; server and crowd have a core each then, where there are two.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.serving_strain import overload, pages
from tests.faults.scale import FULL, tries
from tests.faults.site_of_size import ARTICLES, site_of_size
from tests.serving.process import server

__all__ = ["site_of_size"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SECONDS = tries(6, 2)  # of the crowd, of the peak, and of half the peak before and after it


@pytest.fixture
def a_core_each() -> Iterator[tuple[str, ...]]:
    """What the server's command begins with; this process keeps to another core meanwhile."""
    mine = os.sched_getaffinity(0)
    if not FULL or len(mine) < 2 or shutil.which("taskset") is None:
        yield ()
        return
    first, second = sorted(mine)[:2]
    os.sched_setaffinity(0, {second})
    yield ("taskset", "-c", str(first))
    os.sched_setaffinity(0, mine)


@pytest.mark.parametrize("times", [2, 10])
def test_a_crowd_is_answered_in_time_or_turned_away(
    site_of_size: Path, a_core_each: tuple[str, ...], times: int
) -> None:
    paths = pages(ARTICLES, np.random.default_rng(times))
    with server(site_of_size, within=a_core_each) as (url, process):
        found = overload(int(url.rpartition(":")[2]), process.pid, paths, times, SECONDS)
    print(f"{times} times: {found}")
    assert set(found.statuses) <= {200, 503}
    assert times < 10 or found.statuses.get(503, 0) > 0, "this was no crowd"
    assert found.kept > 0.2, "a crowd keeps the server from its work"
    if FULL:  # else other tests share the machine, and take its time as they like
        assert found.kept >= 0.8
        assert found.accepted_p99 <= 100
        assert found.back <= 2
