"""Python's collector of garbage, kept from looking at records by the million again and again.

It goes over all objects that refer to others whenever a quarter of them is new. Records refer to no one that refers
back, so there is nothing to find among them, and they are freed without it.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """No collection within: for what makes many records, and nothing that refers to itself."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


@contextmanager
def records_set_aside() -> Iterator[None]:
    """What is there at the beginning is not looked at within."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
