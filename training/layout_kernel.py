"""How the compiled neighbour search lays out its data: rows and terms renumbered, postings in blocks.

Rows are ordered so that like ones stand together: re-ranking and sums then hit the cache. Terms are numbered by falling
frequency. The few most frequent, the *heavy* ones, make half of all postings and little of any score: they are kept as
a dense matrix instead. The postings of the others, the light ones, are cut into blocks of rows, so that 16 bits name a
row and the running sums of a block stay in the processor's cache.
"""

from typing import NamedTuple, TypeAlias, cast

import numpy as np

from recsys.cosine import Rows
from training.compiled import F32, I32, I64, U16, compiled

BLOCK = 65_536
HEAVY = 16  # heavy terms at most: one cache line of float32
HEAVY_SHARE = 0.05  # of all squared weight that the heavy terms may hold, lest their bound lets everything through
WORD = 8  # rows that are looked at together
LEVELS = 1_024  # postings are ordered by weight to this precision
ROUNDING = 2.4e-7  # four times the largest relative error of one float32 operation


# What compiled functions take: a `Layout` without its name, as code that is kept on disk must not depend on a class.
Parts: TypeAlias = tuple[I64, I32, F32, F32, F32, I64, U16, F32, F32, I32, I32, int, int]


class Layout(NamedTuple):
    """A matrix of unit rows as the search reads it. Terms of a single row are left out: they add to no score."""

    starts: I64  # (n + 1,)
    terms: I32  # (m,) within a row in their old order, in which exact scores are added
    weights: F32  # (m,)
    parts: F32  # (n, HEAVY) the weights of the heavy terms
    lengths: F32  # (blocks, rows a block) their length a row, rounded up; 0 behind the last row
    list_starts: I64  # (blocks, light terms + 1)
    list_rows: U16  # (light postings,) rows counted from the start of the block
    list_values: F32  # (light postings,) by falling level of weight within a list
    slack: F32  # (n,) more than all roundings in a float32 score of the row
    names: I32  # (n,) old number by new one
    places: I32  # (n,) new number by old one
    heavy: int  # heavy terms, 0..HEAVY
    width: int  # terms that are kept

    def parts_only(self) -> Parts:
        """The fields as a plain tuple."""
        return cast(Parts, tuple(self))


