"""How well articles match a reader's taste in names: the sections or tags that the reader's articles carry."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsys.membership import Membership
from recsys.reader import Reader


@dataclass(frozen=True, slots=True)
class Taste:
    """One reader's share of each name, and which of m articles carry those names.

    group     the names
    nameable  codes of names that an article carries that the request brought
    match     (m,) float64 in 0..1: the mean share of an article's names; 0 for one without names
    owner     position of an article, ascending      code  of a name that it carries
    share     0..1, the weight of the reader's articles that carry that name
    """

    group: Membership
    nameable: NDArray[np.int32]
    match: NDArray[np.float64]
    owner: NDArray[np.intp]
    code: NDArray[np.int32]
    share: NDArray[np.float64]

    @classmethod
    def of(cls, group: Membership, reader: Reader, rows: NDArray[np.integer]) -> Self:
        """The taste in sections, or in tags, and the articles at `rows` (m,)."""
        h = reader.rows.size
        owner, code = group.gather(np.concatenate((reader.rows, rows)))
        read = int(owner.searchsorted(h))
        by, own, owner, code = owner[:read], code[:read], owner[read:], code[read:]
        owner -= h
        share = group.summed(own, reader.weights.take(by), code)
        match = np.bincount(owner, share, rows.size) / np.maximum(np.bincount(owner, minlength=rows.size), 1)
        return cls(group, own[reader.nameable.take(by)], match, owner, code, share)

    def strongest(self, places: NDArray[np.intp]) -> list[str | None]:
        """For each of `places` (k,) the name that the reader shares most, the most particular of equal ones.

        None where there is none that may be named.
        """
        slot_of = np.full(self.match.size, -1, np.intp)
        slot_of[places] = np.arange(places.size)
        slot = slot_of.take(self.owner)
        shown = ((slot >= 0) & (self.share > 0.0)).nonzero()[0]
        nameable = {*self.nameable.tolist()}
        found: list[tuple[float, int]] = [(0.0, -1)] * places.size
        columns = (slot.take(shown).tolist(), self.share.take(shown).tolist(), self.code.take(shown).tolist())
        for place, share, code in zip(*columns, strict=True):
            if share >= found[place][0] and code in nameable:
                found[place] = share, code
        return [None if code < 0 else self.group.name(code) for _, code in found]
