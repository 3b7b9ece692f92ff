"""What speaks for each candidate of a Related list, and the one score that it makes.

    text     = (1 - w) x cosine with the article + w x context
    context  = mean cosine of the article with the candidate's own 20 nearest, weighted by the square of theirs
    together = ties by common readers, links = a link from one to the other, both on the scale of the site's cosines
    score    = ((text + together + links) x closeness in time x plainness) ** 3/4

score is in 0..1: each factor is, and the sum is cut at 1. w is fitted: the fewer words articles have, the less a cosine
says alone. Closeness is `Timeliness.boost` over the site's greatest, for evergreen articles over neither near nor far.
*Plainness* holds back articles that resemble everything (hubs): (1 + density / typical) ** -1/3, where density is the
mean cosine of the candidate with its 20 nearest and typical the site's mean of it. The power changes no order; people's
judgement of likeness grows slower than a cosine, and of the powers 1, 3/4 and 1/2 this one agrees with it best.

*Support* is what the floor asks for: the text evidence times what the dates say beside what dates say on average. A
match has the support that chance seldom gives, or two readers in common, or a link. What each part adds stands in
docs/decisions/0009-related-score.md.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import Found, Neighbours
from recsys.lookup import met
from recsys.timeliness import Timeliness

if TYPE_CHECKING:
    from recsys.model import Model

AROUND = 20  # neighbours of a candidate that make its context
PLAINNESS = 1 / 3
STEEPNESS = 3 / 4
READERS = 2  # in common, to be a match without likeness of text


@dataclass(frozen=True, slots=True)
class Evidence:
    """The candidates and what speaks for them, (c,) each. terms, context, together, links and time add up to `score`.

    rows       distinct article rows
    cosine     with the article or text asked about, 0..1
    readers    in common; 0 where there is no tie
    apart      microseconds from the publication of the one to that of the other
    support    >= 0, what `matches` goes by
    terms, context, together, links, time   float64, >= 0
    score      0..1
    """

    rows: NDArray[np.int32]
    cosine: NDArray[np.float32]
    readers: NDArray[np.int32]
    apart: NDArray[np.int64]
    support: NDArray[np.float64]
    terms: NDArray[np.float64]
    context: NDArray[np.float64]
    together: NDArray[np.float64]
    links: NDArray[np.float64]
    time: NDArray[np.float64]
    score: NDArray[np.float64]

    def matches(self, floor: float, lead: float) -> NDArray[np.bool_]:
        """(c,) whether each may be shown as a match.

        floor  the least support      lead  the least support of the best; below it texts alone make no match
        """
        led = self.support.max(initial=0.0) >= lead
        found: NDArray[np.bool_] = led & (self.support >= floor) | (self.readers >= READERS) | (self.links > 0)
        return found


class Tied(NamedTuple):
    """What an article is tied to.

    readers  `Covisits.together`: rows, strengths, readers in common      links  `SiteLinks.of`: rows, weights
    """

    readers: tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]
    links: tuple[NDArray[np.int32], NDArray[np.float64]]


def ties_of(model: "Model", row: int) -> Tied:
    """What the article at `row` is tied to."""
    return Tied(model.covisits.together(row), model.links.of(row))


def evidence(
    model: "Model", candidates: Found, known: Found, own: int | None, published: int, *, tied: Tied | None = None
) -> Evidence:
    """The evidence for `candidates` as matches of the article at row `own`, or of a text that is no article.

    candidates  rows and cosine      known  the nearest rows with their cosine, before any filter
    published   microseconds: when the article was, or the text is to be
    tied        `ties_of` the article, where the caller has looked it up
    """
    rows, cosine = candidates
    fit = model.related
    tie, link, readers = np.zeros(rows.size), np.zeros(rows.size), np.zeros(rows.size, np.int32)
    dateless = model.articles.dateless(rows)
    if own is not None:
        known = np.append(known[0], np.int32(own)), np.append(known[1], np.float32(1.0))
        (others, strength, count), (linked, weight) = ties_of(model, own) if tied is None else tied
        if others.size:
            at, place = _among(others, rows)
            tie[at] = fit.tie_worth * strength[place]
            readers[at] = count[place]
        if linked.size:
            at, place = _among(linked, rows)
            link[at] = fit.link_worth * weight[place]
        if model.articles.dateless(np.array([own]))[0]:
            dateless = np.ones(rows.size, np.bool_)
    lists = model.neighbours.first_lists(rows, AROUND)
    return weigh(
        Signals(
            rows=rows,
            cosine=cosine,
            context=context_of(lists, known),
            tie=tie,
            link=link,
            readers=readers,
            apart=model.articles.published[rows] - published,
            dateless=dateless,
            density=density_of(lists),
        ),
        part=fit.context,
        typical=fit.typical,
        timeliness=fit.timeliness,
    )


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of c candidates before it is weighed, (c,) each.

    tie, link  >= 0, in units of cosine      cosine, context, density  0..1
    dateless   whether dates say nothing of the two, as one of them is evergreen
    """

    rows: NDArray[np.int32]
    cosine: NDArray[np.float32]
    context: NDArray[np.float64]
    tie: NDArray[np.float64]
    link: NDArray[np.float64]
    readers: NDArray[np.int32]
    apart: NDArray[np.int64]
    dateless: NDArray[np.bool_]
    density: NDArray[np.float64]


def weigh(known: Signals, *, part: float, typical: float, timeliness: Timeliness) -> Evidence:
    """The evidence that signals make.

    part     of the text evidence that is context, 0..1
    typical  mean density of the site's articles, > 0
    """
    direct = (1.0 - part) * known.cosine.astype(np.float64)
    around = part * known.context
    text = direct + around
    likeness = text + known.tie + known.link
    boost = np.where(known.dateless, timeliness.neutral, timeliness.boost(known.apart))
    plainness = (1.0 + known.density / typical) ** -PLAINNESS
    score = (np.minimum(likeness, 1.0) * (boost / timeliness.most) * plainness) ** STEEPNESS
    timeless = np.where(known.dateless, score, score / boost)
    unit = np.divide(timeless, likeness, out=np.zeros_like(likeness), where=likeness > 0)
    return Evidence(
        rows=known.rows,
        cosine=known.cosine,
        readers=known.readers,
        apart=known.apart,
        support=text * (boost / timeliness.neutral),
        terms=direct * unit,
        context=around * unit,
        together=known.tie * unit,
        links=known.link * unit,
        time=score - timeless,
        score=score,
    )


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
    weights = lists.scores.astype(np.float64)
    weights *= weights
    each = np.ones(weights.shape[1])  # a product with ones adds short rows in half the time of `sum`
    weight = weights @ each
    weights *= found
    context: NDArray[np.float64] = np.divide(weights @ each, weight, out=np.zeros_like(weight), where=weight > 0)
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
