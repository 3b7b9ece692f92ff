"""What the machine has left for a training, and what this process has taken of it."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from recsys.heap import give_back_heap

MB = 1 << 20

_NEW = ("memory.max", "memory.current", "inactive_file")  # limit, use, and what of the use is given up first
_OLD = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def free_memory_mb(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> float | None:
    """The least that the system, and each control group that this process is in, have left; None where none says.

    Groups of version 1 or 2. What lies in the page cache for nobody in particular counts as left, as in MemAvailable.
    """
    found = [int(line.split()[1]) / 1024 for line in _lines(proc / "meminfo") if line.startswith("MemAvailable:")]
    for group, (limit, use, cache) in _groups(proc, groups):
        most, used = _lines(group / limit), _lines(group / use)
        if most and used and most[0].isdigit():
            cached = [int(line.split()[1]) for line in _lines(group / "memory.stat") if line.startswith(f"{cache} ")]
            found.append((int(most[0]) - int(used[0]) + sum(cached)) / MB)
    return round(min(found), 1) if found else None


def peak_mb() -> float:
    """The most memory that this process ever held."""
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def give_back_freed() -> None:
    """Has glibc and Arrow return to the system what is freed and they keep: after large work hundreds of megabytes.

    It takes milliseconds.
    """
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    give_back_heap()


def cpu_seconds() -> float:
    """CPU that this process and its children have used."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _groups(proc: Path, root: Path) -> Iterator[tuple[Path, tuple[str, str, str]]]:
    """The folder of each group that bounds the memory of this process, from its own outwards, and its files' names.

    Within a container the way to the own group may not be there: its root is that group.
    """
    for line in _lines(proc / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top, names = (root / "memory", _OLD) if controllers else (root, _NEW)
        own = top / path.lstrip("/")
        yield from ((group, names) for group in (own, *own.parents) if group.is_relative_to(top))


def _lines(path: Path) -> Sequence[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return ()
