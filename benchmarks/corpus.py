"""Invented news corpora as TF-IDF vectors: common words by Zipf's law, subjects, stories, new names, near duplicates.

No text is behind them: an article is a bag of word numbers. What a neighbour search feels of real news is kept: 76
different words an article after stop words, 4.5 words shared by an average pair, a vocabulary that grows with the
corpus (Heaps), stories of a few to dozens of articles whose names occur nowhere else, and 5% reprints.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

WORDS = 12_000  # the common vocabulary; names come on top
SUBJECTS = 300
SUBJECT_WORDS = 300
STORY_WORDS = 40
STORY_NAMES = 6
REPRINTS = 0.05
CHUNK = 20_000


def vectors(articles: int, rng: np.random.Generator) -> sparse.csr_array:
    """Unit TF-IDF rows (articles, V), float32: (1 + log tf) * idf, as scikit-learn's with sublinear_tf."""
    counts = word_counts(articles, rng)
    frequency = np.bincount(counts.indices, minlength=counts.shape[1])
    used = np.flatnonzero(frequency)
    number = np.zeros(frequency.size, np.int32)
    number[used] = rng.permutation(used.size)  # word numbers say nothing about frequency
    idf = (np.log((1 + articles) / (1 + frequency)) + 1).astype(np.float32)
    data = (1 + np.log(counts.data)) * idf[counts.indices]
    starts = counts.indptr.astype(np.int64)
    length = np.sqrt(np.add.reduceat(data.astype(np.float64) ** 2, starts[:-1]))
    data /= np.repeat(length, np.diff(starts)).astype(np.float32)
    matrix = sparse.csr_array((data, number[counts.indices], counts.indptr), shape=(articles, used.size))
    matrix.sort_indices()
    return matrix


def word_counts(articles: int, rng: np.random.Generator) -> sparse.csr_array:
    """Word counts (articles, words), float32. Articles are in order of time; every one has a word."""
    stories = max(1, articles // 7)
    size = rng.zipf(2.2, stories).clip(1, 400)
    begins = np.sort(rng.random(stories))
    story_of = np.repeat(np.arange(stories), size)
    story_of = story_of[np.argsort(begins[story_of] + rng.exponential(0.01, story_of.size), kind="stable")]
    story_of = np.resize(story_of, articles)
    subject_of = (SUBJECTS * rng.random(stories) ** 1.5).astype(np.int64)
    general = _zipf(WORDS, 9.0, 1.05)
    subject = _zipf(SUBJECT_WORDS, 5.0, 1.0)
    story = _zipf(STORY_WORDS, 2.0, 0.8)
    parts = []
    for first in range(0, articles, CHUNK):
        here = story_of[first : first + CHUNK]
        tokens = rng.lognormal(np.log(76), 0.55, here.size).clip(8, 900).astype(np.int64)
        owner = np.repeat(np.arange(here.size), tokens)
        of_story = here[owner]
        source = rng.random(owner.size)
        draw = rng.random(owner.size)
        words = np.searchsorted(general, draw)
        mask = source < 0.42
        rank = np.searchsorted(subject, draw[mask])
        words[mask] = _scattered(subject_of[of_story[mask]], rank)
        mask = source < 0.18
        rank = np.searchsorted(story, draw[mask])
        name = rank < STORY_NAMES
        words[mask] = np.where(
            name, WORDS + of_story[mask] * STORY_NAMES + rank, _scattered(of_story[mask] + SUBJECTS, rank)
        )
        mask = source > 0.992
        words[mask] = WORDS + stories * STORY_NAMES + first + owner[mask]  # the article's own name
        width = WORDS + stories * STORY_NAMES + articles
        ones = np.ones(owner.size, np.float32)
        part = sparse.coo_array((ones, (owner, words)), shape=(here.size, width)).tocsr()
        parts.append(_with_reprints(part, rng))
    return sparse.csr_array(sparse.vstack(parts, format="csr"))


def _with_reprints(part: sparse.csr_array, rng: np.random.Generator) -> sparse.csr_array:
    """Replaces some rows by an earlier one that lost a tenth of its words."""
    rows = np.arange(part.shape[0])
    chosen = rng.random(rows.size) < REPRINTS
    rows[chosen] = (rows[chosen] * rng.random(int(chosen.sum()))).astype(np.int64)
    mixed = part[rows]
    owner = np.repeat(np.arange(rows.size), np.diff(mixed.indptr))
    lost = chosen[owner] & (rng.random(owner.size) < 0.1)
    lost[mixed.indptr[:-1]] = False
    mixed.data[lost] = 0
    mixed.eliminate_zeros()
    return mixed


def _zipf(words: int, shift: float, exponent: float) -> NDArray[np.float64]:
    """Cumulative distribution of Zipf and Mandelbrot's law."""
    weight = 1 / (np.arange(words) + shift) ** exponent
    found: NDArray[np.float64] = np.cumsum(weight) / weight.sum()
    found[-1] = 1.0
    return found


def _scattered(group: NDArray[np.int64], rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """A common word for the rank-th word of a group: the less frequent part of the vocabulary, mixed by hash."""
    mixed = (group.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + rank.astype(np.uint64)) * np.uint64(
        0xBF58476D1CE4E5B9
    )
    return (200 + (mixed >> np.uint64(33)) % np.uint64(WORDS - 200)).astype(np.int64)
