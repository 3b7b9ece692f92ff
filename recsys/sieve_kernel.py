"""A table of bytes that tells of most numbers that they are none of some few, for other kernels.

It stays in the nearest cache; what it does not let through need not be searched for.
"""

import numpy as np

from recsys.compiled import B8, I32, compiled, compiled_bare

_SLOTS = 1 << 13


@compiled
def new_sieve() -> B8:
    """One that lets nothing through."""
    return np.zeros(_SLOTS, np.bool_)


@compiled_bare
def let_through(sieve: B8, numbers: I32) -> None:
    """Lets some numbers through, and with them a few others."""
    for number in numbers:
        sieve[number & (_SLOTS - 1)] = True


@compiled_bare
def passes(sieve: B8, number: int) -> bool:
    """Whether it may be one of those let through."""
    return bool(sieve[number & (_SLOTS - 1)])
