"""What wrk measured, read from what it prints."""

import re
import subprocess
from collections.abc import Sequence
from typing import NamedTuple


class Measured(NamedTuple):
    """`rate`: requests a second; `refused`: those not answered with 2xx or 3xx."""

    rate: float
    p99_ms: float
    requests: int
    refused: int


def measured(command: Sequence[str]) -> Measured:
    """The outcome of a run of wrk with --latency."""
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    value, unit = _found(r"99%\s+([\d.]+)(us|ms|s)", told)
    [requests], [rate] = _found(r"(\d+) requests in", told), _found(r"Requests/sec:\s+([\d.]+)", told)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", told)
    p99 = round(float(value) * {"us": 0.001, "ms": 1.0, "s": 1_000.0}[unit], 2)
    return Measured(float(rate), p99, int(requests), int(refused[1]) if refused else 0)


def _found(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text)
    assert match is not None, text
    return match.groups()
