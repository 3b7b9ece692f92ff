"""`recsys.cosine.scores` compiled: the same bits, without copies of the postings and without the interpreter lock."""

import numpy as np

from recsys.compiled import F32, F64, I32, I64, compiled, prefetch


@compiled
def cosines(starts: I64, rows: I32, values: F32, terms: I32, weights: F32, sums: F64, found: F32) -> None:
    """Cosine of one vector with each of n rows.

    starts, rows, values  the rows by term
    terms, weights  (q,) the vector, terms ascending; those beyond the postings match nothing
    sums    (n,) zeros, and zeros again afterwards      found  (n,) out
    """
    for q in range(terms.size):
        if terms[q] < starts.size - 1:
            prefetch(rows, starts[terms[q]])
            prefetch(values, starts[terms[q]])
    for q in range(terms.size):
        if terms[q] < starts.size - 1:
            here = slice(starts[terms[q]], starts[terms[q] + 1])
            add(sums, rows[here], values[here], np.float64(weights[q]))
    for i in range(sums.size):
        found[i] = sums[i]
    sums[:] = 0


@compiled
def add(sums: F64, rows: I32, values: F32, weight: np.float64) -> None:
    """sums[rows] += weight * values."""
    for j in range(rows.size):
        sums[rows[j]] += weight * np.float64(values[j])
