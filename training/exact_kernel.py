"""Shortlists of exact lists, compiled: no row that belongs to the nearest is missing.

The few most frequent terms, the *heavy* ones, make half of all postings and little of any score: they are kept as a
dense matrix, and what they could add to a score is at most the product of the lengths of the two heavy parts (Cauchy
and Schwarz). Only rows that this bound lets through get it added. Anastasiu and Karypis (L2Knng, 2015) prune by the
same bound. The postings of the others, the *light* ones, are cut into blocks of rows.
"""

from typing import NamedTuple, TypeAlias, cast

import numpy as np

from training.arrange_kernel import BLOCK, Arranged, Arrays
from training.compiled import F32, I32, I64, U8, U16, U64, compiled, prefetch
from training.rerank_kernel import keep_best
from training.shortlist_kernel import ShortlistArrays, keep_highest, longer, pair

HEAVY = 16  # heavy terms at most: one cache line of float32
HEAVY_SHARE = 0.05  # of all squared weight that the heavy terms may hold, lest their bound lets everything through
WORD = 8  # rows that are looked at together
ROUNDING = 2.4e-7  # four times the largest relative error of one float32 operation
OUT_OF_RACE = np.float32(-1e30)
TINY = np.float32(1e-30)

LightArrays: TypeAlias = tuple[F32, F32, I64, U16, F32, F32, int]


class Light(NamedTuple):
    """The light postings of arranged rows, and what bounds the heavy terms."""

    parts: F32  # (n, HEAVY) the weights of the heavy terms
    lengths: F32  # (n,) their length a row, rounded up
    list_starts: I64  # (blocks, light terms + 1)
    list_rows: U16  # (light postings,) rows counted from the start of the block, ascending within a list
    list_values: F32  # (light postings,)
    slack: F32  # (n,) more than all roundings in a float32 score of the row
    heavy: int  # heavy terms, 0..HEAVY

    def arrays(self) -> LightArrays:
        """The fields as a plain tuple."""
        return cast(LightArrays, tuple(self))


def light(arranged: Arranged) -> Light:
    """What `within` and `after` need beside the arranged rows. O(entries)."""
    starts, terms, weights, _, _, kept = arranged
    heavy = _heavy_terms(arranged)
    parts = heavy_parts(starts, terms, weights, heavy)
    lengths = np.sqrt(np.einsum("ij,ij->i", parts, parts, dtype=np.float64)) * (1 + ROUNDING)
    return Light(
        parts,
        lengths.astype(np.float32),
        *light_postings(starts, terms, weights, heavy, kept),
        slack=((np.diff(starts) + HEAVY) * ROUNDING).astype(np.float32),
        heavy=heavy,
    )


def _heavy_terms(arranged: Arranged) -> int:
    """How many of the most frequent terms are heavy."""
    squares = np.bincount(arranged.terms, arranged.weights.astype(np.float64) ** 2, minlength=HEAVY)
    share = np.cumsum(squares[:HEAVY]) / max(1.0, squares.sum())
    return min(arranged.width, int(np.count_nonzero(share <= HEAVY_SHARE)))


@compiled
def heavy_parts(starts: I64, terms: I32, weights: F32, heavy: int) -> F32:
    """The weights of the `heavy` first terms as a dense matrix (n, HEAVY)."""
    n = starts.size - 1
    parts = np.zeros((n, HEAVY), np.float32)
    for i in range(n):
        for j in range(starts[i], starts[i + 1]):
            if terms[j] < heavy:
                parts[i, terms[j]] = weights[j]
    return parts


