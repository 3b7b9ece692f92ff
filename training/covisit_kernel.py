"""Ties of articles from the visits of readers, compiled: functions of plain arrays, no state."""

import numpy as np

from recsys.compiled import F32, F64, I32, I64, compiled

FIXED_POINT = 2.0**32  # a weight of 1 as an integer

_SURELY = 1.0 - 1e-12  # below this share of the last place's product no rounding makes up for it


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
def strongest(
    likely: F64, touched: I32, sums: I64, way: int, article: int, scale: F64, rows: I32, scores: F64, number: I32
) -> int:
    """Writes the strongest ties of an article, best first, equal ones by lower row, and returns how many there are.

    likely   (s,) what a tie to each of `touched` (s,) weighs but for rounding and a common factor, 0 for no tie
    sums     of `best_ties`                  way     0: together, 1: after
    rows, scores, number  (k,) to write into
    """
    k, size = rows.size, 0
    enough = np.partition(likely, likely.size - k)[likely.size - k] * _SURELY if likely.size > k else 0.0
    for i in range(likely.size):
        if likely[i] < enough or likely[i] == 0.0:
            continue
        other = touched[i]
        score = (sums[other, way] / FIXED_POINT) / np.sqrt(scale[article] * scale[other])
        first, place = 0, size
        while first < place:
            middle = (first + place) // 2
            if scores[middle] > score or (scores[middle] == score and rows[middle] < other):
                first = middle + 1
            else:
                place = middle
        if place == k:
            continue
        size = min(size + 1, k)
        for j in range(size - 1, place, -1):
            scores[j] = scores[j - 1]
        for j in range(size - 1, place, -1):
            rows[j] = rows[j - 1]
        scores[place], rows[place] = score, other
    for place in range(size):
        number[place] = sums[rows[place], 2 + way]
    return size


@compiled
def best_ties(
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
    inverse = 1.0 / np.sqrt(scale)  # products with it order ties but for rounding; the exact score takes a root each
    sums = np.zeros((scale.size, 4), np.int64)  # weight, weight by visits apart, readers, readers who came after
    touched = np.empty(scale.size, np.int32)
    likely = np.empty((2, scale.size), np.float64)
    best = np.empty(k, np.float64)
    counts = np.zeros((2, stop - first), np.int32)
    rows = np.empty((2, (stop - first) * k), np.int32)
    scores = np.empty((2, (stop - first) * k), np.float32)
    number = np.empty((2, (stop - first) * k), np.int32)
    fill = np.zeros(2, np.int64)
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
        for i in range(seen):
            other = touched[i]
            likely[0, i], likely[1, i] = sums[other, 0] * inverse[other], sums[other, 1] * inverse[other]
        for way in range(2):
            here = slice(fill[way], fill[way] + k)
            found = strongest(
                likely[way, :seen], touched, sums, way, article, scale, rows[way, here], best, number[way, here]
            )
            scores[way, fill[way] : fill[way] + found] = best[:found]
            counts[way, article - first] = found
            fill[way] += found
        for i in range(seen):
            sums[touched[i]] = 0
    return counts, rows, scores, number
