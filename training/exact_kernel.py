"""Candidates of exact lists, compiled: no row that belongs to the nearest is missing.

The few most frequent terms, the *heavy* ones, make half of all postings and little of any score: they are kept as a
dense matrix, and what they could add to a score is at most the product of the lengths of the two heavy parts (Cauchy
and Schwarz). Only pairs that this bound lets through get it added. Anastasiu and Karypis (L2Knng, 2015) prune by the
same bound. Rows are cut into stripes, small enough for the sums of one to stay in the nearest cache; every two rows of
different stripes are added up once, for both.
"""

from typing import NamedTuple, TypeAlias, cast

import numpy as np

from recsys.compiled import F32, I32, I64, U8, U16, compiled, prefetch
from training.arrange_kernel import Arranged, Arrays
from training.shortlist_kernel import ShortlistArrays, enter_one, other_of, pair, score_of

STRIPE = 8_192  # rows a stripe at most
HEAVY = 16  # heavy terms at most: one cache line of float32
HEAVY_SHARE = 0.05  # of all squared weight that the heavy terms may hold, lest their bound lets everything through
WORD = 8  # rows that are looked at together
ROUNDING = 2.4e-7  # four times the largest relative error of one float32 operation
OUT_OF_RACE = np.float32(-1e30)
TINY = np.float32(1e-30)

LightArrays: TypeAlias = tuple[F32, F32, I64, U16, F32, F32, int, int]


class Light(NamedTuple):
    """The light postings of arranged rows, and what bounds the heavy terms."""

    parts: F32  # (n, HEAVY) the weights of the heavy terms
    lengths: F32  # (stripes * rows a stripe,) their length a row, rounded up; -inf behind the last one
    list_starts: I64  # (stripes, light terms + 1)
    list_rows: U16  # (light postings,) rows counted from the start of the stripe, ascending within a list
    list_values: F32  # (light postings,)
    slack: F32  # (n,) more than all roundings in a float32 score of the row
    heavy: int  # heavy terms, 0..HEAVY
    stripe: int  # rows a stripe, a whole number of words

    def arrays(self) -> LightArrays:
        """The fields as a plain tuple."""
        return cast(LightArrays, tuple(self))