@compiled
def light_postings(starts: I64, terms: I32, weights: F32, heavy: int, width: int) -> tuple[I64, U16, F32]:
    """Postings of the terms heavy..width-1, by block, then term, then row.

    returns  list_starts (blocks, width - heavy + 1), where each list begins in the two others;
             rows (m,) uint16, counted from the start of the block; values (m,) float32
    """
    n = starts.size - 1
    blocks = (n + BLOCK - 1) // BLOCK
    list_starts = np.zeros((blocks, width - heavy + 1), np.int64)
    for i in range(n):
        for j in range(starts[i], starts[i + 1]):
            if terms[j] >= heavy:
                list_starts[i // BLOCK, terms[j] - heavy + 1] += 1
    total = 0
    for b in range(blocks):
        list_starts[b, 0] = total
        for t in range(width - heavy):
            list_starts[b, t + 1] += list_starts[b, t]
        total = list_starts[b, width - heavy]
    rows, values = np.empty(total, np.uint16), np.empty(total, np.float32)
    for b in range(blocks):
        place = list_starts[b].copy()
        for i in range(b * BLOCK, min(n, (b + 1) * BLOCK)):
            for j in range(starts[i], starts[i + 1]):
                t = terms[j] - heavy
                if t >= 0:
                    rows[place[t]], values[place[t]] = i - b * BLOCK, weights[j]
                    place[t] += 1
    return list_starts, rows, values


@compiled
def add_list(sums: F32, rows: U16, values: F32, weight: np.float32) -> None:
    """sums[rows] += weight * values; slicing a list before its loop is 1.3 times as fast as indexing from the whole."""
    for j in range(rows.size):
        sums[rows[j]] += weight * values[j]


@compiled
def reached_by(sums: F32, count: int) -> np.float32:
    """A value that at least `count` of the sums reach: the count-th highest of group maxima; TINY where sums are few.

    A group is every so-manieth sum, so that rows that are alike, which are near each other, count apart.
    """
    groups = 4 * count
    if sums.size < groups:
        return TINY
    members = sums.size // groups
    table = sums[: members * groups].reshape(members, groups)
    maxima = table[0].copy()
    for member in range(1, members):
        np.maximum(maxima, table[member], maxima)
    return max(TINY, keep_best(maxima, np.empty(groups, np.int32), groups, count))


@compiled
def mark(sums: F32, lengths: F32, length: np.float32, bars: F32, bar: np.float32, marked: U8) -> None:
    """Which rows may reach their own bar, or the common one: sum of light products + bound of heavy ones.

    Without a branch it compiles to SIMD.
    """
    for j in range(sums.size):
        marked[j] = sums[j] + length * lengths[j] >= max(min(bars[j], bar), TINY)


@compiled
def places_of(marked: U8, places: I64) -> int:
    """Where the marks are: fills `places`, which is one longer, and returns how many."""
    words, count = marked.view(np.uint64), 0
    for word in range(words.size):
        if words[word] != 0:
            for j in range(WORD * word, WORD * word + WORD):
                places[count] = j
                count += marked[j]
    return count


@compiled
def heavy_product(parts: F32, i: int, r: int) -> np.float32:
    """What the heavy terms add to the score of two rows; four sums, so that no addition waits for the one before."""
    a = b = c = d = np.float32(0)
    for t in range(0, HEAVY, 4):
        a += parts[i, t] * parts[r, t]
        b += parts[i, t + 1] * parts[r, t + 1]
        c += parts[i, t + 2] * parts[r, t + 2]
        d += parts[i, t + 3] * parts[r, t + 3]
    return a + b + c + d


@compiled
def first_from(rows: U16, least: int) -> int:
    """Where in an ascending list the rows from `least` on begin."""
    low, high = 0, rows.size
    while low < high:
        middle = (low + high) // 2
        if rows[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def add_row(
    sums: F32,
    spans: tuple[I64, I64],
    arranged: Arrays,
    postings: LightArrays,
    i: int,
    b: int,
    low: int,
    high: int,
) -> None:
    """Adds to `sums`, by row of block b, the light products of row i with its rows low..high-1.

    spans  two arrays to work in, as long as the row has terms
    """
    starts, terms, weights, _, _, _ = arranged
    _, _, list_starts, list_rows, list_values, _, heavy = postings
    begins, ends = spans
    for j in range(starts[i], starts[i + 1]):
        t, p = terms[j] - heavy, j - starts[i]
        if t >= 0:  # the rest of a list comes by itself once it is read in order
            begins[p], ends[p] = list_starts[b, t], list_starts[b, t + 1]
            prefetch(list_rows, begins[p])
            prefetch(list_values, begins[p])
    for j in range(starts[i], starts[i + 1]):
        p = j - starts[i]
        if terms[j] >= heavy:
            begin, end = begins[p], ends[p]
            if low > 0:
                begin += first_from(list_rows[begin:end], low)
            if high < BLOCK:
                end = begin + first_from(list_rows[begin:end], high)
            add_list(sums, list_rows[begin:end], list_values[begin:end], weights[j])


@compiled
def longest_of(starts: I64, first: int, stop: int) -> int:
    """How many terms the longest of the rows first..stop-1 has."""
    return int(np.max(starts[first + 1 : stop + 1] - starts[first:stop]))


@compiled
def padded(values: F32, fill: np.float32) -> F32:
    """The values, and behind them `fill` up to a whole number of words."""
    found = np.full((values.size + WORD - 1) // WORD * WORD, fill, np.float32)
    found[: values.size] = values
    return found


@compiled
def within(
    arranged: Arrays, postings: LightArrays, first: int, stop: int, low: int, high: int, keep: int, room: int
) -> ShortlistArrays:
    """The shortlists, with `room` places, of the rows first..stop-1, of all pairs with the rows low..high-1.

    first..stop-1 are among low..high-1, and those in one block
    """
    starts = arranged[0]
    parts, lengths, slack = postings[0], postings[1], postings[5]
    m, b = stop - first, first // BLOCK
    base = b * BLOCK
    pairs, fill, bars = np.empty((m, room), np.uint64), np.zeros(m, np.int64), np.ones(m, np.uint32)
    their_lengths = padded(lengths[low:high], np.float32(0))
    all_sums = np.zeros(low - base + their_lengths.size, np.float32)
    sums, marked = all_sums[low - base :], np.zeros(their_lengths.size, np.uint8)
    none, places = np.full(sums.size, np.inf, np.float32), np.empty(sums.size + 1, np.int64)
    spans = np.empty((2, longest_of(starts, first, stop)), np.int64)
    score = np.empty(1, np.float32)
    bits = score.view(np.uint32)
    for x in range(m):
        i = first + x
        add_row(all_sums, (spans[0], spans[1]), arranged, postings, i, b, low - base, high - base)
        sums[i - low] = OUT_OF_RACE
        least = TINY
        for turn in range(2):  # who is high by light products alone, and then whoever can still reach the bar
            if turn == 0:
                mark(sums, their_lengths, np.float32(0), none, reached_by(sums, keep), marked)
            else:
                mark(sums, their_lengths, lengths[i], none, least - slack[i], marked)
            for c in range(places_of(marked, places)):
                j = places[c]
                score[0] = sums[j] + heavy_product(parts, i, low + j)
                sums[j] = OUT_OF_RACE
                if score[0] >= least:
                    if fill[x] == room:
                        fill[x], bars[x] = keep, keep_highest(pairs[x], room, keep)
                    pairs[x, fill[x]] = pair(bits[0], low + j)
                    fill[x] += 1
            if fill[x] >= keep:
                fill[x], bars[x] = keep, keep_highest(pairs[x], fill[x], keep)
                bits[0] = bars[x]
                least = score[0]
        sums[:] = 0
    return pairs, fill, bars


@compiled
def after(
    arranged: Arrays, postings: LightArrays, first: int, stop: int, since: int, bars: F32, keep: int
) -> tuple[I32, U64]:
    """All pairs of rows first..stop-1 with rows from `since` on that reach the bar of either: for whom, and the pair.

    since  not before `stop`, in the same block or where the next begins      bars  of the rows from `first` on
    """
    starts = arranged[0]
    parts, lengths, slack = postings[0], postings[1], postings[5]
    m, n = stop - first, starts.size - 1
    spans = np.empty((2, longest_of(starts, first, stop)), np.int64)
    owners, numbers = np.empty(64 * m, np.int32), np.empty(64 * m, np.uint64)
    score = np.empty(1, np.float32)
    bits = score.view(np.uint32)
    fill = 0
    for b in range(since // BLOCK, (n + BLOCK - 1) // BLOCK):
        base = b * BLOCK
        low, high = max(since, base), min(n, base + BLOCK)
        their_bars = padded(bars[low - first : high - first] - slack[low:high], TINY)
        their_lengths = padded(lengths[low:high], np.float32(0))
        all_sums = np.zeros(low - base + their_lengths.size, np.float32)
        sums, marked = all_sums[low - base :], np.zeros(their_lengths.size, np.uint8)
        places = np.empty(sums.size + 1, np.int64)
        for x in range(m):
            i = first + x
            add_row(all_sums, (spans[0], spans[1]), arranged, postings, i, b, low - base, BLOCK)
            bar = max(bars[x], reached_by(sums, keep))
            mark(sums, their_lengths, lengths[i], their_bars, bar - slack[i], marked)
            count = places_of(marked, places)
            owners, numbers = longer(owners, numbers, fill + 2 * count)
            for c in range(count):
                r = low + places[c]
                score[0] = sums[places[c]] + heavy_product(parts, i, r)
                if score[0] >= max(bar, TINY):
                    owners[fill], numbers[fill] = i, pair(bits[0], r)
                    fill += 1
                if score[0] >= max(bars[r - first], TINY):
                    owners[fill], numbers[fill] = r, pair(bits[0], i)
                    fill += 1
            sums[:] = 0
    return owners[:fill].copy(), numbers[:fill].copy()
