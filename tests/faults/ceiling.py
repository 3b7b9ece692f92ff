"""A ceiling for the memory of a command: a control group where one can be made, else a bound of its data segment.

A control group counts what its processes have of the page cache too, gives that back first, and kills where nothing
else is left. The other bound (RLIMIT_DATA) knows only what is a process' own to write to, and refuses to give more.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MB = 2**20
_SAMPLE_SECONDS = 0.05
_ROOT = Path("/sys/fs/cgroup")


@dataclass(slots=True)
class Ceiling:
    """`within` is what a command begins with to run under the ceiling.

    kind     which of the two it is
    most_mb  of memory that no file stands behind, over all processes of a control group; 0 where there is none
    killed   processes that the ceiling has cost
    """

    within: tuple[str, ...]
    kind: str
    most_mb: float = 0.0
    killed: int = 0


@contextmanager
def ceiling(mb: int) -> Iterator[Ceiling]:
    """A new one; commands under it must have ended with it."""
    group = _new_group(mb)
    if group is None:
        yield Ceiling(("sh", "-c", f'ulimit -d {mb * 1024} && exec "$@"', "sh"), "RLIMIT_DATA")
        return
    found = Ceiling(("sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"), "control group")
    over = threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            found.most_mb = max(found.most_mb, _anonymous_mb(group))

    watch = threading.Thread(target=sample, daemon=True)
    watch.start()
    try:
        yield found
    finally:
        over.set()
        watch.join()
        found.killed = _number(group, ("memory.events", "memory.oom_control"), "oom_kill")
        group.rmdir()


def _new_group(mb: int) -> Path | None:
    """Of version 1 or 2 of control groups; None where none with a bound can be made."""
    for root, bound in ((_ROOT / "memory", "memory.limit_in_bytes"), (_ROOT, "memory.max")):
        group = root / f"recsys-test-{os.getpid()}-{mb}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / bound).write_text(str(mb * MB))
        except OSError:
            group.rmdir()
            continue
        return group
    return None


def _anonymous_mb(group: Path) -> float:
    return _number(group, ("memory.stat",), "total_rss", "anon") / MB


def _number(group: Path, files: tuple[str, ...], *names: str) -> int:
    """The number beside one of the names in the first of the files that is there; 0 where none is."""
    for file in files:
        if (group / file).exists():
            told = dict(line.split(maxsplit=1) for line in (group / file).read_text().splitlines())
            return next((int(told[name]) for name in names if name in told), 0)
    return 0
