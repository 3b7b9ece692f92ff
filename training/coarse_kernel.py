"""Candidates of pruned lists, compiled: weights in 8 bits, small products left out, sums in 16 bits.

Postings lie by falling weight, so that a list is left where its products become small: most of what frequent terms
would cost, and little of any score, is never added (impact-ordered postings: Anh, de Kretser and Moffat, 2001).
"""

from typing import NamedTuple, TypeAlias, cast

import numpy as np

from training.arrange_kernel import BLOCK, Arranged, Arrays
from training.compiled import F32, I32, I64, U8, U16, compiled, prefetch
from training.rerank_kernel import keep_best

TOP = 255  # weights 0..1 as levels 0..TOP, rounded down: the sum of a unit row's products fits 16 bits
RUN = 64  # postings that are left or taken together
LINE = 32  # rows of postings in a cache line
CHUNK, PART = 256, 64  # sums that are looked at together, and again where one of them is high enough

CoarseArrays: TypeAlias = tuple[I64, U16, U8]


class Coarse(NamedTuple):
    """The postings of arranged rows that some row's product with them reaches theta."""

    list_starts: I64  # (blocks, terms + 1)
    list_rows: U16  # (postings,) rows counted from the start of the block
    list_levels: U8  # (postings,) falling within a list

    def arrays(self) -> CoarseArrays:
        """The fields as a plain tuple."""
        return cast(CoarseArrays, tuple(self))


def coarse(arranged: Arranged, theta: float) -> Coarse:
    """What `coarse_candidates` needs beside the arranged rows. O(entries)."""
    starts, terms, weights, _, _, width = arranged
    return Coarse(*coarse_postings(starts, terms, weights, width, np.float32(theta)))


