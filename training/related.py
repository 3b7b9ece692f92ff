"""What the lists of related articles need to know of a site, learnt from its texts and dates alone, without labels."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

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

DRAWS = 200  # texts of words drawn at random
FLOOR_CHANCE, LEAD_CHANCE = 0.8, 0.95  # of their pairings with articles stay below the floor, below the lead
BRIEF = 30.0  # words: in articles of so many, context would say as much as a cosine
MOST_CONTEXT = 0.4  # below a half, or a text's nearest neighbour would pass for it as well as the article it is of
TIE = 0.3  # what a typical strongest tie is worth, in typical greatest cosines
LINK = 0.4  # the same of a link: so much more tags two linked articles share than others of their cosine


def fit_related(
    index: NeighbourIndex,
    published: NDArray[np.int64],
    together: Ties,
    rng: np.random.Generator,
    *,
    words: float,
    evergreen: NDArray[np.bool_] | None = None,
) -> RelatedFit:
    """The fit of a site.

    index  of n articles      published  (n,) microseconds      together  ties by common readers
    words  distinct ones in a typical article      evergreen  (n,) whose dates say nothing
    """
    table = index.first_lists(np.arange(len(index)), index.stored)
    typical = typical_density(table)
    context = min(BRIEF / (BRIEF + words), MOST_CONTEXT)
    floor, lead = chance_floor(index, rng, context)
    return RelatedFit(
        floor=min(floor, typical / 2),
        lead=min(lead, typical),
        context=context,
        typical=typical,
        tie_worth=tie_worth(table, together, words),
        link_worth=LINK * greatest_cosine(table),
        timeliness=fit_timeliness(table, published, evergreen),
    )


def carried_on(former: RelatedFit, index: NeighbourIndex, together: Ties, *, words: float) -> RelatedFit:
    """`fit_related` of texts that have hardly changed: what they tell stays; what ties and links are worth does not."""
    table = index.first_lists(np.arange(len(index)), 1)
    return replace(former, tie_worth=tie_worth(table, together, words), link_worth=LINK * greatest_cosine(table))


def fit_timeliness(
    table: Neighbours, published: NDArray[np.int64], evergreen: NDArray[np.bool_] | None = None
) -> Timeliness:
    """By how much an article's nearest by text are closer to it in time than those that resemble it less.

    The lags of the nearest are taken for a mixture: a part p follows the lags of the others times 1 / (1 + lag / span),
    the rest the lags of the others. p is found by expectation maximisation for each span; the likeliest span is taken.
    Evergreen articles are left out.

    published  (n,) microseconds      evergreen  (n,), default: none is
    cost       O(spans x steps x sample)
    """
    dated = np.ones(published.size, np.bool_) if evergreen is None else ~evergreen
    lengths = np.count_nonzero(table.rows >= 0, axis=1)
    rows = np.flatnonzero((lengths >= FEW) & dated)
    if rows.size == 0:
        return TIMELESS
    rows = rows[np.linspace(0, rows.size - 1, min(rows.size, SAMPLE)).astype(np.intp)]
    lists = table.rows[rows]
    lags = np.abs(published[np.maximum(lists, 0)] - published[rows][:, None])
    place = np.arange(lists.shape[1])
    tells = dated[lists]
    near = (place < NEAR) & tells
    far = (place >= (lengths[rows] // 2)[:, None]) & (place < lengths[rows][:, None]) & tells
    if not near.any() or not far.any():
        return TIMELESS
    near_lags, far_lags = lags[near], lags[far]
    likeliest, found = 0.0, TIMELESS
    for span in SPANS.tolist():
        expected = float(np.mean(1.0 / (1.0 + far_lags / span)))
        ratio = 1.0 / (1.0 + near_lags / span) / expected
        part = _part(ratio)
        likelihood = float(np.mean(np.log1p(part * (ratio - 1.0))))
        if likelihood > likeliest + 1e-9:
            likeliest, found = likelihood, Timeliness(part / (1.0 - part) / expected, span, expected)
    return found


def _part(ratio: NDArray[np.float64]) -> float:
    """The part of a mixture that makes lags of these likelihood ratios likeliest, 0..1 - 1e-3."""
    part = 0.5
    for _ in range(STEPS):
        part = float(np.mean(part * ratio / (1.0 + part * (ratio - 1.0))))
    return min(part, 1.0 - 1e-3)


def chance_floor(index: NeighbourIndex, rng: np.random.Generator, context: float) -> tuple[float, float]:
    """The support that `FLOOR_CHANCE`, and that `LEAD_CHANCE`, of the pairs of an article and a drawn text stay below.

    A drawn text has as many words as an article of the site, each drawn with the frequency that it has there. It has no
    date, so its support is its text evidence, of which `context` is a part.
    cost  DRAWS queries, and as many looks at the neighbours of up to SAMPLE articles
    """
    n = len(index)
    lengths = [index.vector(row) for row in rng.integers(0, max(n, 1), DRAWS).tolist()] if n else []
    pool_terms = np.concatenate([np.zeros(0, np.int32), *(terms for terms, _ in lengths)])
    pool_weights = np.concatenate([np.zeros(0, np.float32), *(weights for _, weights in lengths)])
    rows = np.linspace(0, n - 1, min(n, SAMPLE)).astype(np.intp)
    lists = index.first_lists(rows, AROUND)
    weights = lists.scores.astype(np.float32) ** 2
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), np.float32(1e-12))
    near = np.maximum(lists.rows, 0)
    cuts = []
    for terms, _ in lengths:
        drawn = rng.integers(0, max(pool_terms.size, 1), terms.size)
        words, first = np.unique(pool_terms[drawn], return_index=True)
        drawn_weights = pool_weights[drawn][first]
        length = float(np.linalg.norm(drawn_weights))
        if length > 0:
            cosine = index.scores(words, (drawn_weights / length).astype(np.float32))
            around = np.einsum("ij,ij->i", weights, cosine[near])
            cuts.append(np.quantile((1.0 - context) * cosine[rows] + context * around, (FLOOR_CHANCE, LEAD_CHANCE)))
    if len(cuts) < FEW or n < FEW:
        return FLOOR, FLOOR
    floor, lead = np.median(cuts, axis=0).tolist()
    return floor, lead


def typical_density(table: Neighbours) -> float:
    """The mean over articles of the mean cosine with their nearest; a fixed value where no two share a term."""
    count = np.count_nonzero(table.rows[:, :AROUND] >= 0, axis=1)
    density = table.scores[:, :AROUND].sum(axis=1, dtype=np.float64) / np.maximum(count, 1)
    return float(density[count > 0].mean()) if np.any(count > 0) else TYPICAL


def tie_worth(table: Neighbours, together: Ties, words: float) -> float:
    """The cosine that a tie of strength 1 is worth: a typical strongest tie weighs `TIE` typical greatest cosines.

    words  distinct ones in a typical article; of fewer than `BRIEF` a cosine says less, and ties weigh more for it
    """
    first = together.starts[:-1][np.diff(together.starts) > 0]
    if first.size == 0:
        return 0.0
    return max(1.0, BRIEF / max(words, 1.0)) * TIE * greatest_cosine(table) / float(np.median(together.scores[first]))


def greatest_cosine(table: Neighbours) -> float:
    """The median over articles of the cosine with their nearest; 1 where no two share a term."""
    greatest = table.scores[:, 0]
    return float(np.median(greatest[greatest > 0])) if np.any(greatest > 0) else 1.0


def typical_words(vectors: sparse.csr_array, pairs: NDArray[np.bool_]) -> float:
    """The median of distinct words in articles (n, V) that hold any, without the columns (V,) that are pairs."""
    first = vectors.indptr[:-1][np.diff(vectors.indptr) > 0]
    words = np.add.reduceat(~pairs[vectors.indices], first, dtype=np.int64) if first.size else first
    return float(np.median(words[words > 0])) if np.any(words > 0) else BRIEF
