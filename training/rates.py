"""Shares of what was shown that was clicked, with intervals that know that one reader's acts resemble each other."""

import math

import numpy as np
from numpy.typing import NDArray

from recsys.metrics import Interval

Z = 1.959963984540054  # the normal quantile of 95%


def clustered_rate(shown: NDArray[np.number], clicked: NDArray[np.number]) -> Interval:
    """sum(clicked) / sum(shown) with its 95% interval, from the counts (c,) of each reader.

    Wilson's interval for as many independent looks as the readers' looks are worth: their number over the design
    effect, the variance between readers over the binomial one, at least 1.
    raises  ValueError: nothing was shown
    source  Wilson, Probable inference, JASA 1927; Korn & Graubard, Confidence intervals for proportions, 1998
    """
    looks = float(shown.sum())
    if looks <= 0.0:
        raise ValueError("nothing was shown")
    rate = float(clicked.sum()) / looks
    readers = shown.size
    binomial = rate * (1.0 - rate) / max(1.0, looks - 1.0)
    if binomial > 0.0 and readers > 1:
        apart = float(((clicked - rate * shown) ** 2).sum()) * readers / (readers - 1) / looks**2
        looks /= max(1.0, apart / binomial)
    middle = (rate + Z**2 / (2 * looks)) / (1 + Z**2 / looks)
    half = Z * math.sqrt(rate * (1 - rate) / looks + Z**2 / (4 * looks**2)) / (1 + Z**2 / looks)
    return Interval(rate, max(0.0, middle - half), min(1.0, middle + half))


def rate_difference(one: Interval, other: Interval) -> Interval:
    """`one` minus `other`, two rates of different readers.

    source  Newcombe, Interval estimation for the difference between independent proportions, 1998, method 10
    """
    value = one.mean - other.mean
    low = value - math.hypot(one.mean - one.low, other.high - other.mean)
    high = value + math.hypot(one.high - one.mean, other.mean - other.low)
    return Interval(value, low, high)


def ratio_mismatch(counts: NDArray[np.integer], shares: NDArray[np.float64]) -> float:
    """p (chi-square) of these counts (v,) of visitors where they should be as `shares` (v,), > 0, in any unit.

    raises  ValueError: no visitors      source  Fabijan et al., Diagnosing sample ratio mismatch, KDD 2019
    """
    from scipy.special import chdtrc  # takes as long to import as all else that a retrain without events loads of SciPy

    if not counts.sum():
        raise ValueError("no visitors")
    expected = shares / shares.sum() * counts.sum()
    return float(chdtrc(counts.size - 1, ((counts - expected) ** 2 / expected).sum())) if counts.size > 1 else 1.0
