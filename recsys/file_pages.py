"""Files in memory: the maps behind a bundle's arrays, and how a process gives their pages back.

A page that was read stays in the process' page table until the kernel needs the room, and with it up to fifteen of its
neighbours: a server that reads a list here and a card there soon counts the whole bundle as its own. Given back, the
pages stay in the page cache, and the next look costs a fault of a microsecond or two.
"""

import contextlib
import ctypes
import mmap
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_STATM, _MAPS = Path("/proc/self/statm"), Path("/proc/self/maps")


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


def give_back_code(library: str) -> None:
    """Takes the program text of a loaded library out of the process, which nothing ever writes to; it comes again when
    it is called. Does nothing where the system doesn't say where it lies.
    """
    with contextlib.suppress(OSError, AttributeError):
        advise = ctypes.CDLL(None).madvise
        for line in _MAPS.read_text().splitlines():
            if line.endswith(library) and " r-xp " in line:
                begin, end = (int(address, 16) for address in line.split()[0].split("-"))
                advise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), mmap.MADV_DONTNEED)


def resident_files() -> int:
    """Bytes of files that the process has in its page table, its programs and libraries among them. 15 microseconds."""
    return int(_STATM.read_bytes().split()[2]) * os.sysconf("SC_PAGE_SIZE")
