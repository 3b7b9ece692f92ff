"""The simple models that a list must beat, each from what was known at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.interest import decayed
from recsys.items import best
from recsys.markup import html_to_text
from recsys.ragged import run_starts
from recsys.reader import HALF_LIFE, READS
from recsys.store import StoredArticle
from recsys.times import DAY
from training.comparison import Known
from training.item_neighbours import item_neighbours
from training.replay import Acts, Split

RECENT_HALF_LIFE = 7 * DAY
NO_SECTION = -1

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Simple:
    """What the simple models know of a site at a cut.

    section    (n,) code of the whole section path, NO_SECTION without one
    newest     (n,) all rows, those published last first, equal ones by lower row
    items      (n, n) `training.item_neighbours`
    known      the same site, to judge lists by; its vectors are plain TF-IDF, empty for articles not yet published
    """

    section: NDArray[np.int64]
    newest: NDArray[np.intp]
    items: sparse.csr_array
    known: Known

    @classmethod
    def at(cls, articles: Sequence[StoredArticle], split: Split, *, with_text: bool = True) -> "Simple":
        """From the articles published and the acts stamped before the cut; the text only where it is wanted."""
        n, past = len(articles), split.past
        published = np.array([stored.article.published_at for stored in articles], np.int64)
        readers, visitors = _audience(past, n)
        known = Known(
            published=published,
            readers=readers,
            visitors=visitors,
            vectors=text_vectors(articles, (published < split.cut) & with_text),
        )
        newest = np.argsort(-published, kind="stable")
        items = item_neighbours(past.only((past.visitor != 0) & (past.strength > 0)), n)
        return cls(_sections(articles), newest, items, known)

    @property
    def has_sections(self) -> bool:
        """Whether any article stands in a section."""
        return bool((self.section != NO_SECTION).any())

    def scores(self, liked: NDArray[np.integer]) -> dict[str, Scores]:
        """By model, likeness (n,) to the articles `liked`, newest first, each of which weighs less than the one before.

        A site without text, or without visitors who liked two articles, lacks the model.
        """
        liked = liked[:READS]
        weights, found = _weights(liked), {}
        if self.known.vectors.nnz:
            profile = (sparse.csr_array(weights[None, :]) @ self.known.vectors[liked]).toarray().ravel()
            found["TF-IDF (scikit-learn)"] = np.asarray(self.known.vectors @ profile, np.float64)
        if self.items.nnz:
            rows, tied = self.tied(liked)
            found["item-item"] = np.zeros(self.section.size)
            found["item-item"][rows] = tied
        return found

    def tied(self, liked: NDArray[np.integer]) -> tuple[NDArray[np.integer], Scores]:
        """The rows that "item-item" likens to the articles `liked`, in any order, and how much: (m,) each."""
        lists = self.items[liked[:READS]]
        rows, number = np.unique(lists.indices, return_inverse=True)
        parts = lists.data * _weights(liked).repeat(np.diff(lists.indptr))
        return rows, np.bincount(number, parts, rows.size).astype(np.float64, copy=False)

    def section_of(self, liked: NDArray[np.integer]) -> int | None:
        """The section most `liked`, None where no article is in any."""
        section = self.section[liked[:READS]]
        weights = np.bincount(section + 1, _weights(liked))
        weights[:1] = 0.0  # of articles without section
        return int(weights.argmax()) - 1 if weights.any() else None


class Popularity:
    """Likes per article up to a moment that moves forward: all of them, and those of lately."""

    def __init__(self, acts: Acts, n: int) -> None:
        """acts in order of time"""
        liked = acts.strength > 0
        self._row, self._at = acts.row[liked], acts.at[liked]
        self._met, self._now = 0, int(self._at[0]) if self._at.size else 0
        self.total = np.zeros(n)
        self.recent = np.zeros(n)

    def move(self, now: int) -> None:
        """Meets all acts stamped before `now`, which is no earlier than the last call's."""
        new = slice(self._met, int(np.searchsorted(self._at, now)))
        row = self._row[new]
        self.total += np.bincount(row, minlength=self.total.size)
        self.recent *= decayed(1.0, self._now, now, RECENT_HALF_LIFE)
        self.recent += np.bincount(row, decayed(1.0, self._at[new], now, RECENT_HALF_LIFE), self.recent.size)
        self._met, self._now = new.stop, now


def first_rows(score: Scores, candidates: NDArray[np.bool_], k: int) -> list[int]:
    """The k candidates (n,) of the highest `score` (n,) above 0, equal ones by lower row."""
    rows = np.flatnonzero(candidates & (score > 0.0))
    found: list[int] = rows[best(score[rows], rows, k)].tolist()
    return found


def random_rows(candidates: NDArray[np.bool_], k: int, rng: np.random.Generator) -> list[int]:
    """k of the candidates (n,), by chance."""
    rows = np.flatnonzero(candidates)
    found: list[int] = rng.choice(rows, min(k, rows.size), replace=False).tolist()
    return found


def text_vectors(articles: Sequence[StoredArticle], known: NDArray[np.bool_]) -> sparse.csr_array:
    """(n, V) scikit-learn's TfidfVectorizer() on title and body of the articles `known` (n,); other rows are empty."""
    n, rows = len(articles), np.flatnonzero(known)
    if not rows.size:
        return sparse.csr_array((n, 1))
    from sklearn.feature_extraction.text import TfidfVectorizer  # takes seconds to import

    texts = [f"{articles[row].article.title} {html_to_text(articles[row].article.body)}" for row in rows.tolist()]
    try:
        found = sparse.csr_array(TfidfVectorizer().fit_transform(texts))
    except ValueError:  # no article holds a word of two letters
        return sparse.csr_array((n, 1))
    sizes = np.zeros(n, np.int64)
    sizes[rows] = np.diff(found.indptr)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return sparse.csr_array((found.data, found.indices, starts), shape=(n, found.shape[1]))


def _audience(past: Acts, n: int) -> tuple[NDArray[np.int64], int]:
    """(n,) how many visitors had read each article, and how many visitors had read any."""
    read = (past.visitor != 0) & past.read
    row, visitor = past.row[read], past.visitor[read]
    order = np.lexsort((row, visitor))
    row, visitor = row[order], visitor[order]
    readers: NDArray[np.int64] = np.bincount(row[run_starts(visitor, row)], minlength=n)
    return readers, int(np.count_nonzero(run_starts(visitor)))


def _sections(articles: Sequence[StoredArticle]) -> NDArray[np.int64]:
    code: dict[tuple[str, ...], int] = {}
    paths = (tuple(stored.article.section) for stored in articles)
    return np.array([code.setdefault(path, len(code)) if path else NO_SECTION for path in paths], np.int64)


def _weights(liked: NDArray[np.integer]) -> Scores:
    weights: Scores = 0.5 ** (np.arange(min(liked.size, READS)) / HALF_LIFE)
    return weights
