"""All-pairs nearest rows, compiled: functions of plain arrays, no state. See training.layout_kernel for what they are.

What heavy terms could add to a score is at most the product of the lengths of the two heavy parts (Cauchy and Schwarz);
only rows that this bound lets through get it added, and only the best of those are scored exactly. Anastasiu and
Karypis (L2Knng, 2015) prune by the same bound.
"""

import numpy as np

from training.compiled import F32, I32, I64, U8, U16, compiled
from training.layout_kernel import BLOCK, HEAVY, WORD, Parts, level

OUT_OF_RACE = np.float32(-1e30)
TINY = np.float32(1e-30)


@compiled
def end_of(values: F32, begin: int, end: int, least: np.float32) -> int:
    """Where in a list by falling level the levels below that of `least` begin."""
    wanted = level(least)
    while begin < end:
        middle = (begin + end) // 2
        if level(values[middle]) >= wanted:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled
def add_list(sums: F32, rows: U16, values: F32, weight: np.float32) -> None:
    """sums[rows] += weight * values; slicing a list before its loop is 1.3 times as fast as indexing from the whole."""
    for j in range(rows.size):
        sums[rows[j]] += weight * values[j]


@compiled
def keep_best(scores: F32, rows: I32, fill: int, keep: int) -> np.float32:
    """Moves the `keep` highest of scores[:fill] to the front, with their rows, and returns the least of them."""
    low, high = 0, fill - 1
    while low < high:
        pivot = scores[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while scores[i] > pivot:
                i += 1
            while scores[j] < pivot:
                j -= 1
            if i <= j:
                scores[i], scores[j] = scores[j], scores[i]
                rows[i], rows[j] = rows[j], rows[i]
                i += 1
                j -= 1
        if keep - 1 <= j:
            high = j
        elif keep - 1 >= i:
            low = i
        else:
            break
    least: np.float32 = scores[keep - 1]
    return least


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
    if fill >= keep:
        least = keep_best(scores, rows, fill, keep)
        fill = keep
    return fill, least


@compiled
def candidates(layout: Parts, first: int, stop: int, keep: int, theta: np.float32) -> tuple[I32, I64, F32]:
    """For rows first..stop-1 the `keep` best others by a float32 score, without products of light terms below `theta`.

    returns  rows (m, 2 keep), unordered; how many count (m,); the score (m,) below which some may have been dropped
    """
    starts, terms, weights, parts, lengths, list_starts, list_rows, list_values, slack, _, _, heavy, _ = layout
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
                if t >= 0:
                    begin, end = list_starts[b, t], list_starts[b, t + 1]
                    if theta > 0:
                        end = end_of(list_values, begin, end, theta / weights[j])
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


@compiled
def exact_score(dense: F32, starts: I64, terms: I32, weights: F32, r: int) -> np.float32:
    """The score that recsys.cosine defines: products added in float64 by ascending term, rounded to float32."""
    total = 0.0
    for j in range(starts[r], starts[r + 1]):
        total += np.float64(dense[terms[j]]) * np.float64(weights[j])
    return np.float32(total)


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
def best_of(layout: Parts, first: int, found_rows: I32, fill: I64, k: int) -> tuple[I32, F32]:
    """The k best by exact score of the candidates of rows first, first + 1, ...

    found_rows  (m, room) of which fill (m,) count      returns  rows (m, k), by new number, and scores (m, k)
    """
    m, room = found_rows.shape
    rows, scores = np.empty((m, k), np.int32), np.empty((m, k), np.float32)
    starts, terms, weights, _, _, _, _, _, _, old_names, places, _, width = layout
    dense = np.zeros(width, np.float32)
    values, names = np.empty(room, np.float32), np.empty(room, np.int32)
    for x in range(m):
        begin, end = starts[first + x], starts[first + x + 1]
        for j in range(begin, end):
            dense[terms[j]] = weights[j]
        for c in range(fill[x]):
            r = found_rows[x, c]
            values[c], names[c] = exact_score(dense, starts, terms, weights, r), old_names[r]
        write_best(values[: fill[x]], names[: fill[x]], places, rows[x], scores[x])
        for j in range(begin, end):
            dense[terms[j]] = 0
    return rows, scores


@compiled
def with_neighbours_of_neighbours(
    layout: Parts, first: int, stop: int, rows: I32, scores: F32, reach: int
) -> tuple[I32, F32]:
    """The lists of rows first..stop-1, bettered by the `reach` nearest of each of their `reach` nearest.

    rows, scores  (n, k) the lists of all rows, by new number      returns  rows (m, k) and scores (m, k)
    """
    m, (n, k) = stop - first, rows.shape
    new_rows, new_scores = np.empty((m, k), np.int32), np.empty((m, k), np.float32)
    starts, terms, weights, _, _, _, _, _, _, old_names, places, _, width = layout
    dense, seen = np.zeros(width, np.float32), np.full(n, -1, np.int32)
    values, names = np.empty(k + reach * reach, np.float32), np.empty(k + reach * reach, np.int32)
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
        for c in range(min(reach, used)):
            for d in range(min(reach, k)):
                r = rows[rows[i, c], d]
                if r >= 0 and seen[r] != x:
                    seen[r] = x
                    score = exact_score(dense, starts, terms, weights, r)
                    if score > 0 and score >= scores[i, k - 1]:
                        values[used], names[used] = score, old_names[r]
                        used += 1
        write_best(values[:used], names[:used], places, new_rows[x], new_scores[x])
        for j in range(starts[i], starts[i + 1]):
            dense[terms[j]] = 0
    return new_rows, new_scores
