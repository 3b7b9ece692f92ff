"""Candidates of exact lists, compiled: no row that belongs to the nearest is missing.

The few most frequent terms, the *heavy* ones, make half of all postings and little of any score: they are kept as a
dense matrix, and what they could add to a score is at most the product of the lengths of the two heavy parts (Cauchy
and Schwarz). Only rows that this bound lets through get it added. Anastasiu and Karypis (L2Knng, 2015) prune by the
same bound. The postings of the others, the *light* ones, are cut into blocks of rows.
"""

from typing import NamedTuple, TypeAlias, cast

import numpy as np

from training.arrange_kernel import BLOCK, Arranged, Arrays
from training.compiled import F32, I32, I64, U8, U16, compiled, prefetch
from training.rerank_kernel import keep_best

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
    lengths: F32  # (blocks, rows a block) their length a row, rounded up; 0 behind the last row
    list_starts: I64  # (blocks, light terms + 1)
    list_rows: U16  # (light postings,) rows counted from the start of the block, ascending within a list
    list_values: F32  # (light postings,)
    slack: F32  # (n,) more than all roundings in a float32 score of the row
    heavy: int  # heavy terms, 0..HEAVY

    def arrays(self) -> LightArrays:
        """The fields as a plain tuple."""
        return cast(LightArrays, tuple(self))


def light(arranged: Arranged) -> Light:
    """What `candidates` needs beside the arranged rows. O(entries)."""
    starts, terms, weights, _, _, kept = arranged
    n = starts.size - 1
    heavy = _heavy_terms(arranged)
    parts = heavy_parts(starts, terms, weights, heavy)
    blocks, size = -(-n // BLOCK), min(BLOCK, -(-n // WORD) * WORD)
    lengths = np.zeros(blocks * size, np.float32)
    lengths[:n] = np.sqrt(np.einsum("ij,ij->i", parts, parts, dtype=np.float64)) * (1 + ROUNDING)
    return Light(
        parts,
        lengths.reshape(blocks, size),
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
def mark(sums: F32, lengths: F32, length: np.float32, bar: np.float32, marked: U8) -> None:
    """Which rows may reach `bar`: sum of light products + bound of heavy ones. Without a branch it compiles to SIMD."""
    for j in range(sums.size):
        marked[j] = sums[j] + length * lengths[j] >= bar


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
def collect(
    marked: U8,
    sums: F32,
    base: int,
    itself: int,
    parts: F32,
    rows: I32,
    scores: F32,
    fill: int,
    keep: int,
    least: np.float32,
) -> tuple[int, np.float32]:
    """Adds marked rows to the candidates rows[:fill], with their full scores; rows taken are out of the race in `sums`.

    returns  the new fill, at most rows.size, and the score below which nothing counts: the keep-th highest once known
    """
    words = marked.view(np.uint64)
    for word in range(words.size):
        if words[word] != 0:
            for j in range(WORD * word, WORD * word + WORD):
                if marked[j] and base + j != itself:
                    score = sums[j] + heavy_product(parts, itself, base + j)
                    sums[j] = OUT_OF_RACE
                    if score > 0 and score >= least:
                        if fill == rows.size:
                            least = keep_best(scores, rows, fill, keep)
                            fill = keep
                        rows[fill], scores[fill] = base + j, score
                        fill += 1
    if fill > keep or (fill == keep and least == TINY):
        least = keep_best(scores, rows, fill, keep)
        fill = keep
    return fill, least


@compiled
def candidates(arranged: Arrays, postings: LightArrays, first: int, stop: int, keep: int) -> tuple[I32, I64, F32]:
    """For rows first..stop-1 the `keep` best others by a float32 score.

    returns  rows (m, 2 keep), unordered; how many count (m,); the score (m,) below which some may have been dropped
    """
    starts, terms, weights, _, _, _ = arranged
    parts, lengths, list_starts, list_rows, list_values, slack, heavy = postings
    m, room = stop - first, 2 * keep
    found_rows, found_scores = np.empty((m, room), np.int32), np.empty((m, room), np.float32)
    fill, least = np.zeros(m, np.int64), np.full(m, TINY, np.float32)
    blocks, size = lengths.shape
    sums, marked = np.zeros(size, np.float32), np.zeros(size, np.uint8)
    for turn in range(blocks):
        b = (first // BLOCK + turn) % blocks  # alike rows first: they raise the bar for all others
        base = b * BLOCK
        for x in range(m):
            i = first + x
            for j in range(starts[i], starts[i + 1]):
                t = terms[j] - heavy
                if t >= 0:  # the rest of a list comes by itself once it is read in order
                    prefetch(list_rows, list_starts[b, t])
                    prefetch(list_values, list_starts[b, t])
            for j in range(starts[i], starts[i + 1]):
                t = terms[j] - heavy
                if t >= 0:
                    begin, end = list_starts[b, t], list_starts[b, t + 1]
                    add_list(sums, list_rows[begin:end], list_values[begin:end], weights[j])
            if fill[x] < keep:
                mark(sums, lengths[b], np.float32(0), reached_by(sums, keep + 1), marked)
                fill[x], least[x] = collect(
                    marked, sums, base, i, parts, found_rows[x], found_scores[x], fill[x], keep, least[x]
                )
            mark(sums, lengths[b], lengths[i // BLOCK, i % BLOCK], max(least[x] - slack[i], TINY), marked)
            fill[x], least[x] = collect(
                marked, sums, base, i, parts, found_rows[x], found_scores[x], fill[x], keep, least[x]
            )
            sums[:] = 0
    return found_rows, fill, least
