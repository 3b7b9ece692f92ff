"""How good lists are: accuracy against a truth, what they show of a catalogue, and how sure one can be of a figure.

Accuracy is measured on *gains*: (q, k) float64, for each of q lists and k places the gain of the item there, 0 where it
is not relevant or the list has ended. All accuracy functions return one value per list, (q,), in 0..1; a list without
anything relevant has value 0. They agree with trec_eval (through ir-measures) to 1e-9.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Values = NDArray[np.float64]

ABSENT = -1
_BLOCK = 250


def padded(lists: Sequence[Sequence[int]], k: int) -> NDArray[np.int64]:
    """(q, k) the first k items of each list, ABSENT where it is shorter."""
    table = np.full((len(lists), k), ABSENT, np.int64)
    for place, items in enumerate(lists):
        first = items[:k]
        table[place, : len(first)] = first
    return table


def gains_of(lists: NDArray[np.int64], truth: Sequence[Mapping[int, float]]) -> Values:
    """Gains (q, k) of `lists` (q, k), given the gain, > 0, of every relevant item of each list."""
    if len(lists) != len(truth):
        raise ValueError(f"{len(lists)} lists, but the truth of {len(truth)}")
    rows = [[relevant.get(item, 0.0) for item in items] for items, relevant in zip(lists.tolist(), truth, strict=True)]
    return np.array(rows, np.float64).reshape(lists.shape)


def ideal_gains(truth: Sequence[Mapping[int, float]], k: int) -> Values:
    """(q, k) the gains of the best possible lists."""
    table = np.zeros((len(truth), k))
    for place, relevant in enumerate(truth):
        best = sorted(relevant.values(), reverse=True)[:k]
        table[place, : len(best)] = best
    return table


def recall(gains: Values, relevant: NDArray[np.integer]) -> Values:
    """Share of the `relevant` (q,) items that the list holds."""
    return _share((gains > 0).sum(axis=1), relevant)


def capped_recall(gains: Values, relevant: NDArray[np.integer]) -> Values:
    """Share of those that a list of k places could hold: a perfect list has 1 also where more are relevant than fit."""
    return _share((gains > 0).sum(axis=1), np.minimum(relevant, gains.shape[1]))


def precision(gains: Values) -> Values:
    """Share of the k places that hold something relevant."""
    return _share((gains > 0).sum(axis=1), np.full(len(gains), gains.shape[1]))


def hit_rate(gains: Values) -> Values:
    """1 where the list holds anything relevant."""
    return np.where((gains > 0).any(axis=1), 1.0, 0.0)


def reciprocal_rank(gains: Values) -> Values:
    """1 / place of the first relevant item."""
    hits = gains > 0
    place = 1 + hits.argmax(axis=1).astype(np.float64)
    return np.where(hits.any(axis=1), 1.0 / place, 0.0)


def ndcg(gains: Values, ideal: Values) -> Values:
    """Discounted gain over that of the `ideal` (q, k) list; discount 1 / log2(place + 1).

    source  Järvelin & Kekäläinen, Cumulated gain-based evaluation of IR techniques, TOIS 2002, as in trec_eval
    """
    discount = 1.0 / np.log2(np.arange(gains.shape[1]) + 2)
    return _share(gains @ discount, ideal @ discount)


def coverage(lists: NDArray[np.int64], catalogue: int) -> float:
    """Share of the `catalogue` items that stand in any of `lists` (q, k)."""
    return float(np.unique(lists[lists != ABSENT]).size / catalogue) if catalogue else 0.0


def gini(lists: NDArray[np.int64], catalogue: int) -> float:
    """How unequally the places of `lists` (q, k) fall to items 0..catalogue-1: 0 all alike, towards 1 few have all."""
    shown = np.sort(np.bincount(lists[lists != ABSENT], minlength=catalogue))
    total = shown.sum()
    if not total:
        return 0.0
    return float((2 * np.arange(1, catalogue + 1) - catalogue - 1) @ shown / (catalogue * total))


def novelty(lists: NDArray[np.int64], readers: NDArray[np.integer], visitors: int) -> Values:
    """(q,) mean surprise of the items in bits: -log2 of the share of `visitors` who had read each before.

    readers  (n,) by item; one that nobody read counts as read by one
    """
    bits = np.log2(max(visitors, 1) / np.maximum(readers, 1))
    shown = lists != ABSENT
    return _share(np.where(shown, bits[np.where(shown, lists, 0)], 0.0).sum(axis=1), shown.sum(axis=1))


def diversity(lists: NDArray[np.int64], vectors: sparse.csr_array) -> Values:
    """(q,) mean of 1 - cosine over all pairs in a list; `vectors` (n, V) of unit length or empty. 0 below two items."""
    shown = lists != ABSENT
    size = shown.sum(axis=1)
    starts = np.concatenate([[0], np.cumsum(size)])
    stands = sparse.csr_array((np.ones(int(starts[-1])), lists[shown], starts), shape=(len(lists), vectors.shape[0]))
    summed = stands @ vectors
    own = stands @ np.asarray(vectors.multiply(vectors).sum(axis=1))
    within = np.asarray(summed.multiply(summed).sum(axis=1)) - own
    pairs = size * (size - 1)
    found: Values = np.where(pairs > 0, 1.0 - within / np.maximum(pairs, 1), 0.0)
    return found


def median_age(lists: NDArray[np.int64], published: NDArray[np.int64], now: NDArray[np.int64]) -> Values:
    """(q,) median time since publication of the items of each list, in the unit of the times; 0 for an empty list.

    published  (n,) by item      now  (q,) when each list was asked for
    """
    shown = lists != ABSENT
    age = np.where(shown, now[:, None] - published[np.where(shown, lists, 0)], np.nan)
    found = np.zeros(len(lists))
    full = shown.any(axis=1)
    found[full] = np.nanmedian(age[full], axis=1)
    return found


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the bounds between which it lies in `level` of the resamples."""

    mean: float
    low: float
    high: float


