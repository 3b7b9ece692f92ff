"""What articles carry of sections, tags and authors, in one table, so that hundreds of rows are looked up at once."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recsys.errors import BadBundle
from recsys.growing import Growing
from recsys.membership import Membership
from recsys.ragged import positions
from recsys.taste_kernel import Names, Packed

KINDS = ("section", "tag", "author")
TASTES = ("section", "tags")  # the signals of what readers have a taste in: the first kinds
ASKED = 4_096  # names that are at hand
_BITS = 2  # of a code, for its kind
KIND = (1 << _BITS) - 1  # the bits that are the kind, a position in KINDS


class Carrying:
    """The names by row. Made of the groups once; a row that is put again has its names at the end of the table.

    name  of a code
    """

    def __init__(self, groups: Mapping[str, Membership]) -> None:
        """groups  by name, KINDS among them, with equally many rows; raises BadBundle where codes have no name"""
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
        self._room = np.zeros(0)  # by code, all zero between calls
        self.name = _namer(self._groups)
        self._make_room()
        if held.size and not 0 <= held.min() <= held.max() < self._room.size:  # kernels don't check
            raise BadBundle("articles carry names that are not there. Activate another version.")

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

    @property
    def table(self) -> Names:
        """For the kernels, until the next `put`: from where to where the names of each row stand (2 n,), the codes, and
        room for a number by code, which is all zeros between calls.
        """
        return self._spans.view, self._codes.view, self._room

    def packed(self, rows: NDArray[np.integer]) -> Packed:
        """What `rows` (m,) carry of the kinds that readers have a taste in: the codes (x,), the position in `rows` of
        whose each is, ascending, and which part it is of all that this one carries of its kind.
        """
        begin, end = self._spans.view.reshape(-1, 2).take(rows, axis=0).T
        counts = end - begin
        codes = self._codes.view.take(positions(end, counts, counts.cumsum()))
        owner = np.arange(rows.size, dtype=np.int32).repeat(counts)
        tasted = ((codes & KIND) < len(TASTES)).nonzero()[0]
        codes, owner = codes.take(tasted), owner.take(tasted)
        group = owner * len(TASTES) + (codes & KIND)
        return codes, owner, 1.0 / np.bincount(group, minlength=1).take(group)

    def codes(self, row: int) -> list[int]:
        """What one row carries, in the same order."""
        begin, end = self._spans.view[2 * row : 2 * row + 2].tolist()
        found: list[int] = self._codes.view[begin:end].tolist()
        return found

    def _make_room(self) -> None:
        width = max(map(len, self._groups)) << _BITS
        if width > self._room.size:
            self._room = np.zeros(width + width // 4)


def _namer(groups: Sequence[Membership]) -> Callable[[int], str]:
    """The name of a code. It refers to no table, which would keep files open until a collection."""

    @lru_cache(ASKED)
    def name(code: int) -> str:
        return groups[code & KIND].name(code >> _BITS)

    return name
