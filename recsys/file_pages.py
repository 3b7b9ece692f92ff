"""Files in memory: the maps behind a bundle's arrays, and how a process gives their pages back.

A page that was read stays in the process' page table until the kernel needs the room, and with it up to fifteen of its
neighbours: a server that reads a list here and a card there soon counts the whole bundle as its own. Given back, the
pages stay in the page cache, and the next look costs a fault of a microsecond or two.
"""

import mmap
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STATM = Path("/proc/self/statm")


def maps_of(arrays: Iterable[NDArray[Any]]) -> tuple[mmap.mmap, ...]:
    """The memory maps of those arrays that lie in files."""
    found: dict[int, mmap.mmap] = {}
    for array in arrays:
        base: object = array
        while isinstance(base, np.ndarray):
            base = base.base
        if isinstance(base, mmap.mmap):
            found[id(base)] = base
    return tuple(found.values())


def give_back(maps: Iterable[mmap.mmap]) -> None:
    """Takes all pages of read-only maps out of the process; they come again when they are looked at."""
    for one in maps:
        one.madvise(mmap.MADV_DONTNEED)


def resident_files() -> int:
    """Bytes of files that the process has in its page table, its programs and libraries among them. 15 microseconds."""
    return int(_STATM.read_bytes().split()[2]) * os.sysconf("SC_PAGE_SIZE")
