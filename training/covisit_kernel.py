"""Ties of articles from the visits of readers, compiled: functions of plain arrays, no state."""

import numpy as np

from training.compiled import F32, F64, I32, I64, compiled


@compiled
def by_article(row: I32, starts: I64) -> I64:
    """(m,) the places of the visits, grouped by article. `starts` (n + 1,): where each article's begin."""
    free = starts[:-1].copy()
    places = np.empty(row.size, np.int64)
    for place in range(row.size):
        article = row[place]
        places[free[article]] = place
        free[article] += 1
    return places


@compiled
def insert(
    best: F64, rows: I32, number: I32, begin: int, fill: int, k: int, score: float, other: int, readers: int
) -> int:
    """Puts a tie into its place in a list that begins at `begin` of `rows` and `number`; returns where it ends then.

    best  (k,) its scores, descending; equal ones by lower row. A tie below k others is left out.
    """
    size = fill - begin
    place = size
    while place > 0 and (best[place - 1] < score or (best[place - 1] == score and rows[begin + place - 1] > other)):
        place -= 1
    if place == k:
        return fill
    for i in range(min(size, k - 1), place, -1):
        best[i], rows[begin + i], number[begin + i] = best[i - 1], rows[begin + i - 1], number[begin + i - 1]
    best[place], rows[begin + place], number[begin + place] = score, other, readers
    return begin + min(size + 1, k)


@compiled
def best_ties(  # noqa: PLR0912 (its two loops over neighbours are one step each)
    first: int,
    stop: int,
    row: I32,
    reader: I32,
    length: I32,
    weights: I64,
    starts: I64,
    places: I64,
    scale: F64,
    k: int,
) -> tuple[I32, I32, F32, I32]:
    """The k strongest ties of the articles first..stop-1, together and after: counts, rows, scores, readers.

    row, reader  (m,) the visits, by reader and time                  length  (r,) visits of each reader
    weights      (longest + 1, near + 1) fixed point, by length of a reader and visits apart; column 0 for any apart
    starts, places  (n + 1,), (m,) of `by_article`                     scale  (n,) what a tie is divided by
    returns      counts (2, stop - first) of ties; then (2, (stop - first) * k), of which each line's counts are used

    Weights are added as integers, so that no order of adding matters.
    """
    near = weights.shape[1] - 1
    sums = np.zeros((scale.size, 4), np.int64)  # weight, weight by visits apart, readers, readers who came after
    touched = np.empty(scale.size, np.int32)
    best = np.empty((2, k), np.float64)
    counts = np.zeros((2, stop - first), np.int32)
    rows = np.empty((2, (stop - first) * k), np.int32)
    scores = np.empty((2, (stop - first) * k), np.float32)
    number = np.empty((2, (stop - first) * k), np.int32)
    begin, fill = np.zeros(2, np.int64), np.zeros(2, np.int64)
    for article in range(first, stop):
        seen = 0
        for place in places[starts[article] : starts[article + 1]]:
            who = reader[place]
            size = length[who]
            any_way = weights[size, 0]
            for other_place in range(place - 1, max(place - near, 0) - 1, -1):
                if reader[other_place] != who:
                    break
                other = row[other_place]
                if sums[other, 2] == 0:
                    touched[seen] = other
                    seen += 1
                sums[other, 0] += any_way
                sums[other, 2] += 1
            for other_place in range(place + 1, min(place + near + 1, row.size)):
                if reader[other_place] != who:
                    break
                other = row[other_place]
                if sums[other, 2] == 0:
                    touched[seen] = other
                    seen += 1
                sums[other, 0] += any_way
                sums[other, 1] += weights[size, other_place - place]
                sums[other, 2] += 1
                sums[other, 3] += 1
        begin[:] = fill
        for i in range(seen):
            other = touched[i]
            root = np.sqrt(scale[article] * scale[other])
            for way in range(2):
                if sums[other, 2 + way] > 0:
                    score = (sums[other, way] / 4294967296.0) / root
                    size = fill[way] - begin[way]
                    if size < k or score >= best[way, k - 1]:
                        fill[way] = insert(
                            best[way],
                            rows[way],
                            number[way],
                            begin[way],
                            fill[way],
                            k,
                            score,
                            other,
                            sums[other, 2 + way],
                        )
                    sums[other, way] = 0
                    sums[other, 2 + way] = 0
        for way in range(2):
            scores[way, begin[way] : fill[way]] = best[way, : fill[way] - begin[way]]
            counts[way, article - first] = fill[way] - begin[way]
    return counts, rows, scores, number
