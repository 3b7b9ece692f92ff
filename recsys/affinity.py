"""How well articles match a reader's taste in names: the sections and tags that the reader's articles carry."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsys.carried import KINDS, Carried, Carrying, kind_of
from recsys.lookup import Slate
from recsys.reader import Reader

TASTES = ("section", "tags")  # the signals, in the order of `recsys.mix.SIGNALS`, of the first of KINDS


class Matchable(NamedTuple):
    """The names that m articles carry, made ready before a reader is known.

    code    (x,) of names of all KINDS
    place   (x,) where each counts: the position of its article + m times that of its kind
    counts  (2 m,) float64, how many names of its kind count at each place, at least 1
    """

    code: NDArray[np.intp]
    place: NDArray[np.intp]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, carried: Carried, m: int) -> Self:
        """The names of m articles."""
        place = carried.owner + kind_of(carried.code) * m
        counts = np.bincount(place, minlength=m * len(KINDS))[: m * len(TASTES)]  # further kinds are not matched
        return cls(carried.code, place, np.maximum(counts, 1.0))


class Taste(NamedTuple):
    """One reader's taste.

    code      (x,) of the names that the reader's articles carry, some of them several times
    share     (x,) 0..1, the weight of all articles that carry that name
    nameable  the share by code of those names that a reason may tell
    """

    code: NDArray[np.intp]
    share: NDArray[np.float64]
    nameable: Mapping[int, float]

    @classmethod
    def of(cls, reader: Reader, own: Carried, slate: Slate) -> Self:
        """The taste of a reader whose articles carry `own`."""
        number = slate.last(own.code)
        sums = np.bincount(number, reader.weights.take(own.owner), number.size)
        share = sums.astype(np.float64, copy=False).take(number)  # of nothing at all they are whole numbers
        told = reader.nameable.take(own.owner)
        return cls(own.code, share, dict(zip(own.code[told].tolist(), share[told].tolist(), strict=True)))

    def matches(self, carrying: Carrying, articles: Sequence[Matchable]) -> list[NDArray[np.float64]]:
        """For each of several lots of m articles, (2, m) in 0..1: the mean share of an article's sections and of its
        tags; 0 for one without any.
        """
        shares = carrying.valued(self.code, self.share, [names.code for names in articles])
        return [_means(share, names) for share, names in zip(shares, articles, strict=True)]

    def strongest(self, carrying: Carrying, row: int) -> list[str | None]:
        """By kind, the name of an article that the reader shares most, the most particular of equal ones.

        None where there is none that may be named.
        """
        names: list[str | None] = [None] * len(TASTES)
        most = [0.0] * len(TASTES)
        for code in carrying.codes(row):
            share = self.nameable.get(code)
            if share is not None and (kind := kind_of(code)) < len(TASTES) and share >= most[kind]:
                names[kind], most[kind] = carrying.name(code), share
        return names


def _means(share: NDArray[np.float64], names: Matchable) -> NDArray[np.float64]:
    sums = np.bincount(names.place, share, names.counts.size)[: names.counts.size]
    found: NDArray[np.float64] = (sums / names.counts).reshape(len(TASTES), -1)
    return found
