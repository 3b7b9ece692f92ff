"""From candidates to lists, compiled: the best by exact score, bettered by their neighbours' neighbours."""

import numpy as np

from recsys.compiled import F32, I32, I64, compiled, prefetch
from training.arrange_kernel import Arrays

AHEAD = 3  # rows that are brought near before they are scored
LINE = 16  # terms, or weights, in a cache line


@compiled
def exact_score(dense: F32, starts: I64, terms: I32, weights: F32, r: int) -> np.float32:
    """The score that recsys.cosine defines: products added in float64 by ascending term, rounded to float32."""
    total = 0.0
    for j in range(starts[r], starts[r + 1]):
        total += np.float64(dense[terms[j]]) * np.float64(weights[j])
    return np.float32(total)


@compiled
def bring_near(starts: I64, terms: I32, weights: F32, rows: I32, c: int) -> None:
    """Has the rows that come AHEAD after rows[c] brought near, and where those begin that come twice as late."""
    if c + 2 * AHEAD < rows.size:
        prefetch(starts, np.int64(rows[c + 2 * AHEAD]))
    if c + AHEAD < rows.size:
        r = rows[c + AHEAD]
        for line in range(starts[r], starts[r + 1], LINE):
            prefetch(terms, line)
            prefetch(weights, line)


@compiled
def write_best(values: F32, names: I32, places: I32, rows: I32, scores: F32) -> None:
    """The best of some scores, equal ones by lower old number, as rows by new number; -1 and 0 behind the last.

    One integer sorts by falling score, then by old number: floats that are not negative sort like their bits.
    """
    bits = values.view(np.uint32)
    keys = np.empty(values.size, np.uint64)
    for c in range(values.size):
        keys[c] = (np.uint64(0xFFFFFFFF - bits[c]) << np.uint64(32)) | np.uint64(names[c])
    keys.sort()
    found = scores.view(np.uint32)
    for m in range(rows.size):
        rows[m], found[m] = -1, 0
        if m < keys.size:
            rows[m] = places[keys[m] & np.uint64(0xFFFFFFFF)]
            found[m] = np.uint32(0xFFFFFFFF) - np.uint32(keys[m] >> np.uint64(32))


@compiled
def best_of(arranged: Arrays, first: int, found_rows: I32, fill: I64, k: int) -> tuple[I32, F32]:
    """The k best by exact score of the candidates of rows first, first + 1, ...

    found_rows  (m, room) of which fill (m,) count      returns  rows (m, k), by new number, and scores (m, k)
    """
    m, room = found_rows.shape
    rows, scores = np.empty((m, k), np.int32), np.empty((m, k), np.float32)
    starts, terms, weights, old_names, places, width = arranged
    dense = np.zeros(width, np.float32)
    values, names = np.empty(room, np.float32), np.empty(room, np.int32)
    for x in range(m):
        begin, end = starts[first + x], starts[first + x + 1]
        for j in range(begin, end):
            dense[terms[j]] = weights[j]
        for c in range(fill[x]):
            bring_near(starts, terms, weights, found_rows[x, : fill[x]], c)
            r = found_rows[x, c]
            values[c], names[c] = exact_score(dense, starts, terms, weights, r), old_names[r]
        write_best(values[: fill[x]], names[: fill[x]], places, rows[x], scores[x])
        for j in range(begin, end):
            dense[terms[j]] = 0
    return rows, scores


@compiled
def with_neighbours_of_neighbours(
    arranged: Arrays, first: int, stop: int, rows: I32, scores: F32, reach: int
) -> tuple[I32, F32]:
    """The lists of rows first..stop-1, bettered by the `reach` nearest of each of their `reach` nearest.

    rows, scores  (n, k) the lists of all rows, by new number      returns  rows (m, k) and scores (m, k)
    """
    m, (n, k) = stop - first, rows.shape
    new_rows, new_scores = np.empty((m, k), np.int32), np.empty((m, k), np.float32)
    starts, terms, weights, old_names, places, width = arranged
    dense, seen = np.zeros(width, np.float32), np.full(n, -1, np.int32)
    values, names = np.empty(k + reach * reach, np.float32), np.empty(k + reach * reach, np.int32)
    found = np.empty(reach * reach, np.int32)
    for x in range(m):
        i = first + x
        for j in range(starts[i], starts[i + 1]):
            dense[terms[j]] = weights[j]
        seen[i] = x
        used = 0
        while used < k and rows[i, used] >= 0:
            seen[rows[i, used]] = x
            values[used], names[used] = scores[i, used], old_names[rows[i, used]]
            used += 1
        new = 0
        for c in range(min(reach, used)):
            for d in range(min(reach, k)):
                r = rows[rows[i, c], d]
                if r >= 0 and seen[r] != x:
                    seen[r], found[new] = x, r
                    new += 1
        for c in range(new):
            bring_near(starts, terms, weights, found[:new], c)
            score = exact_score(dense, starts, terms, weights, found[c])
            if score > 0 and score >= scores[i, k - 1]:
                values[used], names[used] = score, old_names[found[c]]
                used += 1
        write_best(values[:used], names[:used], places, new_rows[x], new_scores[x])
        for j in range(starts[i], starts[i + 1]):
            dense[terms[j]] = 0
    return new_rows, new_scores
