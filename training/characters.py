"""Classes of code points as a table for compiled loops, found out for those that a text holds."""

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Classify = Callable[[str], NDArray[np.uint8]]
"""The class of each character of a text."""


class Characters:
    """A table that is filled as characters are first met: to ask for all 1.1 million takes half a second."""

    def __init__(self, classify: Classify) -> None:
        self._classify = classify
        self._known = np.zeros(sys.maxunicode + 1, np.bool_)
        self._table = np.zeros(sys.maxunicode + 1, np.uint8)

    def classes(self, points: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """(code points,) the class of each that is in `points` (c,)."""
        met = np.zeros(self._known.size, np.bool_)
        met[points] = True
        new = np.flatnonzero(met & ~self._known)
        if new.size:
            self._table[new] = self._classify("".join(map(chr, new.tolist())))
            self._known[new] = True
        return self._table
