"""How well articles match a reader's taste in names: the sections or tags that the reader's articles carry."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsys.membership import Membership
from recsys.reader import Reader


@dataclass(frozen=True, slots=True)
class Taste:
    """One reader's share of each name.

    codes     (c,) int32, ascending, distinct
    shares    (c,) float64 in 0..1: the weight of the reader's articles that carry the name
    nameable  (c,) bool: carried by an article that the request brought
    """

    group: Membership
    codes: NDArray[np.int32]
    shares: NDArray[np.float64]
    nameable: NDArray[np.bool_]

    @classmethod
    def of(cls, group: Membership, reader: Reader) -> Self:
        """The taste in sections, or in tags."""
        owner, carried = group.gather(reader.rows)
        codes, place = np.unique(carried, return_inverse=True)
        sent = reader.nameable[owner]
        shares = np.bincount(place, reader.weights[owner], codes.size).astype(np.float64)
        return cls(group, codes, shares, np.bincount(place, sent, codes.size) > 0)

    def of_rows(self, rows: NDArray[np.integer]) -> NDArray[np.float64]:
        """(m,) for each of `rows` (m,) the mean share of its names, 0..1; 0 for one without names."""
        owner, carried = self.group.gather(rows)
        counts = np.bincount(owner, minlength=rows.size)
        if not self.codes.size:
            return np.zeros(rows.size)
        place = np.minimum(np.searchsorted(self.codes, carried), self.codes.size - 1)
        shares = np.where(self.codes[place] == carried, self.shares[place], 0.0)
        return np.bincount(owner, shares, rows.size) / np.maximum(counts, 1)

    def strongest(self, row: int) -> str | None:
        """The name of `row` that the reader shares most, the most particular of equal ones; None: none to be named."""
        named = dict(zip(self.codes[self.nameable].tolist(), self.shares[self.nameable].tolist(), strict=True))
        carried = self.group.codes(row).tolist()
        shared = [(named[code], place, code) for place, code in enumerate(carried) if code in named]
        return self.group.name(max(shared)[2]) if shared else None

    def favourite(self, reader: Reader) -> str | None:
        """The name that weighs most among the most particular ones of the reader's articles."""
        owner, carried = self.group.gather(reader.rows)
        last = np.flatnonzero(np.diff(owner, append=-1))
        if not last.size:
            return None
        codes, place = np.unique(carried[last], return_inverse=True)
        return self.group.name(int(codes[np.argmax(np.bincount(place, reader.weights[owner[last]]))]))