def bootstrap(values: Values, rng: np.random.Generator, *, draws: int = 2_000, level: float = 0.95) -> Interval:
    """Percentile interval of the mean of `values` (q,), resampled by list.

    raises  ValueError: no values      source  Efron & Tibshirani, An Introduction to the Bootstrap, 1993, ch. 13
    """
    return bootstraps(values[:, None], rng, draws=draws, level=level)[0]


def bootstraps(values: Values, rng: np.random.Generator, *, draws: int = 2_000, level: float = 0.95) -> list[Interval]:
    """The same for each column of `values` (q, m), on the same resamples.

    cost  O(draws x q x m) in a matrix product, a block of resamples in memory at a time
    """
    q = len(values)
    if not q:
        raise ValueError("no values to take the mean of")
    means = np.concatenate([_drawn(q, count, rng) @ values for count in _blocks(draws)]) / q
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return [Interval(*map(float, each)) for each in zip(values.mean(axis=0), low, high, strict=True)]


def paired_difference(ours: Values, theirs: Values, rng: np.random.Generator, *, draws: int = 2_000) -> Interval:
    """Interval of mean(ours - theirs), both (q,) over the same lists; without 0 in it the difference is reliable."""
    if ours.shape != theirs.shape:
        raise ValueError(f"{ours.shape} values against {theirs.shape}")
    return bootstrap(ours - theirs, rng, draws=draws)


def sign_flip_test(differences: Values, rng: np.random.Generator, *, draws: int = 5_000) -> Values:
    """(m,) two-sided p of no difference, for each column of paired `differences` (q, m): 1 where all are 0.

    How often the mean is as far from 0 when each list's difference gets its sign by chance. The least p is
    1 / (draws + 1).
    raises  ValueError: no differences
    source  Smucker, Allan & Carterette, A comparison of statistical significance tests for IR, CIKM 2007
    """
    q = len(differences)
    if not q:
        raise ValueError("no differences to test")
    observed = np.abs(differences.sum(axis=0))
    rounding = 1e-9 * np.abs(differences).sum(axis=0)
    as_far = np.zeros(differences.shape[1])
    for count in _blocks(draws):
        signs = rng.integers(2, size=(count, q)) * 2.0 - 1.0
        as_far += (np.abs(signs @ differences) >= observed - rounding).sum(axis=0)
    found: Values = (as_far + 1.0) / (draws + 1.0)
    return found


def _drawn(q: int, count: int, rng: np.random.Generator) -> Values:
    """(count, q) how often each of q lists stands in each resample."""
    drawn = rng.integers(q, size=(count, q)) + q * np.arange(count)[:, None]
    return np.bincount(drawn.ravel(), minlength=count * q).reshape(count, q).astype(np.float64)


def _blocks(draws: int) -> Iterator[int]:
    """`draws` in parts that fit in memory."""
    return (min(_BLOCK, draws - start) for start in range(0, draws, _BLOCK))


def _share(part: NDArray[np.number], whole: NDArray[np.number]) -> Values:
    shares: Values = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return shares
