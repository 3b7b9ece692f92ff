"""A worker holds on to no more of the model's files than it may."""

import asyncio
import os
import platform
import subprocess
import sys
from types import SimpleNamespace
from typing import cast

import pytest

from serving import memory
from serving.live import Live


def test_pages_are_given_back_only_when_they_have_become_many(monkeypatch: pytest.MonkeyPatch) -> None:
    resident, given = [100], []

    def take(maps: object) -> None:
        given.append(maps)
        resident[0] = 100

    monkeypatch.setattr(memory, "resident_files", lambda: resident[0])
    monkeypatch.setattr(memory, "give_back", take)
    monkeypatch.setattr(memory, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(memory, "IDLE_SECONDS", 0.001)

    async def grow() -> None:
        keeping = asyncio.create_task(
            memory.keep_small(cast(Live, SimpleNamespace(model=SimpleNamespace(maps="m"))), 50)
        )
        await asyncio.sleep(0.02)
        resident[0] = 150
        await asyncio.sleep(0.02)
        assert given == ["m"]  # what was read to open the model
        resident[0] = 151
        await asyncio.sleep(0.2)
        assert given == ["m", "m"]
        keeping.cancel()

    asyncio.run(grow())


_FREED = """
import os
from pathlib import Path
import numpy as np
from recsys.heap import map_large_arrays

def anonymous_mb():
    resident, shared = Path("/proc/self/statm").read_text().split()[1:3]
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE") / 2**20

map_large_arrays()
several = [(np.ones(1 << 18), np.ones(1 << 15)) for _ in range(40)]  # 80 MB, and 10 MB that stay between them
held = anonymous_mb()
several = [kept for _, kept in several]
print(held - anonymous_mb())
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries decide by themselves")
def test_what_is_large_goes_back_to_the_system_when_it_is_freed() -> None:
    """Also where glibc would keep room for it, as after arrays of 32 MB that were freed before."""
    keeping = os.environ | {"MALLOC_MMAP_THRESHOLD_": str(32 << 20)}
    freed = subprocess.run([sys.executable, "-c", _FREED], capture_output=True, check=True, env=keeping).stdout
    assert float(freed) > 70
