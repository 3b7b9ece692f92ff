"""Inner loop of `recsys.favoured`: what speaks for articles whoever reads, row by row."""

import numpy as np

from recsys.compiled import F64, F64MW, I32, I64, compiled, compiled_ahead, compiled_bare
from recsys.sieve_kernel import let_through, new_sieve, passes

Liked = tuple[I32, F64]  # rows ascending (l,), and how much visitors liked each
Fading = tuple[I64, F64, float]  # of each row (n,) the moment of its interest, and that; what halves it, microseconds
Curve = tuple[F64, F64]  # ages ascending (a,), and what one of that age is about to draw
Favour = tuple[Liked, Fading, I64, Curve]  # and of each row (n,) when it was published, microseconds


@compiled_bare
def _not_above(ascending: F64 | I32, value: float) -> int:
    """How many of some numbers are not above a value."""
    begin, end = 0, ascending.size
    while begin < end:
        middle = (begin + end) // 2
        if ascending[middle] <= value:
            begin = middle + 1
        else:
            end = middle
    return begin


@compiled_bare
def _on(curve: Curve, age: float) -> float:
    """The value of a curve that is straight between its points, and beyond them as it is at the last."""
    ages, values = curve
    place = _not_above(ages, age)
    if place == 0:
        return float(values[0])
    if place == ages.size:
        return float(values[-1])
    slope = (values[place] - values[place - 1]) / (ages[place] - ages[place - 1])
    return float(slope * (age - ages[place - 1]) + values[place - 1])


@compiled
def tell_favour(rows: I64, favour: Favour, now: int, found: F64) -> None:
    """Sets (3, m) for each of `rows` (m,): how much it was liked, its interest at `now`, what it is about to draw."""
    (liked_rows, liked_score), (last, interest, half_life), published, curve = favour
    sieve = new_sieve()  # most rows were not liked: that is seen without a search
    let_through(sieve, liked_rows)
    for i in range(rows.size):
        row = rows[i]
        found[0, i] = 0.0
        if passes(sieve, row):
            place = _not_above(liked_rows, row) - 1
            if place >= 0 and liked_rows[place] == row:
                found[0, i] = liked_score[place]
        found[1, i] = interest[row] * np.exp2(min(last[row] - now, 0) / half_life)
        found[2, i] = _on(curve, max(now - published[row], 0))


@compiled_ahead
def favours(rows: I64, favour: Favour, now: int, found: F64MW) -> None:
    """`tell_favour` for callers that are not compiled."""
    tell_favour(rows, favour, now, found)
