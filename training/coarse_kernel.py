"""Candidates of pruned lists, compiled: weights in 8 bits, small products left out, sums in 16 bits.

Postings lie by falling weight, so that a list is left where its products become small: most of what frequent terms
would cost, and little of any score, is never added (impact-ordered postings: Anh, de Kretser and Moffat, 2001).
"""

from typing import NamedTuple, TypeAlias, cast

import numpy as np

from recsys.compiled import F32, I32, I64, U8, U16, U64, compiled, prefetch
from training.arrange_kernel import Arranged, Arrays
from training.shortlist_kernel import ShortlistArrays, enter_one, longer, pair

TOP = 255  # weights 0..1 as levels 0..TOP, rounded down: the sum of a unit row's products fits 16 bits
RUN = 64  # postings that are left or taken together
LINE = 32  # rows of postings in a cache line
CHUNK, WORD = 256, 8  # sums that are looked at together, and again where one of them is high enough

CoarseArrays: TypeAlias = tuple[I64, U16, U8, int]


class Coarse(NamedTuple):
    """The postings of arranged rows that some row's product with them reaches theta."""

    list_starts: I64  # (blocks, terms + 1)
    list_rows: U16  # (postings,) rows counted from the start of the block
    list_levels: U8  # (postings,) falling within a list
    block: int  # rows a block, 1..65,536

    def arrays(self) -> CoarseArrays:
        """The fields as a plain tuple."""
        return cast(CoarseArrays, tuple(self))


def coarse(arranged: Arranged, theta: float, block: int) -> Coarse:
    """What `within` and `across` need beside the arranged rows, in blocks of so many. O(entries)."""
    starts, terms, weights, _, _, width = arranged
    return Coarse(*coarse_postings(starts, terms, weights, width, np.float32(theta), block), block)


