"""How well articles match a reader's taste in names: the sections and tags that the reader's articles carry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recsys.lookup import Slate
from recsys.membership import Carried, Membership
from recsys.reader import Reader

# By signal, the group of names. The order is that of `recsys.mix.SIGNALS`, and that of the columns here.
TASTES: Mapping[str, str] = MappingProxyType({"section": "section", "tags": "tag"})
_GROUPS = len(TASTES)


@dataclass(frozen=True, slots=True)
class Taste:
    """One reader's share of each name, and which of m articles carry those names.

    match    (m, 2) float64 in 0..1: the mean share of an article's sections and of its tags; 0 for one without any
    own      what the reader's articles carry
    carried  what the m articles carry
    share    0..1, for each of `carried` the weight of the reader's articles that carry that name
    """

    match: NDArray[np.float64]
    own: Carried
    carried: Carried
    share: NDArray[np.float64]

    @classmethod
    def of(cls, reader: Reader, own: Carried, carried: Carried, m: int, slate: Slate) -> Self:
        """The taste of a reader whose articles carry `own`, and the m articles that carry `carried`."""
        read = own.code.size
        number = slate.last(np.concatenate((own.code, carried.code)))
        weight = reader.weights.take(own.holder // _GROUPS)
        share = np.bincount(number[:read], weight, number.size).take(number[read:]).astype(np.float64, copy=False)
        count = np.bincount(carried.holder, minlength=m * _GROUPS)
        match = np.bincount(carried.holder, share, m * _GROUPS) / np.maximum(count, 1)
        return cls(match.reshape(m, _GROUPS), own, carried, share)

    def strongest(
        self, groups: Sequence[Membership], reader: Reader, places: NDArray[np.intp]
    ) -> list[list[str | None]]:
        """By group, for each of `places` (k,) the name that the reader shares most, the most particular of equal ones.

        None where there is none that may be named.
        """
        slot_of = np.full(self.match.shape, -1, np.intp)
        slot_of[places] = np.arange(places.size * _GROUPS).reshape(places.size, _GROUPS)
        slot = slot_of.ravel().take(self.carried.holder)
        shown = ((slot >= 0) & (self.share > 0.0)).nonzero()[0]
        nameable = {*self.own.code[reader.nameable.take(self.own.holder // _GROUPS)].tolist()}
        found: list[tuple[float, int]] = [(0.0, -1)] * (places.size * _GROUPS)
        columns = (slot.take(shown).tolist(), self.share.take(shown).tolist(), self.carried.code.take(shown).tolist())
        for place, share, code in zip(*columns, strict=True):
            if share >= found[place][0] and code in nameable:
                found[place] = share, code
        return [
            [None if code < 0 else group.name(code // _GROUPS) for _, code in found[at::_GROUPS]]
            for at, group in enumerate(groups)
        ]