def light(arranged: Arranged, stripes: int) -> Light:
    """What `within` and `meet` need beside the arranged rows, in so many stripes or more. O(entries)."""
    starts, terms, weights, _, _, kept = arranged
    n = starts.size - 1
    heavy, stripe = _heavy_terms(arranged), stripe_of(n, stripes)
    parts = heavy_parts(starts, terms, weights, heavy)
    lengths = np.full(-(-n // stripe) * stripe, -np.inf, np.float32)  # no bar is reached there
    lengths[:n] = np.sqrt(np.einsum("ij,ij->i", parts, parts, dtype=np.float64)) * (1 + ROUNDING)
    return Light(
        parts,
        lengths,
        *light_postings(starts, terms, weights, heavy, kept, stripe),
        slack=((np.diff(starts) + HEAVY) * ROUNDING).astype(np.float32),
        heavy=heavy,
        stripe=stripe,
    )


def stripe_of(n: int, stripes: int) -> int:
    """How many rows a stripe has where n rows are cut into so many or more: equal ones, in whole words."""
    return -(-n // max(stripes, -(-n // STRIPE)) // WORD) * WORD


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
def light_postings(starts: I64, terms: I32, weights: F32, heavy: int, width: int, stripe: int) -> tuple[I64, U16, F32]:
    """Postings of the terms heavy..width-1, by stripe, then term, then row.

    returns  list_starts (stripes, width - heavy + 1), where each list begins in the two others;
             rows (m,) uint16, counted from the start of the stripe; values (m,) float32
    """
    n = starts.size - 1
    stripes = (n + stripe - 1) // stripe
    list_starts = np.zeros((stripes, width - heavy + 1), np.int64)
    for i in range(n):
        for j in range(starts[i], starts[i + 1]):
            if terms[j] >= heavy:
                list_starts[i // stripe, terms[j] - heavy + 1] += 1
    total = 0
    for b in range(stripes):
        list_starts[b, 0] = total
        for t in range(width - heavy):
            list_starts[b, t + 1] += list_starts[b, t]
        total = list_starts[b, width - heavy]
    rows, values = np.empty(total, np.uint16), np.empty(total, np.float32)
    for b in range(stripes):
        place = list_starts[b].copy()
        for i in range(b * stripe, min(n, (b + 1) * stripe)):
            for j in range(starts[i], starts[i + 1]):
                t = terms[j] - heavy
                if t >= 0:
                    rows[place[t]], values[place[t]] = i - b * stripe, weights[j]
                    place[t] += 1
    return list_starts, rows, values


@compiled
def add_list(sums: F32, rows: U16, values: F32, weight: np.float32) -> None:
    """sums[rows] += weight * values; slicing a list before its loop is 1.3 times as fast as indexing from the whole."""
    for j in range(rows.size):
        sums[rows[j]] += weight * values[j]


@compiled
def add_row(sums: F32, postings: LightArrays, b: int, terms: I32, weights: F32) -> None:
    """Adds the light products of a row with all rows of stripe b."""
    _, _, list_starts, list_rows, list_values, _, heavy, _ = postings
    for j in range(terms.size):
        t = terms[j] - heavy
        if t >= 0:  # the rest of a list comes by itself once it is read in order
            prefetch(list_rows, list_starts[b, t])
            prefetch(list_values, list_starts[b, t])
    for j in range(terms.size):
        t = terms[j] - heavy
        if t >= 0:
            here = slice(list_starts[b, t], list_starts[b, t + 1])
            add_list(sums, list_rows[here], list_values[here], weights[j])


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
    return max(TINY, np.partition(maxima, groups - count)[groups - count])


@compiled
def mark(
    sums: F32, lengths: F32, bars: F32, length: np.float32, bar: np.float32, slack: np.float32, marked: U8
) -> None:
    """Which rows may reach the bar of either: sum of light products + bound of heavy ones. Compiles to SIMD."""
    for j in range(sums.size):
        marked[j] = sums[j] + length * lengths[j] + slack >= min(bars[j], bar)


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
def bits_of(score: np.float32) -> np.uint32:
    """Scores that are not negative sort like their bits."""
    bits: np.uint32 = np.float32(score).view(np.uint32)
    return bits


@compiled
def within(arranged: Arrays, postings: LightArrays, first: int, stop: int, keep: int) -> ShortlistArrays:
    """The shortlists, with `keep` places, of the rows first..stop-1 of one stripe, of all pairs within it."""
    starts, terms, weights, _, _, _ = arranged
    parts, lengths, _, _, _, slack, _, stripe = postings
    m, b = stop - first, first // stripe
    base = b * stripe
    pairs, fill, bars = np.empty((m, keep), np.uint64), np.zeros(m, np.int64), np.ones(m, np.uint32)
    sums, marked, none = np.zeros(stripe, np.float32), np.zeros(stripe, np.uint8), np.full(stripe, np.inf, np.float32)
    words = marked.view(np.uint64)
    theirs = lengths[base : base + stripe]
    for x in range(m):
        i = first + x
        row = slice(starts[i], starts[i + 1])
        add_row(sums, postings, b, terms[row], weights[row])
        sums[i - base] = OUT_OF_RACE
        bar = reached_by(sums, keep)
        mark(sums, theirs, none, theirs[i - base], bar, slack[i], marked)
        for word in range(words.size):
            if words[word] != 0:
                for j in range(WORD * word, WORD * word + WORD):
                    score = sums[j] + heavy_product(parts, i, base + j) if marked[j] else np.float32(0)
                    if score >= bar:
                        enter_one(pairs, fill, bars, x, pair(bits_of(score), base + j))
        sums[:] = 0
    return pairs, fill, bars


@compiled
def meet(
    arranged: Arrays, postings: LightArrays, a: int, b: int, ours: ShortlistArrays, theirs: ShortlistArrays
) -> None:
    """Enters all pairs of a row of stripe a and one of stripe b on the shortlists of both that they may belong to.

    ours, theirs  the shortlists of the two stripes, which change
    """
    starts, terms, weights, _, _, _ = arranged
    parts, lengths, _, _, _, slack, _, stripe = postings
    base, other = a * stripe, b * stripe
    pairs, fill, own_bars = ours
    their_pairs, their_fill, their_bars = theirs
    sums, marked = np.zeros(stripe, np.float32), np.zeros(stripe, np.uint8)
    words = marked.view(np.uint64)
    bars = np.full(stripe, np.inf, np.float32)
    bars[: their_bars.size] = their_bars.view(np.float32)
    for x in range(fill.size):
        i = base + x
        row = slice(starts[i], starts[i + 1])
        add_row(sums, postings, b, terms[row], weights[row])
        bar = np.uint32(own_bars[x]).view(np.float32)
        mark(sums, lengths[other : other + stripe], bars, lengths[i], bar, slack[i], marked)
        for word in range(words.size):
            if words[word] != 0:
                for j in range(WORD * word, WORD * word + WORD):
                    if marked[j]:
                        score = sums[j] + heavy_product(parts, i, other + j)
                        if score > 0:
                            bits = bits_of(score)
                            enter_one(pairs, fill, own_bars, x, pair(bits, other + j))
                            enter_one(their_pairs, their_fill, their_bars, j, pair(bits, i))
                            bars[j] = np.uint32(their_bars[j]).view(np.float32)
        sums[:] = 0


@compiled
def contenders(lists: ShortlistArrays, slack: F32, k: int) -> tuple[I32, I64, F32]:
    """Of shortlists those others that may be among the k best by exact score.

    slack    (m,)
    returns  rows (m, at most `keep`), of which the first fill (m,) count; the bars (m,) as scores
    """
    pairs, fill, bars = lists
    m, most = fill.size, int(np.max(fill))
    count, rows = np.zeros(m, np.int64), np.empty((m, most), np.int32)
    for x in range(m):
        least = np.uint32(0)
        if fill[x] > k:
            part = np.partition(pairs[x, : fill[x]], fill[x] - k)
            kth = np.uint32(score_of(part[fill[x] - k])).view(np.float32)
            least = bits_of(max(np.float32(kth - 2 * slack[x]), TINY))
        for c in range(fill[x]):
            if score_of(pairs[x, c]) >= least:
                rows[x, count[x]] = other_of(pairs[x, c])
                count[x] += 1
    return rows, count, bars.view(np.float32)
