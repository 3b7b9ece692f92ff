"""A feed of somebody else, parsed in a process of its own with bounded time and memory.

The parser forgives what is not XML, and what it forgives can keep it busy for hours: its time grows with the square of
tags that are never closed.
"""

import resource
import subprocess
import sys
from typing import Any

import msgspec

from recsys.errors import BadInput
from training.feed_entries import articles_of

SECONDS = 10
MEMORY = 1 << 30  # bytes of address space; 10 MB of entries without content take a third of it


class _Parsed(msgspec.Struct, frozen=True):
    """What the process says: the articles of the feed, or why there are none."""

    articles: list[dict[str, Any]] = []
    fault: str = ""


def parsed_apart(data: bytes, name: str) -> list[dict[str, Any]]:
    """The articles of a feed as plain values; raises BadInput where it is none, or takes too long or too much."""
    # -P: no module is taken from the folder that a command runs in.
    command = [sys.executable, "-P", "-m", "training.feed_process"]
    too_much = BadInput(f"{name}: this feed takes more than {SECONDS:g} seconds or {MEMORY >> 20:,} MB to read.")
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 (our own)
    except subprocess.TimeoutExpired:
        raise too_much from None
    if done.returncode < 0 or b"MemoryError" in done.stderr:
        raise too_much
    if done.returncode != 0:
        raise BadInput(f"{name}: can't be read: {done.stderr.decode(errors='replace').strip().rpartition(chr(10))[2]}")
    parsed = msgspec.json.decode(done.stdout, type=_Parsed)
    if parsed.fault:
        raise BadInput(f"{name} {parsed.fault}")
    return parsed.articles


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        parsed = _Parsed(articles_of(sys.stdin.buffer.read()))
    except BadInput as bad:
        parsed = _Parsed(fault=str(bad))
    sys.stdout.buffer.write(msgspec.json.encode(parsed))


if __name__ == "__main__":
    _main()
