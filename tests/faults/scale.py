"""How much the tests of faults try: a little each time, all of it with RECSYS_FULL=1, as `make faults` sets it."""

import os

FULL = os.environ.get("RECSYS_FULL") == "1"


def tries(full: int, small: int) -> int:
    """The number that docs/reliability.md names, or a small one."""
    return full if FULL else small