@compiled
def coarse_postings(starts: I64, terms: I32, weights: F32, width: int, theta: np.float32) -> CoarseArrays:
    """Postings by block, then term, then falling level, without those too light for any row: the fields of `Coarse`."""
    n = starts.size - 1
    blocks = (n + BLOCK - 1) // BLOCK
    strongest = np.zeros(width, np.float32)
    for j in range(terms.size):
        strongest[terms[j]] = max(strongest[terms[j]], weights[j])
    list_starts = np.zeros((blocks, width + 1), np.int64)
    for i in range(n):
        for j in range(starts[i], starts[i + 1]):
            if weights[j] * strongest[terms[j]] >= theta:
                list_starts[i // BLOCK, terms[j] + 1] += 1
    total = 0
    for b in range(blocks):
        list_starts[b, 0] = total
        for t in range(width):
            list_starts[b, t + 1] += list_starts[b, t]
        total = list_starts[b, width]
    rows, levels = np.empty(total, np.uint16), np.empty(total, np.uint8)
    for b in range(blocks):
        place = list_starts[b].copy()
        entry, owner = by_falling_level(starts, weights, b * BLOCK, min(n, (b + 1) * BLOCK))
        for e in range(entry.size):
            t, weight = terms[entry[e]], weights[entry[e]]
            if weight * strongest[t] >= theta:
                rows[place[t]], levels[place[t]] = owner[e], level(weight)
                place[t] += 1
    return list_starts, rows, levels


@compiled
def by_falling_level(starts: I64, weights: F32, first: int, stop: int) -> tuple[I64, U16]:
    """The entries of rows first..stop-1 by falling level of weight, and whose they are, counted from `first`."""
    place = np.zeros(TOP + 2, np.int64)
    for j in range(starts[first], starts[stop]):
        place[TOP - level(weights[j]) + 1] += 1
    for v in range(TOP + 1):
        place[v + 1] += place[v]
    entry, owner = np.empty(place[TOP + 1], np.int64), np.empty(place[TOP + 1], np.uint16)
    for i in range(first, stop):
        for j in range(starts[i], starts[i + 1]):
            v = TOP - level(weights[j])
            entry[place[v]], owner[place[v]] = j, i - first
            place[v] += 1
    return entry, owner


@compiled
def level(weight: np.float32) -> int:
    """The level of a weight in 0..1."""
    return min(TOP, int(weight * np.float32(TOP)))


@compiled
def end_of(levels: U8, least: int) -> int:
    """Where in a list the levels below `least` begin, or less than RUN places behind: a few more do no harm."""
    end = 0
    while end < levels.size and levels[end] >= least:
        end += RUN
    return min(end, levels.size)


@compiled
def add_levels(sums: U16, rows: U16, levels: U8, weight: np.uint16) -> None:
    """sums[rows] += weight * levels."""
    for j in range(rows.size):
        sums[rows[j]] += weight * levels[j]


@compiled
def near(
    begins: I64,
    ends: I64,
    which: I64,
    postings: tuple[U16, U8],
    heads: I64,
    terms: I32,
    weights: F32,
    theta: np.float32,
) -> int:
    """Finds the parts of a row's lists that are added, and has them brought near before the first is needed.

    heads  (all terms + 1,) where the lists of a block begin      terms, weights  of the row
    begins, ends, which  are filled: from where to where, and the position in `terms`      returns  how many
    """
    list_rows, list_levels = postings
    count = 0
    for j in range(terms.size):
        begin, end = heads[terms[j]], heads[terms[j] + 1]
        if begin < end:
            prefetch(list_levels, begin)
            prefetch(list_rows, begin)
            begins[count], ends[count], which[count] = begin, end, j
            count += 1
    kept = 0
    for c in range(count):
        begin = begins[c]
        end = begin + end_of(list_levels[begin : ends[c]], level(theta / weights[which[c]]))
        for line in range(begin + LINE, end, LINE):
            prefetch(list_rows, line)
        begins[kept], ends[kept], which[kept] = begin, end, which[c]
        kept += begin < end
    return kept


@compiled
def highest(sums: U16) -> np.uint16:
    """The highest of some sums."""
    found = np.uint16(0)
    for j in range(sums.size):
        found = max(found, sums[j])
    return found


@compiled
def coarse_candidates(
    arranged: Arrays, postings: CoarseArrays, first: int, stop: int, keep: int, theta: np.float32
) -> tuple[I32, I64]:
    """For rows first..stop-1 about the `keep` best others by the sum of all products that reach `theta`.

    returns  rows (m, 2 keep), unordered; how many count (m,)
    """
    starts, terms, weights, _, _, _ = arranged
    list_starts, list_rows, list_levels = postings
    m, n, room = stop - first, starts.size - 1, 2 * keep
    found_rows, found_scores = np.empty((m, room), np.int32), np.empty((m, room), np.float32)
    fill, bars = np.zeros(m, np.int64), np.ones(m, np.float32)
    blocks = list_starts.shape[0]
    sums = np.zeros((min(n, BLOCK) + CHUNK - 1) // CHUNK * CHUNK, np.uint16)
    maxima, unnamed = np.empty(sums.size // PART, np.float32), np.empty(sums.size // PART, np.int32)
    longest = np.max(starts[first + 1 : stop + 1] - starts[first:stop])
    begins, ends, which = np.empty((3, longest), np.int64)
    for turn in range(blocks):
        b = (first // BLOCK + turn) % blocks  # alike rows first: they raise the bar for all others
        base = b * BLOCK
        for x in range(m):
            i = first + x
            row = slice(starts[i], starts[i + 1])
            own = weights[row]
            count = near(begins, ends, which, (list_rows, list_levels), list_starts[b], terms[row], own, theta)
            for c in range(count):
                part = slice(begins[c], ends[c])
                add_levels(sums, list_rows[part], list_levels[part], np.uint16(level(own[which[c]])))
            if i // BLOCK == b:
                sums[i - base] = 0
            if fill[x] < keep <= maxima.size:
                for c in range(maxima.size):
                    maxima[c] = highest(sums[PART * c : PART * c + PART])
                bars[x] = max(bars[x], keep_best(maxima, unnamed, maxima.size, keep))
            fill[x], bars[x] = gather(sums, base, found_rows[x], found_scores[x], fill[x], keep, bars[x])
    return found_rows, fill


@compiled
def gather(
    sums: U16, base: int, rows: I32, scores: F32, fill: int, keep: int, bar: np.float32
) -> tuple[int, np.float32]:
    """Adds the rows whose sum reaches `bar` to the candidates rows[:fill], and sets all sums to zero.

    returns  the new fill, at most keep, and the new bar: the keep-th highest sum once known
    """
    for c in range(0, sums.size, CHUNK):
        if highest(sums[c : c + CHUNK]) >= bar:
            for p in range(c, c + CHUNK, PART):
                if highest(sums[p : p + PART]) >= bar:
                    for j in range(p, p + PART):
                        if sums[j] >= bar:
                            if fill == rows.size:
                                bar = keep_best(scores, rows, fill, keep)
                                fill = keep
                            rows[fill], scores[fill] = base + j, sums[j]
                            fill += 1
        sums[c : c + CHUNK] = 0
    if fill > keep:
        bar = keep_best(scores, rows, fill, keep)
        fill = keep
    return fill, bar
