"""What glibc keeps of freed memory, and how it gives it back; other libraries decide by themselves."""

import contextlib
import ctypes

LARGE_BYTES = 1024 * 1024

_M_MMAP_THRESHOLD = -3  # of glibc's malloc.h


def map_large_arrays() -> None:
    """Has glibc map what is larger than a megabyte by itself, so that it is the system's again when it is freed.

    Else it learns from the first such array to keep room for the next, 70 MB at 1,000,000 articles.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def give_back_heap() -> None:
    """Has glibc return freed memory to the system, which it keeps after large arrays for the while: 40 bytes an article
    when a model was opened. A tenth of a millisecond.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
