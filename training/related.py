"""What the lists of related articles need to know of a site, learnt from its texts and dates alone, without labels."""

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import Neighbours
from recsys.covisitation import Ties
from recsys.neighbours import NeighbourIndex
from recsys.related import FLOOR, TIMELESS, TYPICAL, RelatedFit
from recsys.resemblance import AROUND
from recsys.timeliness import Timeliness
from recsys.times import DAY

NEAR = 5  # the nearest of an article, held against the second half of its list
FEW = 20  # lists shorter than this say nothing
SAMPLE = 20_000  # articles that the fit looks at, at most
SPANS = DAY * np.array([1.0, 2.0, 4.0, 7.0, 14.0, 30.0, 60.0, 120.0, 240.0, 480.0])
STEPS = 60

DRAWS = 200  # articles of words drawn at random
CHANCE = 0.75  # of their cosines stay below the floor
TIE = 0.3  # what a typical strongest tie is worth, in typical greatest cosines


def fit_related(
    index: NeighbourIndex, published: NDArray[np.int64], together: Ties, rng: np.random.Generator
) -> RelatedFit:
    """The fit of a site.

    index  of n articles      published  (n,) microseconds      together  ties by common readers
    """
    table = index.first_lists(np.arange(len(index)), index.stored)
    typical = typical_density(table)
    return RelatedFit(
        floor=min(chance_floor(index, rng), typical / 2),
        typical=typical,
        tie_worth=tie_worth(table, together),
        timeliness=fit_timeliness(table, published),
    )


def fit_timeliness(table: Neighbours, published: NDArray[np.int64]) -> Timeliness:
    """By how much an article's nearest by text are closer to it in time than those that resemble it less.

    The lags of the nearest are taken for a mixture: a part p follows the lags of the others times 1 / (1 + lag / span),
    the rest the lags of the others. p is found by expectation maximisation for each span; the likeliest span is taken.

    published  (n,) microseconds
    cost       O(spans x steps x sample)
    """
    lengths = np.count_nonzero(table.rows >= 0, axis=1)
    rows = np.flatnonzero(lengths >= FEW)
    if rows.size == 0:
        return TIMELESS
    rows = rows[np.linspace(0, rows.size - 1, min(rows.size, SAMPLE)).astype(np.intp)]
    lists = table.rows[rows]
    lags = np.abs(published[np.maximum(lists, 0)] - published[rows][:, None])
    place = np.arange(lists.shape[1])
    far = (place >= (lengths[rows] // 2)[:, None]) & (place < lengths[rows][:, None])
    near_lags, far_lags = lags[:, :NEAR].ravel(), lags[far]
    likeliest, found = 0.0, TIMELESS
    for span in SPANS.tolist():
        expected = float(np.mean(1.0 / (1.0 + far_lags / span)))
        ratio = 1.0 / (1.0 + near_lags / span) / expected
        part = _part(ratio)
        likelihood = float(np.mean(np.log1p(part * (ratio - 1.0))))
        if likelihood > likeliest + 1e-9:
            likeliest, found = likelihood, Timeliness(part / (1.0 - part) / expected, span)
    return found


def _part(ratio: NDArray[np.float64]) -> float:
    """The part of a mixture that makes lags of these likelihood ratios likeliest, 0..1 - 1e-3."""
    part = 0.5
    for _ in range(STEPS):
        part = float(np.mean(part * ratio / (1.0 + part * (ratio - 1.0))))
    return min(part, 1.0 - 1e-3)


def chance_floor(index: NeighbourIndex, rng: np.random.Generator) -> float:
    """The cosine that three of four pairs of an article and a text of randomly drawn words stay below.

    A drawn text has as many words as an article of the site, each drawn with the frequency that it has there.
    cost  DRAWS queries
    """
    lengths = [index.vector(row) for row in rng.integers(0, max(len(index), 1), DRAWS).tolist()] if len(index) else []
    pool_terms = np.concatenate([np.zeros(0, np.int32), *(terms for terms, _ in lengths)])
    pool_weights = np.concatenate([np.zeros(0, np.float32), *(weights for _, weights in lengths)])
    cuts = []
    for terms, _ in lengths:
        drawn = rng.integers(0, max(pool_terms.size, 1), terms.size)
        words, first = np.unique(pool_terms[drawn], return_index=True)
        weights = pool_weights[drawn][first]
        length = float(np.linalg.norm(weights))
        if length > 0:
            cuts.append(float(np.quantile(index.scores(words, (weights / length).astype(np.float32)), CHANCE)))
    return float(np.median(cuts)) if len(cuts) >= FEW and len(index) >= FEW else FLOOR


def typical_density(table: Neighbours) -> float:
    """The mean over articles of the mean cosine with their nearest; a fixed value where no two share a term."""
    count = np.count_nonzero(table.rows[:, :AROUND] >= 0, axis=1)
    density = table.scores[:, :AROUND].sum(axis=1, dtype=np.float64) / np.maximum(count, 1)
    return float(density[count > 0].mean()) if np.any(count > 0) else TYPICAL


def tie_worth(table: Neighbours, together: Ties) -> float:
    """The cosine that a tie of strength 1 is worth: a typical strongest tie weighs `TIE` typical greatest cosines."""
    first = together.starts[:-1][np.diff(together.starts) > 0]
    if first.size == 0:
        return 0.0
    greatest = table.scores[:, 0]
    cosine = float(np.median(greatest[greatest > 0])) if np.any(greatest > 0) else 1.0
    return TIE * cosine / float(np.median(together.scores[first]))