def lay_out(rows: Rows, width: int) -> Layout:
    """The layout of unit rows with terms below `width`. O(postings + n log n)."""
    n = len(rows)
    frequency = np.bincount(rows.terms, minlength=width)
    rank = np.empty(width, np.int32)
    rank[np.argsort(-frequency, kind="stable")] = np.arange(width, dtype=np.int32)
    kept = int(np.count_nonzero(frequency > 1))
    heavy = _heavy_terms(rows, rank, kept)
    alike = signatures(rows.starts, rows.terms, rows.weights, frequency, 3, max(3, n // 50))
    names = np.lexsort((alike[:, 1], alike[:, 0])).astype(np.int32)
    places = np.empty(n, np.int32)
    places[names] = np.arange(n, dtype=np.int32)
    starts, terms, weights = renumbered(rows.starts, rows.terms, rows.weights, names, rank, kept)
    parts = heavy_parts(starts, terms, weights, heavy)
    blocks, size = -(-n // BLOCK), min(BLOCK, -(-n // WORD) * WORD)
    lengths = np.zeros(blocks * size, np.float32)
    lengths[:n] = np.sqrt(np.einsum("ij,ij->i", parts, parts, dtype=np.float64)) * (1 + ROUNDING)
    list_starts, list_rows, list_values = light_postings(starts, terms, weights, heavy, kept)
    slack = ((np.diff(starts) + HEAVY) * ROUNDING).astype(np.float32)
    return Layout(
        starts=starts,
        terms=terms,
        weights=weights,
        parts=parts,
        lengths=lengths.reshape(blocks, size),
        list_starts=list_starts,
        list_rows=list_rows,
        list_values=list_values,
        slack=slack,
        names=names,
        places=places,
        heavy=heavy,
        width=kept,
    )


def _heavy_terms(rows: Rows, rank: I32, kept: int) -> int:
    """How many of the most frequent terms are heavy."""
    squares = np.bincount(rank[rows.terms], rows.weights.astype(np.float64) ** 2, minlength=HEAVY)
    share = np.cumsum(squares[:HEAVY]) / max(1.0, squares.sum())
    return min(kept, int(np.count_nonzero(share <= HEAVY_SHARE)))


@compiled
def signatures(starts: I64, terms: I32, weights: F32, frequency: I64, low: int, high: int) -> I32:
    """Per row its two strongest terms whose frequency lies in [low, high], or -1.

    returns  (n, 2); rows with equal ones are alike
    """
    n = starts.size - 1
    found = np.full((n, 2), -1, np.int32)
    for i in range(n):
        first = second = np.float32(0)
        for j in range(starts[i], starts[i + 1]):
            if low <= frequency[terms[j]] <= high:
                if weights[j] > first:
                    second, found[i, 1] = first, found[i, 0]
                    first, found[i, 0] = weights[j], terms[j]
                elif weights[j] > second:
                    second, found[i, 1] = weights[j], terms[j]
    return found


@compiled
def renumbered(starts: I64, terms: I32, weights: F32, names: I32, rank: I32, width: int) -> tuple[I64, I32, F32]:
    """Rows in the order of `names`, each term by its `rank`, without terms of rank `width` and up.

    A row keeps its old order of terms, which is the order in which exact_score adds.
    """
    n = names.size
    new_starts = np.zeros(n + 1, np.int64)
    for i in range(n):
        kept = 0
        for j in range(starts[names[i]], starts[names[i] + 1]):
            kept += rank[terms[j]] < width
        new_starts[i + 1] = new_starts[i] + kept
    new_terms, new_weights = np.empty(new_starts[n], np.int32), np.empty(new_starts[n], np.float32)
    for i in range(n):
        place = new_starts[i]
        for j in range(starts[names[i]], starts[names[i] + 1]):
            if rank[terms[j]] < width:
                new_terms[place], new_weights[place] = rank[terms[j]], weights[j]
                place += 1
    return new_starts, new_terms, new_weights


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
    """Postings of the terms heavy..width-1, by block, then term, then falling level of weight.

    returns  list_starts (blocks, width - heavy + 1), where each list begins in the two others;
             rows (m,) uint16, counted from the start of the block; values (m,) float32
    """
    n = starts.size - 1
    blocks, light = (n + BLOCK - 1) // BLOCK, width - heavy
    list_starts = np.zeros((blocks, light + 1), np.int64)
    for i in range(n):
        for j in range(starts[i], starts[i + 1]):
            if terms[j] >= heavy:
                list_starts[i // BLOCK, terms[j] - heavy + 1] += 1
    total = 0
    for b in range(blocks):
        list_starts[b, 0] = total
        for t in range(light):
            list_starts[b, t + 1] += list_starts[b, t]
        total = list_starts[b, light]
    rows, values = np.empty(total, np.uint16), np.empty(total, np.float32)
    for b in range(blocks):
        first, stop = b * BLOCK, min(n, (b + 1) * BLOCK)
        entry, owner = by_falling_level(starts, terms, weights, heavy, first, stop)
        place = list_starts[b].copy()
        for e in range(entry.size):
            t = terms[entry[e]] - heavy
            rows[place[t]], values[place[t]] = owner[e], weights[entry[e]]
            place[t] += 1
    return list_starts, rows, values


@compiled
def by_falling_level(starts: I64, terms: I32, weights: F32, heavy: int, first: int, stop: int) -> tuple[I64, U16]:
    """The light entries of rows first..stop-1 by falling level of weight, and whose they are, counted from `first`."""
    place = np.zeros(LEVELS + 1, np.int64)
    for j in range(starts[first], starts[stop]):
        if terms[j] >= heavy:
            place[LEVELS - level(weights[j])] += 1
    for v in range(LEVELS):
        place[v + 1] += place[v]
    entry, owner = np.empty(place[LEVELS], np.int64), np.empty(place[LEVELS], np.uint16)
    for i in range(first, stop):
        for j in range(starts[i], starts[i + 1]):
            if terms[j] >= heavy:
                v = LEVELS - level(weights[j]) - 1
                entry[place[v]], owner[place[v]] = j, i - first
                place[v] += 1
    return entry, owner


@compiled
def level(weight: np.float32) -> int:
    """The level of a weight in 0..1: 0..LEVELS - 1."""
    return min(LEVELS - 1, int(weight * np.float32(LEVELS)))
