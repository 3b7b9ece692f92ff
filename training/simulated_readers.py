"""Who reads a simulated site, and what its articles are like to them: everything that `simulate` draws once.

An article has an *appeal* (how many would open it), which is Zipf-like with an exponent from the range 0.64 to 0.83 as
measured on the web (Breslau et al., Web Caching and Zipf-like Distributions, INFOCOM 1999), and a *quality* (how many
like it once they have read it), drawn apart from the appeal so that likes tell something which views do not. A reader
has a taste for sections and topics (Dirichlet), an activity with a heavy tail (log-normal) and one language, or all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.article import SENSITIVE, SPONSORED, UNLISTED, Article
from recsys.markup import html_to_text
from recsys.times import NEVER

TOPICS_PER_ARTICLE = 8
CHARACTERS_PER_WORD = 6

ZIPF_EXPONENT = 0.8
SPONSORED_APPEAL = 0.3
SECTION_CONCENTRATION = 0.4
TOPIC_CONCENTRATION = 0.05
MEDIAN_VISITS_PER_DAY = 0.04
ACTIVITY_SIGMA = 1.0
MOST_VISITS_PER_DAY = 0.95
BILINGUAL_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Site:
    """What readers notice of n articles in s top-level sections with t topics (tags, and sections of lower levels)."""

    published: NDArray[np.int64]  # (n,) microseconds
    expires: NDArray[np.int64]  # (n,) microseconds, NEVER where there is no end
    section: NDArray[np.int64]  # (n,) 0..s-1
    sections: tuple[str, ...]  # (s,) names
    topics: NDArray[np.int64]  # (n, TOPICS_PER_ARTICLE) 0..t-1, and t where an article has fewer
    topic_weight: NDArray[np.float64]  # (t + 1,) log(1 + n / articles with it); 0 for the last
    language: NDArray[np.int64]  # (n,) 0..languages-1
    evergreen: NDArray[np.bool_]  # (n,)
    words: NDArray[np.float64]  # (n,) length in words, >= 1
    appeal: NDArray[np.float64]  # (n,) > 0, mean 1
    quality: NDArray[np.float64]  # (n,) 0..1
    sensitive: NDArray[np.bool_]  # (n,) no lists on its page, no likes
    listed: NDArray[np.bool_]  # (n,) may stand in a list

    def __len__(self) -> int:
        return len(self.published)


@dataclass(frozen=True, slots=True)
class Readers:
    """The tastes and habits of v visitors."""

    section_taste: NDArray[np.float64]  # (v, s) rows sum to 1
    topic_taste: NDArray[np.float64]  # (v, t + 1) rows sum to 1, the last column 0
    visits: NDArray[np.float64]  # (v,) probability of a session on a day
    reads_language: NDArray[np.bool_]  # (v, languages)

    def __len__(self) -> int:
        return len(self.visits)


def describe_site(articles: Sequence[Article], rng: np.random.Generator) -> Site:
    """The articles as arrays, in their order, with appeal and quality drawn."""
    n = len(articles)
    section, sections = _codes([a.section[0] if a.section else "" for a in articles])
    topic_names = [dict.fromkeys((*a.tags, *a.section[1:])) for a in articles]
    code = {name: at for at, name in enumerate(dict.fromkeys(name for names in topic_names for name in names))}
    topics = np.full((n, TOPICS_PER_ARTICLE), len(code), dtype=np.int64)
    for row, names in enumerate(topic_names):
        codes = [code[name] for name in names][:TOPICS_PER_ARTICLE]
        topics[row, : len(codes)] = codes
    carriers = np.bincount(topics.ravel(), minlength=len(code) + 1)
    weight = np.log1p(n / np.maximum(carriers, 1))
    weight[len(code)] = 0.0

    labels = [frozenset(a.labels) for a in articles]
    sponsored = np.array([SPONSORED in names for names in labels], dtype=bool)
    unlisted = np.array([UNLISTED in names for names in labels], dtype=bool)
    appeal = rng.permutation(np.arange(1.0, n + 1) ** -ZIPF_EXPONENT)
    appeal *= np.where(sponsored, SPONSORED_APPEAL, 1.0)
    return Site(
        published=np.array([a.published_at for a in articles], dtype=np.int64),
        expires=np.array([NEVER if a.expires_at is None else a.expires_at for a in articles], dtype=np.int64),
        section=section,
        sections=sections,
        topics=topics,
        topic_weight=weight,
        language=_codes([a.language or "" for a in articles])[0],
        evergreen=np.array([a.evergreen for a in articles], dtype=bool),
        words=np.array([max(1.0, len(html_to_text(a.body)) / CHARACTERS_PER_WORD) for a in articles]),
        appeal=appeal / appeal.mean() if n else appeal,
        quality=rng.beta(2.0, 2.0, n),
        sensitive=np.array([SENSITIVE in names for names in labels], dtype=bool),
        listed=~(sponsored | unlisted),
    )


def draw_readers(site: Site, visitors: int, rng: np.random.Generator) -> Readers:
    """`visitors` readers of the site; a language has readers in proportion to its articles."""
    sections, topics = len(site.sections), len(site.topic_weight) - 1
    languages = int(site.language.max(initial=0)) + 1
    share = np.bincount(site.language, minlength=languages) / max(len(site), 1)
    reads_language = rng.random((visitors, 1)) < np.full((1, languages), BILINGUAL_SHARE)
    main = np.searchsorted(np.cumsum(share)[:-1], rng.random(visitors), side="right")
    reads_language[np.arange(visitors), main] = True
    visits = MEDIAN_VISITS_PER_DAY * rng.lognormal(0.0, ACTIVITY_SIGMA, visitors)
    return Readers(
        section_taste=_dirichlet(SECTION_CONCENTRATION, visitors, sections, rng),
        topic_taste=np.pad(_dirichlet(TOPIC_CONCENTRATION, visitors, topics, rng), ((0, 0), (0, 1))),
        visits=np.minimum(visits, MOST_VISITS_PER_DAY),
        reads_language=reads_language,
    )


def _dirichlet(concentration: float, rows: int, columns: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """(rows, columns) symmetric Dirichlet; a row that underflows to nothing is uniform."""
    drawn = rng.standard_gamma(concentration, (rows, columns)) + 1e-12
    taste: NDArray[np.float64] = drawn / drawn.sum(axis=1, keepdims=True)
    return taste


def _codes(names: Sequence[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Numbers for names, in order of first sight."""
    code = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return np.array([code[name] for name in names], dtype=np.int64), tuple(code)