@compiled
def coarse_postings(
    starts: I64, terms: I32, weights: F32, width: int, theta: np.float32, block: int
) -> tuple[I64, U16, U8]:
    """Postings by block, then term, then falling level, without those too light for any row: the fields of `Coarse`."""
    n = starts.size - 1
    blocks = (n + block - 1) // block
    strongest = np.zeros(width, np.float32)
    for j in range(terms.size):
        strongest[terms[j]] = max(strongest[terms[j]], weights[j])
    list_starts = np.zeros((blocks, width + 1), np.int64)
    for i in range(n):
        for j in range(starts[i], starts[i + 1]):
            if weights[j] * strongest[terms[j]] >= theta:
                list_starts[i // block, terms[j] + 1] += 1
    total = 0
    for b in range(blocks):
        list_starts[b, 0] = total
        for t in range(width):
            list_starts[b, t + 1] += list_starts[b, t]
        total = list_starts[b, width]
    rows, levels = np.empty(total, np.uint16), np.empty(total, np.uint8)
    for b in range(blocks):
        place = list_starts[b].copy()
        entry, owner = by_falling_level(starts, weights, b * block, min(n, (b + 1) * block))
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
def add_row(
    sums: U16, room: tuple[I64, I64, I64], postings: CoarseArrays, b: int, terms: I32, weights: F32, theta: np.float32
) -> None:
    """Adds the products of a row with all rows of block b that reach `theta`. `room`: three arrays to work in."""
    list_starts, list_rows, list_levels, _ = postings
    begins, ends, which = room
    count = near(begins, ends, which, (list_rows, list_levels), list_starts[b], terms, weights, theta)
    for c in range(count):
        part = slice(begins[c], ends[c])
        add_levels(sums, list_rows[part], list_levels[part], np.uint16(level(weights[which[c]])))


@compiled
def longest_of(starts: I64, first: int, stop: int) -> int:
    """How many terms the longest of the rows first..stop-1 has."""
    return int(np.max(starts[first + 1 : stop + 1] - starts[first:stop]))


@compiled
def within(
    arranged: Arrays, postings: CoarseArrays, first: int, stop: int, keep: int, theta: np.float32
) -> ShortlistArrays:
    """The shortlists, with `keep` places, of the rows first..stop-1 of one block, of all pairs within it."""
    starts, terms, weights, _, _, _ = arranged
    block = postings[3]
    m, b = stop - first, first // block
    base = b * block
    pairs, fill, bars = np.empty((m, keep), np.uint64), np.zeros(m, np.int64), np.ones(m, np.uint32)
    sums = np.zeros(padded(min(starts.size - 1 - base, block)), np.uint16)
    none = np.full(sums.size, 0xFFFF, np.uint16)
    places, values = np.empty(sums.size + 1, np.int64), np.empty(sums.size + 1, np.uint16)
    guess = np.uint16(1)  # of the bar, from the row before, which is alike
    begins, ends, which = np.empty((3, longest_of(starts, first, stop)), np.int64)
    for x in range(m):
        i = first + x
        row = slice(starts[i], starts[i + 1])
        while True:
            add_row(sums, (begins, ends, which), postings, b, terms[row], weights[row], theta)
            sums[i - base] = 0
            count = take_out(sums, none, guess, places, values)
            if count >= keep or guess == 1:
                break
            guess = np.uint16(max(int(guess) // 2, 1))
        for c in range(count):
            enter_one(pairs, fill, bars, x, pair(values[c], base + places[c]))
        guess = np.uint16(max(int(bars[x]) * 7 // 8, 1))
    return pairs, fill, bars


@compiled
def padded(count: int) -> int:
    """The next whole number of chunks."""
    return (count + CHUNK - 1) // CHUNK * CHUNK


@compiled
def any_reaches(sums: U16, bars: U16, bar: np.uint16) -> bool:
    """Whether any sum reaches its own bar or the common one. Without a branch it compiles to SIMD."""
    found = False
    for j in range(sums.size):
        found |= sums[j] >= min(bars[j], bar)
    return found


@compiled
def take_out(sums: U16, bars: U16, bar: np.uint16, places: I64, values: U16) -> int:
    """Finds the sums that reach their own bar or the common one, and sets all to zero.

    places, values  are filled: where they were, and what; one longer than `sums`      returns  how many
    """
    count, marked = 0, np.empty(CHUNK, np.uint8)
    words = marked.view(np.uint64)
    for c in range(0, sums.size, CHUNK):
        if any_reaches(sums[c : c + CHUNK], bars[c : c + CHUNK], bar):
            mark(sums[c : c + CHUNK], bars[c : c + CHUNK], bar, marked)
            for word in range(words.size):
                if words[word] != 0:
                    for j in range(WORD * word, WORD * word + WORD):
                        places[count], values[count] = c + j, sums[c + j]
                        count += marked[j]
        sums[c : c + CHUNK] = 0
    return count


@compiled
def mark(sums: U16, bars: U16, bar: np.uint16, marked: U8) -> None:
    """Which sums reach their own bar or the common one: 1 or 0."""
    for j in range(marked.size):
        marked[j] = sums[j] >= min(bars[j], bar)


@compiled
def across(
    arranged: Arrays,
    postings: CoarseArrays,
    first: int,
    stop: int,
    own_bars: U16,
    b: int,
    their_bars: U16,
    theta: np.float32,
) -> tuple[I32, U64]:
    """All pairs of rows first..stop-1 and rows of another block b that reach the bar of either: for whom, and the pair.

    own_bars  (m,)      their_bars  of the rows of the block
    """
    starts, terms, weights, _, _, _ = arranged
    m, base = stop - first, b * postings[3]
    sums = np.zeros(padded(their_bars.size), np.uint16)
    bars = np.full(sums.size, 0xFFFF, np.uint16)
    bars[: their_bars.size] = their_bars
    begins, ends, which = np.empty((3, longest_of(starts, first, stop)), np.int64)
    places, values = np.empty(sums.size + 1, np.int64), np.empty(sums.size + 1, np.uint16)
    owners, numbers = np.empty(64 * m, np.int32), np.empty(64 * m, np.uint64)
    fill = 0
    for x in range(m):
        i, bar = first + x, own_bars[x]
        row = slice(starts[i], starts[i + 1])
        add_row(sums, (begins, ends, which), postings, b, terms[row], weights[row], theta)
        count = take_out(sums, bars, bar, places, values)
        owners, numbers = longer(owners, numbers, fill + 2 * count)
        for c in range(count):
            if values[c] >= bar:
                owners[fill], numbers[fill] = i, pair(values[c], base + places[c])
                fill += 1
            if values[c] >= bars[places[c]]:
                owners[fill], numbers[fill] = base + places[c], pair(values[c], i)
                fill += 1
    return owners[:fill].copy(), numbers[:fill].copy()
