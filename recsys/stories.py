"""Which articles tell the same story, in the same words or translated, so that a list shows it once.

Two articles are one story when they share an address, when one translates the other or both a third, or when each has
30 words or more and four of five of its 5-word shingles stand in the other. A title alone never makes a story: daily
reports share theirs. Stories are closed: what is one with a part is one with the whole.

Of each article the 256 smallest of its shingles' hashes are kept: all of them up to 260 words, beyond that an even
sample, from which the share is estimated with a standard error of 0.03 (Broder, On the resemblance and containment of
documents, 1997).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from recsys.article import Article
from recsys.growing import Growing
from recsys.key_index import MIX
from recsys.ragged import positions, run_starts

WORDS = 30  # texts below never fold
SHINGLE = 5
SHARED = 0.8
KEPT = 256
MARKS = 3
ALIKE = 0.5  # cosine of the text vectors below which no two articles are compared

_TOGETHER = 1 << 22  # hashes that are sorted at once, 32 MB
_HIGH = np.uint64(32)

Marks = tuple[int, int, int]  # 64-bit hashes, 0 for none
NO_MARKS: Marks = (0, 0, 0)

SPACELESS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{SPACELESS}]|[^\W{SPACELESS}]+")


@dataclass(frozen=True, slots=True)
class Shingles:
    """The shingles of one text: how many distinct ones there are, and the smallest of their hashes, ascending."""

    size: int
    hashes: NDArray[np.uint32]

    @classmethod
    def of(cls, text: str) -> Self:
        """Of plain text; none below `WORDS` words. Where words are not parted each character counts as one."""
        words = _WORD.findall(text.casefold())
        if len(words) < WORDS:
            return cls(0, np.zeros(0, np.uint32))
        marks = np.fromiter(map(crc32, map(str.encode, words)), np.uint64, len(words))
        mixed = np.zeros(marks.size - SHINGLE + 1, np.uint64)
        for place in range(SHINGLE):
            mixed = (mixed ^ marks[place : place + mixed.size]) * MIX
            mixed ^= mixed >> np.uint64(29)
        found = np.unique((mixed >> np.uint64(16)).astype(np.uint32))
        return cls(found.size, found[:KEPT])

    def same_story(self, other: "Shingles") -> bool:
        """Whether each shares at least `SHARED` of its shingles with the other."""
        small, large = sorted((self.size, other.size))
        if small < SHARED * large or small == 0:
            return False
        common = np.intersect1d(self.hashes, other.hashes, assume_unique=True)
        if large <= KEPT:
            return bool(common.size >= SHARED * large)
        union = np.union1d(self.hashes, other.hashes)[:KEPT]
        resemblance = np.isin(union, common, assume_unique=True).mean()
        return bool(resemblance / (1.0 + resemblance) * (small + large) >= SHARED * large)


@dataclass(frozen=True, slots=True)
class ShingleTable:
    """The shingles of n texts.

    sizes  (n,) distinct ones      starts, hashes  (n + 1,), (m,) those that are kept, text by text
    """

    sizes: NDArray[np.int32]
    starts: NDArray[np.int64]
    hashes: NDArray[np.uint32]

    @classmethod
    def of(cls, shingles: Sequence[Shingles]) -> Self:
        """Of texts one by one."""
        starts = np.zeros(len(shingles) + 1, np.int64)
        np.cumsum([one.hashes.size for one in shingles], out=starts[1:])
        hashes = np.concatenate([np.zeros(0, np.uint32), *(one.hashes for one in shingles)])
        return cls(np.array([one.size for one in shingles], np.int32), starts, hashes)

    def __getitem__(self, row: int) -> Shingles:
        return Shingles(int(self.sizes[row]), self.hashes[self.starts[row] : self.starts[row + 1]])

    def same_story(self, one: NDArray[np.integer], other: NDArray[np.integer]) -> NDArray[np.bool_]:
        """`Shingles.same_story` of the rows of p pairs, (p,), in a twentieth of the time."""
        sizes = self.sizes.astype(np.int64)
        small, large = np.minimum(sizes[one], sizes[other]), np.maximum(sizes[one], sizes[other])
        found: NDArray[np.bool_] = (small >= SHARED * large) & (small > 0)
        asked = found.nonzero()[0]
        lengths = np.diff(self.starts)
        block = (lengths[one[asked]] + lengths[other[asked]]).cumsum() // _TOGETHER
        for pairs in np.split(asked, np.flatnonzero(np.diff(block)) + 1):
            found[pairs] = self._alike(one[pairs], other[pairs], small[pairs], large[pairs])
        return found

    def _alike(
        self,
        one: NDArray[np.integer],
        other: NDArray[np.integer],
        small: NDArray[np.int64],
        large: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        rows = np.concatenate((one, other))
        counts = np.diff(self.starts)[rows]
        hashes = self.hashes[positions(self.starts[rows + 1], counts, counts.cumsum())]
        keys = (np.tile(np.arange(one.size, dtype=np.uint64), 2).repeat(counts) << _HIGH) | hashes
        keys.sort()
        first = run_starts(keys)
        pair = (keys[first] >> _HIGH).astype(np.intp)
        shared = np.diff(first.nonzero()[0], append=keys.size) == 2
        union = np.bincount(pair, minlength=one.size)
        smallest = np.arange(pair.size) - (union.cumsum() - union)[pair] < KEPT
        common = np.bincount(pair[shared], minlength=one.size)
        sampled = np.bincount(pair[shared & smallest], minlength=one.size)
        resemblance = sampled / np.minimum(union, KEPT)
        estimated = resemblance / (1.0 + resemblance) * (small + large)
        found: NDArray[np.bool_] = np.where(large <= KEPT, common, estimated) >= SHARED * large
        return found


class Stories:
    """The story of each row, as a number that all its articles share. Base arrays are not written to."""

    def __init__(
        self,
        sizes: NDArray[np.int32],
        starts: NDArray[np.int64],
        hashes: NDArray[np.uint32],
        marks: NDArray[np.uint64],
        labels: NDArray[np.int32],
    ) -> None:
        """
        sizes  (n,) distinct shingles      starts, hashes  (n + 1,), (m,) those that are kept, row by row
        marks  (n * MARKS,) of each row its `marks_of`      labels  (n,) >= 0
        """
        self._sizes, self._starts, self._hashes = sizes, starts, hashes
        self._marks, self._labels = Growing(marks), Growing(labels)
        self._late: dict[int, Shingles] = {}
        self._next = int(labels.max(initial=-1)) + 1

    @classmethod
    def empty(cls) -> Self:
        """Of no articles."""
        nothing = np.zeros(0, np.int32)
        return cls(nothing, np.zeros(1, np.int64), np.zeros(0, np.uint32), np.zeros(0, np.uint64), nothing)

    @classmethod
    def build(
        cls,
        shingles: ShingleTable,
        marks: Sequence[Marks],
        near: NDArray[np.int32],
        cosine: NDArray[np.float32],
    ) -> Self:
        """Of n articles.

        near, cosine  (n, k) the nearest of each by text, and how near; cosine 0 where there are no more
        """
        flat = np.array(marks, np.uint64).reshape(-1)
        return cls.closed(shingles.sizes, shingles.starts, shingles.hashes, flat, near=near, cosine=cosine)

    @classmethod
    def closed(
        cls,
        sizes: NDArray[np.int32],
        starts: NDArray[np.int64],
        hashes: NDArray[np.uint32],
        marks: NDArray[np.uint64],
        *,
        near: NDArray[np.int32],
        cosine: NDArray[np.float32],
        known: Sequence[tuple[int, int]] = (),
    ) -> Self:
        """`build` of arrays as they lie in a bundle.

        known  pairs of rows that are known to be one story, whatever `near` says
        """
        pairs = _pairs(ShingleTable(sizes, starts, hashes), marks, near, cosine)
        labels = _closed([*known, *pairs], sizes.size)
        return cls(sizes, starts, hashes, marks, labels)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        return cls(*(arrays[name] for name in ("sizes", "starts", "hashes", "marks", "labels")))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The base as plain arrays. Raises ValueError after a change: what changed is replayed, not saved."""
        if self._late:
            raise ValueError("only stories without changes can be saved: build them anew")
        return {
            "sizes": self._sizes,
            "starts": self._starts,
            "hashes": self._hashes,
            "marks": self._marks.view,
            "labels": self._labels.view,
        }

    def __len__(self) -> int:
        return len(self._labels)

    def of(self, rows: NDArray[np.integer]) -> NDArray[np.int32]:
        """The story of each of `rows` (m,)."""
        labels: NDArray[np.int32] = self._labels.view[rows]
        return labels

    def put(self, row: int, text: str, marks: Marks, near: Sequence[int]) -> None:
        """Sets what `row`, an existing or the next new one, tells. near  rows whose text vectors are `ALIKE`."""
        if not 0 <= row <= len(self):
            raise ValueError(f"row {row} leaves a gap after {len(self)} rows")
        if row == len(self):
            self._labels.extend(0)
            self._marks.extend(NO_MARKS)
        shingles = self._late[row] = Shingles.of(text)
        self._marks.own[row * MARKS : (row + 1) * MARKS] = marks
        labels = self._labels.own
        labels[row] = self._next
        self._next += 1
        same = [other for other in near if other != row and shingles.same_story(self.shingles(other))]
        for mark in filter(None, marks):
            same += (np.flatnonzero(self._marks.view == np.uint64(mark)) // MARKS).tolist()
        for other in same:
            if labels[other] != labels[row]:
                labels[labels == labels[row]] = labels[other]

    def remove(self, row: int) -> None:
        """Takes `row` out of its story."""
        self.put(row, "", NO_MARKS, ())

    def shingles(self, row: int) -> Shingles:
        """The shingles of one row."""
        if row in self._late:
            return self._late[row]
        return Shingles(int(self._sizes[row]), self._hashes[self._starts[row] : self._starts[row + 1]])


def newest_of_each(
    labels: NDArray[np.int32], published: NDArray[np.int64], rows: NDArray[np.integer]
) -> NDArray[np.intp]:
    """Positions of the newest article of each story, ascending; of the same moment the one imported last.

    labels, published, rows  (m,)
    """
    ordered = np.sort(labels)
    if not np.any(ordered[1:] == ordered[:-1]):
        return np.arange(labels.size)
    order = np.lexsort((-rows, -published, labels))
    return np.sort(order[run_starts(labels[order])])


def marks_of(article: Article) -> Marks:
    """By what an article is known to be the same as another: its address, its id, that of what it translates."""
    names = (article.url, article.id, article.translation_of)
    url, own, original = (
        int.from_bytes(blake2b(name.encode(), digest_size=8, person=kind).digest(), "little") if name else 0
        for kind, name in zip((b"url", b"id", b"id"), names, strict=True)
    )
    return url, own, original


def _pairs(
    shingles: ShingleTable, marks: NDArray[np.uint64], near: NDArray[np.int32], cosine: NDArray[np.float32]
) -> list[tuple[int, int]]:
    """Rows that are one story: those that share a mark, and among near ones those that share shingles."""
    order = np.argsort(marks, kind="stable")
    alike = (marks[order[1:]] == marks[order[:-1]]) & (marks[order[1:]] != 0)
    one, two = order[:-1][alike] // MARKS, order[1:][alike] // MARKS
    found = list(zip(one.tolist(), two.tolist(), strict=True))
    rows, places = np.nonzero(cosine >= ALIKE)
    ordered = np.sort(np.column_stack((rows, near[rows, places])), axis=1).astype(np.int64)
    n = shingles.sizes.size
    one, two = np.divmod(np.unique(ordered[:, 0] * n + ordered[:, 1]), n)
    same = shingles.same_story(one, two)
    return found + list(zip(one[same].tolist(), two[same].tolist(), strict=True))


def _closed(pairs: Sequence[tuple[int, int]], n: int) -> NDArray[np.int32]:
    """(n,) the lowest row that each row is tied to over any number of pairs."""
    lowest = list(range(n))

    def root(row: int) -> int:
        while lowest[row] != row:
            lowest[row] = lowest[lowest[row]]
            row = lowest[row]
        return row

    for one, other in pairs:
        a, b = sorted((root(one), root(other)))
        lowest[b] = a
    return np.array([root(row) for row in range(n)], np.int32)
