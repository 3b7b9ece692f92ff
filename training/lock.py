"""One training at a time in a home: a lock of the operating system, which goes with the process that holds it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recsys.errors import Refused
from recsys.times import format_time

LOCK = "training.lock"


@contextmanager
def training_lock(root: Path, command: str, now: int) -> Iterator[None]:
    """Holds the lock of the home at `root`; raises Refused, naming who holds it, where another process does.

    The file stays and says who held it last: were it removed, two processes could lock two files of one name.
    now  microseconds, for the holder's line
    """
    descriptor = os.open(root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip() or "another process"
            raise Refused(f"{holder} is at work in {root}. Wait until it is done.") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"`recsys {command}` (process {os.getpid()}, since {format_time(now)})\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
