"""The simple models that a list must beat, each from what was known at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
from training.replay import Acts, Split

RECENT_HALF_LIFE = 7 * DAY
NEIGHBOURS = 50  # of an article, by the visitors they share; more brought nothing on any site measured
NEWEST_LIKES = 1_000  # of a visitor count for those neighbours, so that nobody ties a whole site together

NO_SECTION = -1

_PAIRS = 20_000_000  # of articles that share a visitor, in memory at a time: 0.8 GB

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Simple:
    """What the simple models know of a site at a cut.

    section    (n,) code of the whole section path, NO_SECTION without one
    items      (n, n) cosine by the visitors who liked both, each row's NEIGHBOURS greatest
    known      the same site, to judge lists by; its vectors are plain TF-IDF, empty for articles not yet published
    """

    section: NDArray[np.int64]
    items: sparse.csr_array
    known: Known

    @classmethod
    def at(cls, articles: Sequence[StoredArticle], split: Split, *, with_text: bool = True) -> "Simple":
        """From the articles published and the acts stamped before the cut; the text only where it is wanted."""
        n, past = len(articles), split.past
        published = np.array([stored.article.published_at for stored in articles], np.int64)
        read = past.only((past.visitor != 0) & past.read)
        order = np.lexsort((read.row, read.visitor))
        row, visitor = read.row[order], read.visitor[order]
        known = Known(
            published=published,
            readers=np.bincount(row[run_starts(visitor, row)], minlength=n),
            visitors=int(np.count_nonzero(run_starts(visitor))),
            vectors=text_vectors(articles, (published < split.cut) & with_text),
        )
        liked = past.only((past.visitor != 0) & (past.strength > 0))
        return cls(_sections(articles), item_neighbours(liked, n), known)

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

    def in_section(self, liked: NDArray[np.integer], score: Scores) -> Scores:
        """`score` (n,) of the articles in the section most `liked`, 0 elsewhere."""
        section = self.section_of(liked)
        return np.zeros(score.size) if section is None else np.where(self.section == section, score, 0.0)

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
        liked = acts.only(acts.strength > 0)
        self._row, self._at = liked.row, liked.at
        self._met, self._now = 0, int(liked.at[0]) if liked.at.size else 0
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


def newest_rows(published: NDArray[np.int64], candidates: NDArray[np.bool_], k: int) -> list[int]:
    """The k candidates (n,) published last, equal ones by lower row."""
    rows = np.flatnonzero(candidates)
    found: list[int] = rows[np.lexsort((rows, -published[rows]))[:k]].tolist()
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


def item_neighbours(liked: Acts, n: int) -> sparse.csr_array:
    """(n, n) cosine between the sets of visitors who liked two articles, the NEIGHBOURS greatest of each row.

    cost    O(visitors x likes of each, squared); 40 bytes for each of _PAIRS
    source  Sarwar et al., Item-based collaborative filtering recommendation algorithms, WWW 2001
    """
    _, visitor, counts = np.unique(liked.visitor, return_inverse=True, return_counts=True)
    order = np.lexsort((-liked.at, visitor))
    newest = np.arange(order.size) - np.repeat(np.cumsum(counts) - counts, counts) < NEWEST_LIKES
    kept = order[newest]
    likes = sparse.csr_array((np.ones(kept.size), (visitor[kept], liked.row[kept])), shape=(counts.size, n))
    likes.sum_duplicates()
    likes.data[:] = 1.0
    by_article = sparse.csr_array(likes.T)
    size = np.sqrt(np.maximum(np.diff(by_article.indptr), 1.0))
    pairs = np.cumsum(by_article @ np.diff(likes.indptr))
    starts = [0, *(np.flatnonzero(np.diff(pairs // _PAIRS)) + 1).tolist()]
    parts = [_nearest(by_article, likes, size, *block) for block in pairwise([*starts, n])]
    cosine, owner, other = (np.concatenate(column) for column in zip(*parts, strict=True))
    return sparse.csr_array((cosine, (owner, other)), shape=(n, n))


def _nearest(
    by_article: sparse.csr_array, likes: sparse.csr_array, size: Scores, start: int, stop: int
) -> tuple[Scores, NDArray[np.integer], NDArray[np.integer]]:
    """The cosines, rows and columns of `item_neighbours` for the rows start..stop-1.

    by_article, likes  (n, visitors), (visitors, n) 1.0 for a like      size  (n,) the root of each article's likes
    """
    together = sparse.csr_array(by_article[start:stop] @ likes)
    owner, other = np.repeat(np.arange(start, stop), np.diff(together.indptr)), together.indices
    apart = owner != other
    owner, other = owner[apart], other[apart]
    cosine = together.data[apart] / (size[owner] * size[other])
    kept = greatest_of_each(cosine, owner - start, other, NEIGHBOURS)
    return cosine[kept], owner[kept], other[kept]


def greatest_of_each(score: Scores, owner: NDArray[np.integer], row: NDArray[np.integer], k: int) -> NDArray[np.intp]:
    """Positions, ascending, of the k greatest of each owner; of equal ones those of the lower row.

    score, owner, row  (m,) > 0, ascending from 0, any

    One integer sorts by owner and falling float32; only what is equal by then is told apart by the score itself.
    """
    counts = np.bincount(owner)
    falling = ~score.astype(np.float32).view(np.uint32)
    keys = (owner.astype(np.uint64) << np.uint64(32)) | falling
    keys.sort()
    more = counts > k
    last = np.full(counts.size, np.iinfo(np.uint32).max)
    last[more] = keys[(counts.cumsum() - counts)[more] + k - 1].astype(np.uint32)
    kept = falling < last[owner]
    room = k - np.bincount(owner[kept], minlength=counts.size)
    level = (falling == last[owner]).nonzero()[0]
    level = level[np.lexsort((row[level], -score[level], owner[level]))]
    among = np.bincount(owner[level], minlength=counts.size)
    place = np.arange(level.size) - (among.cumsum() - among)[owner[level]]
    kept[level[place < room[owner[level]]]] = True
    found: NDArray[np.intp] = kept.nonzero()[0]
    return found


def _sections(articles: Sequence[StoredArticle]) -> NDArray[np.int64]:
    code: dict[tuple[str, ...], int] = {}
    paths = (tuple(stored.article.section) for stored in articles)
    return np.array([code.setdefault(path, len(code)) if path else NO_SECTION for path in paths], np.int64)


def _weights(liked: NDArray[np.integer]) -> Scores:
    weights: Scores = 0.5 ** (np.arange(min(liked.size, READS)) / HALF_LIFE)
    return weights
