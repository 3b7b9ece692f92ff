"""What speaks for each candidate of a Related list, and the one score that it makes.

    text     = 0.75 x cosine with the article + 0.25 x context
    context  = mean cosine of the article with the candidate's own 20 nearest, weighted by the square of theirs
    together = ties by common readers, on the scale of the site's cosines
    score    = square root of (text + together) x closeness in time x plainness

score is in 0..1: each factor is, and the sum is cut at 1. Closeness is `Timeliness.boost` over the site's greatest.
*Plainness* holds back articles that resemble everything (hubs): (1 + density / typical) ** -1/3, where density is the
mean cosine of the candidate with its 20 nearest and typical the site's mean of it. The square root changes no order; it
makes equal steps of the score look equally large to readers, whose judgement of likeness grows slower than a cosine.

A match has a cosine of at least the floor, or two readers in common. What each part adds stands in
docs/decisions/0009-related-score.md.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import Found, Neighbours
from recsys.lookup import met
from recsys.timeliness import Timeliness

if TYPE_CHECKING:
    from recsys.model import Model

CONTEXT = 0.25  # part of the text evidence that comes from the candidate's neighbours
AROUND = 20  # how many of them
PLAINNESS = 1 / 3
READERS = 2  # in common, to be a match without likeness of text


@dataclass(frozen=True, slots=True)
class Evidence:
    """The candidates and what speaks for them, (c,) each. terms, context, together and time add up to `score`.

    rows       distinct article rows
    cosine     with the article or text asked about, 0..1
    readers    in common; 0 where there is no tie
    apart      microseconds from the publication of the one to that of the other
    terms, context, together, time   float64, >= 0
    score      0..1
    """

    rows: NDArray[np.int32]
    cosine: NDArray[np.float32]
    readers: NDArray[np.int32]
    apart: NDArray[np.int64]
    terms: NDArray[np.float64]
    context: NDArray[np.float64]
    together: NDArray[np.float64]
    time: NDArray[np.float64]
    score: NDArray[np.float64]

    def matches(self, floor: float) -> NDArray[np.bool_]:
        """(c,) whether each may be shown as a match, with `floor` as the least cosine."""
        found: NDArray[np.bool_] = (self.cosine >= floor) | (self.readers >= READERS)
        return found


def evidence(model: "Model", candidates: Found, known: Found, own: int | None, published: int) -> Evidence:
    """The evidence for `candidates` as matches of the article at row `own`, or of a text that is no article.

    candidates  rows and cosine      known  the nearest rows with their cosine, before any filter
    published   microseconds: when the article was, or the text is to be
    """
    rows, cosine = candidates
    tie, readers = np.zeros(rows.size), np.zeros(rows.size, np.int32)
    if own is not None:
        known = np.append(known[0], np.int32(own)), np.append(known[1], np.float32(1.0))
        tied, strength, count = model.covisits.together(own)
        if tied.size:
            at, place = _among(tied, rows)
            tie[at] = model.related.tie_worth * strength[place]
            readers[at] = count[place]
    lists = model.neighbours.first_lists(rows, AROUND)
    return weigh(
        rows,
        cosine,
        tie,
        readers,
        model.articles.published[rows] - published,
        context=context_of(lists, known),
        density=density_of(lists),
        typical=model.related.typical,
        timeliness=model.related.timeliness,
    )


def weigh(
    rows: NDArray[np.int32],
    cosine: NDArray[np.float32],
    tie: NDArray[np.float64],
    readers: NDArray[np.int32],
    apart: NDArray[np.int64],
    *,
    context: NDArray[np.float64],
    density: NDArray[np.float64],
    typical: float,
    timeliness: Timeliness,
) -> Evidence:
    """The evidence for c candidates.

    tie      (c,) >= 0, in units of cosine      context, density  (c,) 0..1
    typical  mean density of the site's articles, > 0
    """
    direct = (1.0 - CONTEXT) * cosine.astype(np.float64)
    around = CONTEXT * context
    likeness = direct + around + tie
    boost = timeliness.boost(apart)
    plainness = (1.0 + density / typical) ** -PLAINNESS
    score = np.sqrt(np.minimum(likeness, 1.0) * (boost / timeliness.most) * plainness)
    timeless = score / boost
    unit = np.divide(timeless, likeness, out=np.zeros_like(likeness), where=likeness > 0)
    return Evidence(rows, cosine, readers, apart, direct * unit, around * unit, tie * unit, score - timeless, score)


def context_of(lists: Neighbours, known: Found) -> NDArray[np.float64]:
    """Mean cosine of one article with the nearest of each of m others, weighted by the square of theirs: (m,) 0..1.

    lists  the nearest of the m others, (m, k)
    known  distinct rows and their cosine with the article, 1 for itself; all others count as 0
    cost   O(m k + hits log(known))
    """
    rows, cosine = known
    at, place = _among(rows, lists.rows.ravel())
    flat = np.zeros(lists.rows.size)
    flat[at] = cosine[place]
    found = flat.reshape(lists.rows.shape)
    weights = lists.scores.astype(np.float64) ** 2
    weight = weights.sum(axis=1)
    context: NDArray[np.float64] = np.divide(
        (weights * found).sum(axis=1), weight, out=np.zeros_like(weight), where=weight > 0
    )
    return context


def density_of(lists: Neighbours) -> NDArray[np.float64]:
    """Mean cosine of each of m articles with its nearest, (m,) 0..1; 0 without any."""
    count = np.count_nonzero(lists.rows >= 0, axis=1)
    density: NDArray[np.float64] = lists.scores.sum(axis=1, dtype=np.float64) / np.maximum(count, 1)
    return density


def _among(rows: NDArray[np.int32], wanted: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which of `wanted` are among the distinct `rows`, in any order, and where."""
    order = np.argsort(rows)
    at, place = met(rows[order], wanted)
    return at, order[place]
