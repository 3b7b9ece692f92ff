"""What articles carry of sections, tags and authors, in one table, so that hundreds of rows are looked up at once."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from recsys.growing import Growing
from recsys.membership import Membership
from recsys.ragged import positions

KINDS = ("section", "tag", "author")
ASKED = 4_096  # names that are at hand
_BITS = 2  # of a code, for its kind
_KIND = (1 << _BITS) - 1


Codes = TypeVar("Codes", NDArray[np.intp], int)


class Carried(NamedTuple):
    """Names that m articles carry, (x,) each: article by article, of each by kind, in the order of the record.

    owner  the position of the article, ascending
    code   tells names of all kinds apart; `kind_of` and `Carrying.name` say what it stands for
    """

    owner: NDArray[np.intp]
    code: NDArray[np.intp]


def kind_of(code: Codes) -> Codes:
    """The position in KINDS of each code."""
    return code & _KIND


class Carrying:
    """The names by row. Made of the groups once; a row that is put again has its names at the end of the table.

    name  of a code
    """

    def __init__(self, groups: Mapping[str, Membership]) -> None:
        """groups  by name, KINDS among them, with equally many rows"""
        self._groups = [groups[kind] for kind in KINDS]
        starts, codes = zip(*(group.base for group in self._groups), strict=True)
        ends = np.sum(starts, axis=0)  # where each row's names begin, when all kinds stand together
        held = np.empty(int(ends[-1]), np.int32)
        before = ends[:-1].copy()
        for kind, (begin, own) in enumerate(zip(starts, codes, strict=True)):
            counts = np.diff(begin)
            held[positions(before + counts, counts, begin[1:])] = (own << _BITS) | kind
            before += counts
        spans = np.stack((ends[:-1], ends[1:]), axis=1)
        self._spans = Growing(spans.astype(np.int32).ravel())  # of each row, from where to where
        self._codes = Growing(held)
        self._values = np.zeros(0)  # by code, all zero between calls
        self.name = _namer(self._groups)
        self._make_room()

    def put(self, row: int) -> None:
        """Takes over the names of a row, or of the next new one, from the groups."""
        own = [(group.codes(row) << _BITS) | kind for kind, group in enumerate(self._groups)]
        begin = len(self._codes)
        self._codes.extend(np.concatenate(own))
        span = begin, len(self._codes)
        if 2 * row == len(self._spans):
            self._spans.extend(span)
        else:
            self._spans.own[2 * row : 2 * row + 2] = span
        self._make_room()

    def of(self, rows: NDArray[np.integer]) -> Carried:
        """What `rows` (m,) carry. O(names)."""
        begin, end = self._spans.view.reshape(-1, 2).take(rows, axis=0).T
        counts = end - begin
        place = positions(end, counts, counts.cumsum())
        return Carried(np.arange(rows.size).repeat(counts), self._codes.view.take(place).astype(np.intp))

    def codes(self, row: int) -> list[int]:
        """What one row carries, in the same order."""
        begin, end = self._spans.view[2 * row : 2 * row + 2].tolist()
        found: list[int] = self._codes.view[begin:end].tolist()
        return found

    def valued(
        self, codes: NDArray[np.intp], values: NDArray[np.float64], parts: Sequence[NDArray[np.intp]]
    ) -> list[NDArray[np.float64]]:
        """The value of each code in each of the parts (x,): that of the equal one of `codes` (c,), 0 where none is.

        values  (c,) the same for equal codes
        """
        self._values[codes] = values
        found = [self._values.take(part) for part in parts]
        self._values[codes] = 0.0
        return found

    def _make_room(self) -> None:
        width = max(map(len, self._groups)) << _BITS
        if width > self._values.size:
            self._values = np.zeros(width + width // 4)


def _namer(groups: Sequence[Membership]) -> Callable[[int], str]:
    """The name of a code. It refers to no table, which would keep files open until a collection."""

    @lru_cache(ASKED)
    def name(code: int) -> str:
        return groups[code & _KIND].name(code >> _BITS)

    return name
