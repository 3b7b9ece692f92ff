"""Inner loop of `recsys.candidates`: what each signal says of each candidate."""

import numpy as np

from recsys.compiled import F64, F64M, F64MW, F64W, I32, I32W, I64, I64W, compiled_ahead, prefetch
from recsys.favour_kernel import Favour, tell_favour
from recsys.taste_kernel import Names, Packed, match_shares

NOWHERE = -1


@compiled_ahead
def told(  # noqa: PLR0917
    known: I64, tied: I64, met: I32, sums: F64M, strength: F64M, names: Names, near: Packed, own: I32, weights: F64,
    mask: int, favour: Favour, now: int, worth: F64, rows: I32W, signals: F64MW, scale: F64W, share: F64W,
    score: F64W, number: I64W,
) -> None:  # fmt: skip
    """Sets the rows (c,) of the candidates, first the known, then the tied, and what the signals (s, c) say of each:
    t ties, tastes, f favours.

    known, tied    positions in `met` (m,), the rows, and in `sums` (m, t), of which only those of the tied count
    strength       (f, x) what `tell_favour` says of the first x met, the known among them
    names .. mask  as of `match_shares`; `near` holds the names of the first x met
    favour, now    as of `tell_favour`
    worth          (s,) what each signal weighs, on a scale on which its greatest is 1
    signals        zeros
    scale          (s,) of ties their greatest; set to the greatest of each taste and favour, 1 where none is above 0
    share          (s,) set to `worth` by `scale`
    score          (c,) zeros, set to the signals weighed by `share`
    number         (c,) set to NOWHERE of the known, to `tied` of the tied
    """
    spans, _, _ = names
    _, (last, interest, _), published, _ = favour
    k, t, others = known.size, sums.shape[1], np.empty(tied.size, np.int64)
    first = signals.shape[0] - strength.shape[0]
    for i in range(tied.size):
        rows[k + i] = others[i] = met[tied[i]]
        number[k + i] = tied[i]
        prefetch(spans, 2 * others[i])
        prefetch(last, others[i])
        prefetch(interest, others[i])
        prefetch(published, others[i])
        for j in range(t):
            signals[j, k + i] = sums[tied[i], j]
    shares = np.zeros((first - t, strength.shape[1]))
    match_shares(names, own, weights, near, others, mask, shares, signals[t:first, k:])
    for i in range(k):
        rows[i], number[i] = met[known[i]], NOWHERE
    for j in range(first - t):
        for i in range(k):
            signals[t + j, i] = shares[j, known[i]]
    for j in range(strength.shape[0]):
        for i in range(k):
            signals[first + j, i] = strength[j, known[i]]
    tell_favour(others, favour, now, signals[first:, k:])
    for j in range(worth.size):
        if j >= t:
            most = 0.0
            for i in range(rows.size):
                if signals[j, i] > most:  # seldom: cheaper than `max`
                    most = signals[j, i]
            scale[j] = most if most > 0.0 else 1.0
        share[j] = worth[j] / scale[j]
        for i in range(rows.size):
            score[i] += share[j] * signals[j, i]
