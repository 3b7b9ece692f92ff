"""How well articles match a reader's taste in names: the sections or tags that the reader's articles carry."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsys.lookup import met
from recsys.membership import Membership
from recsys.reader import Reader


@dataclass(frozen=True, slots=True)
class Taste:
    """One reader's share of each name, and which of m articles carry those names.

    codes     (c,) int32, ascending, distinct
    shares    (c,) float64 in 0..1: the weight of the reader's articles that carry the name
    nameable  (c,) bool: carried by an article that the request brought
    match     (m,) float64 in 0..1: the mean share of an article's names; 0 for one without names
    owner     position of an article      place  position in `codes`: of each name that it shares with the reader
    """

    group: Membership
    codes: NDArray[np.int32]
    shares: NDArray[np.float64]
    nameable: NDArray[np.bool_]
    match: NDArray[np.float64]
    owner: NDArray[np.intp]
    place: NDArray[np.intp]

    @classmethod
    def of(cls, group: Membership, reader: Reader, rows: NDArray[np.integer]) -> Self:
        """The taste in sections, or in tags, and the articles at `rows` (m,)."""
        h = reader.rows.size
        owner, carried = group.gather(np.concatenate((reader.rows, rows)))
        read = owner < h
        own, theirs = np.flatnonzero(read), np.flatnonzero(~read)
        codes, place = np.unique(carried[own], return_inverse=True)
        by = owner[own]
        shares = np.bincount(place, reader.weights[by], codes.size).astype(np.float64)
        nameable = np.bincount(place, reader.nameable[by], codes.size) > 0
        owner = owner[theirs] - h
        if not codes.size:
            return cls(group, codes, shares, nameable, np.zeros(rows.size), owner[:0], place)
        hit, place = met(codes, carried[theirs])
        shared = owner[hit]
        match = np.bincount(shared, shares[place], rows.size) / np.maximum(np.bincount(owner, minlength=rows.size), 1)
        return cls(group, codes, shares, nameable, match, shared, place)

    def strongest(self, places: NDArray[np.intp]) -> list[str | None]:
        """For each of `places` (k,) the name that the reader shares most, the most particular of equal ones.

        None where there is none that may be named.
        """
        slot_of = np.full(self.match.size, -1, np.intp)
        slot_of[places] = np.arange(places.size)
        shown = np.flatnonzero((slot_of[self.owner] >= 0) & self.nameable[self.place])
        found: list[tuple[float, int]] = [(0.0, -1)] * places.size
        columns = (slot_of[self.owner[shown]], self.shares[self.place[shown]], self.codes[self.place[shown]])
        for slot, share, code in zip(*(column.tolist() for column in columns), strict=True):
            if share >= found[slot][0]:
                found[slot] = share, code
        return [None if code < 0 else self.group.name(code) for _, code in found]
