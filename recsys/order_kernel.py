"""The k-th best of some hundreds, for other kernels."""

import numpy as np

from recsys.compiled import F64, compiled

SHARES = 1_024


@compiled
def least_of_best(values: F64, k: int) -> float:
    """The k-th highest of at least k values > 0, of which only those are compared that are about as high."""
    share = (SHARES - 1) / values.max()
    counts = np.zeros(SHARES, np.int64)
    for value in values:
        counts[int(value * share)] += 1
    at = SHARES - 1
    while counts[at] < k:
        k -= counts[at]
        at -= 1
    near, met = np.empty(counts[at]), 0
    for value in values:
        if int(value * share) == at:
            near[met] = value
            met += 1
    found: float = np.partition(near, met - k)[met - k]
    return found
