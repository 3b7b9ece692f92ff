"""The text model: the fields of an article -> one sparse vector.

A *term* is the stem of a word, a fragment, or a *pair*: two words that follow each other once stop words are gone. Its
weight is log(1 + count) x idf, pairs at 0.7, where a word of the title counts three times and one of a tag twice. A
vector has length 1, so that the product of two is their cosine.

A pair that one article alone holds (three of four do) gets no column, as it can match nothing; it still counts in the
length, and so does a term that a later article brings and the vocabulary lacks. A stored row may therefore be shorter
than 1.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.strings import StringTable
from recsys.text import read, word_stems

TITLE_WEIGHT = 3.0
TAG_WEIGHT = 2.0
PAIR_WEIGHT = 0.7
NO_TERM = -1

FNV_START, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
ODD = 0x9E3779B97F4A7C15  # 2**64 / golden ratio: spreads close numbers

_64_BITS = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Fields:
    """What the text model reads of an article. `text` is plain; `language` a primary subtag."""

    title: str
    text: str
    tags: tuple[str, ...]
    language: str


def weighted_texts(fields: Fields) -> list[tuple[str, float]]:
    """The texts of an article and what a token in each counts. No pair spans two of them."""
    return [(fields.title, TITLE_WEIGHT), (fields.text, 1.0), *((tag, TAG_WEIGHT) for tag in fields.tags)]


@dataclass(frozen=True, slots=True)
class TermCounts:
    """The distinct terms of one article, by ascending hash."""

    hashes: NDArray[np.uint64]  # (u,)
    left: NDArray[np.uint64]  # (u,) the pair's first term; 0 for a term that is no pair
    right: NDArray[np.uint64]  # (u,) its second
    counts: NDArray[np.float64]  # (u,) occurrences, those in title and tags multiplied


@dataclass(frozen=True, slots=True)
class TermReader:
    """Turns fields into counted terms. Remembers each token's hash and how often it was seen: one TermReader a pass."""

    known: dict[tuple[str, str], int] = field(default_factory=dict)  # (language, token) -> hash, 0 for a stop word
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def counts(self, fields: Fields) -> TermCounts:
        """The terms of an article."""
        single, left, right, single_weight, pair_weight = [], [], [], [], []
        for text, weight in weighted_texts(fields):
            words, fragments = self._hashes(text, fields.language)
            single += [words, fragments]
            single_weight.append(np.full(words.size + fragments.size, weight))
            left.append(words[:-1])
            right.append(words[1:])
            pair_weight.append(np.full(left[-1].size, weight))
        lefts, rights, singles = np.concatenate(left), np.concatenate(right), np.concatenate(single)
        no_pair = np.zeros(singles.size, np.uint64)
        hashes = np.concatenate((singles, pair_hashes(lefts, rights)))
        found, first, place = np.unique(hashes, return_index=True, return_inverse=True)
        return TermCounts(
            hashes=found,
            left=np.concatenate((no_pair, lefts))[first],
            right=np.concatenate((no_pair, rights))[first],
            counts=np.bincount(place, np.concatenate(single_weight + pair_weight), found.size).astype(np.float64),
        )

    def occurrences(self) -> Iterator[tuple[int, str, int]]:
        """Term hash, token, times seen, of every token and language so far."""
        return ((self.known[key], key[1], times) for key, times in self.seen.items())

    def _hashes(self, text: str, language: str) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        words, fragments = read(text)
        self.seen.update((language, token) for token in words)
        self.seen.update((language, token) for token in fragments)
        fresh = [token for token in dict.fromkeys(words) if (language, token) not in self.known]
        for token, stem in zip(fresh, word_stems(fresh, language), strict=True):
            self.known[language, token] = 0 if stem is None else term_hash(stem)
        for token in fragments:
            if (language, token) not in self.known:
                self.known[language, token] = term_hash(token)
        hashes = np.array([self.known[language, token] for token in words], np.uint64)
        return hashes[hashes != 0], np.array([self.known[language, token] for token in fragments], np.uint64)


@dataclass(frozen=True, slots=True)
class TextModel:
    """The vocabulary of a site at the time of training. The arrays may be read-only memory maps."""

    articles: int  # that held any term
    hashes: NDArray[np.uint64]  # (V,) ascending; a term's id is its place here
    idf: NDArray[np.float32]  # (V,) log((1 + articles) / (1 + articles with the term)) + 1, pairs multiplied
    parts: NDArray[np.int32]  # (V, 2) for a pair the ids of its terms; else its place in `surfaces` and NO_TERM
    surfaces: StringTable  # each term but pairs as it is most often written

    @classmethod
    def fit(cls, corpus: Sequence[Fields]) -> tuple[Self, sparse.csr_array]:
        """The model of `corpus` and its matrix (n, V) float32.

        cost  O(tokens log tokens); `training.vectorise` does the same in a fraction of the time
        """
        reader = TermReader()
        counted = [reader.counts(fields) for fields in corpus]
        hashes = _joined([c.hashes for c in counted], np.uint64)
        vocabulary, first, frequency = np.unique(hashes, return_index=True, return_counts=True)
        left = _joined([c.left for c in counted], np.uint64)[first]
        right = _joined([c.right for c in counted], np.uint64)[first]
        kept = (left == 0) | (frequency > 1)
        written = most_frequent_surfaces(reader.occurrences())
        model = cls.assembled(
            articles=sum(c.hashes.size > 0 for c in counted),
            hashes=vocabulary[kept],
            frequency=frequency[kept],
            left=left[kept],
            right=right[kept],
            surfaces=StringTable.from_strings(map(written.__getitem__, vocabulary[left == 0].tolist())),
        )
        return model, model._matrix(counted)

    @classmethod
    def assembled(
        cls,
        *,
        articles: int,
        hashes: NDArray[np.uint64],
        frequency: NDArray[np.int64],
        left: NDArray[np.uint64],
        right: NDArray[np.uint64],
        surfaces: StringTable,
    ) -> Self:
        """The model of counted terms.

        hashes       (V,) ascending
        frequency    (V,) articles that hold the term
        left, right  (V,) hashes of a pair's terms; left is 0 for terms that are no pair
        surfaces     how each term that is no pair is written, in the order of `hashes`
        """
        single = left == 0
        weight = np.where(single, 1.0, PAIR_WEIGHT)
        parts = np.full((hashes.size, 2), NO_TERM, np.int32)
        parts[single, 0] = np.arange(np.count_nonzero(single))
        ids = np.flatnonzero(single)
        for side, part in enumerate((left, right)):
            parts[~single, side] = ids[np.searchsorted(hashes[single], part[~single])]
        return cls(
            articles=articles,
            hashes=hashes,
            idf=(idf(frequency, articles) * weight).astype(np.float32),
            parts=parts,
            surfaces=surfaces,
        )

    def extended(self, corpus: Sequence[Fields]) -> tuple[Self, NDArray[np.int32], sparse.csr_array]:
        """This model with the terms that only `corpus` (m,) holds, and the matrix (m, W) of that.

        What the vocabulary had keeps its weight, and so do vectors that were made with it: those of the ids (V,) given
        back are their terms in the longer one, in the same order. New terms weigh as if only `corpus` held them, of as
        many articles as before; a new pair is one that two articles of `corpus` hold.
        """
        reader = TermReader()
        counted = [reader.counts(fields) for fields in corpus]
        found, first, frequency = np.unique(
            _joined([c.hashes for c in counted], np.uint64), return_index=True, return_counts=True
        )
        left = _joined([c.left for c in counted], np.uint64)[first]
        right = _joined([c.right for c in counted], np.uint64)[first]
        kept = ((left == 0) | (frequency > 1)) & (self.terms_of(found) == NO_TERM)
        new, left, right, frequency = found[kept], left[kept], right[kept], frequency[kept]
        hashes = np.concatenate((self.hashes, new))
        order = np.argsort(hashes, kind="stable")
        place = np.empty(order.size, np.int32)
        place[order] = np.arange(order.size, dtype=np.int32)
        single = left == 0
        weight = np.where(single, 1.0, PAIR_WEIGHT)
        parts = np.concatenate((self.parts, np.full((new.size, 2), NO_TERM, np.int32)))
        old_pairs = np.flatnonzero(self.parts[:, 1] != NO_TERM)
        parts[old_pairs] = place[self.parts[old_pairs]]
        here = np.arange(self.hashes.size, hashes.size)
        parts[here[single], 0] = len(self.surfaces) + np.arange(np.count_nonzero(single))
        for side, part in enumerate((left, right)):
            parts[here[~single], side] = np.searchsorted(hashes[order], part[~single])
        written = most_frequent_surfaces(reader.occurrences())
        model = type(self)(
            articles=self.articles,
            hashes=hashes[order],
            idf=np.concatenate((self.idf, (idf(frequency, self.articles) * weight).astype(np.float32)))[order],
            parts=parts[order],
            surfaces=self.surfaces.with_more(map(written.__getitem__, new[single].tolist())),
        )
        return model, place[: self.hashes.size], model._matrix(counted)

    def transform(self, corpus: Sequence[Fields]) -> sparse.csr_array:
        """The matrix (n, V) float32 of articles, with the vocabulary as it is; for those of `fit`, the same matrix."""
        reader = TermReader()
        return self._matrix([reader.counts(fields) for fields in corpus])

    def vector(self, fields: Fields) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Terms (u,) ascending and weights (u,) of one article; both empty where it holds no known term."""
        return self._row(TermReader().counts(fields))

    def terms_of(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The ids of terms by hash, (m,) both; NO_TERM for what the vocabulary lacks."""
        place = np.searchsorted(self.hashes, hashes)
        known = place < self.hashes.size
        known[known] = self.hashes[place[known]] == hashes[known]
        return np.where(known, place, NO_TERM).astype(np.int32)

    def display(self, term: int) -> str:
        """A term as readers would write it."""
        first, second = self.parts[term].tolist()
        if second == NO_TERM:
            return self.surfaces[first]
        return f"{self.display(first)} {self.display(second)}"

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The model as plain arrays."""
        return {
            "articles": np.array([self.articles], np.int64),
            "hashes": self.hashes,
            "idf": self.idf,
            "parts": self.parts,
            "surface_data": self.surfaces.data,
            "surface_starts": self.surfaces.starts,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The model whose `arrays` these are."""
        return cls(
            articles=int(arrays["articles"][0]),
            hashes=arrays["hashes"],
            idf=arrays["idf"],
            parts=arrays["parts"],
            surfaces=StringTable(arrays["surface_data"], arrays["surface_starts"]),
        )

    def _matrix(self, counted: Sequence[TermCounts]) -> sparse.csr_array:
        rows = [self._row(counts) for counts in counted]
        starts = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([terms.size for terms, _ in rows], out=starts[1:])
        terms = _joined([terms for terms, _ in rows], np.int32)
        weights = _joined([weights for _, weights in rows], np.float32)
        return csr(starts, terms, weights, self.hashes.size)

    def _row(self, counts: TermCounts) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        if not counts.hashes.size:
            return np.empty(0, np.int32), np.empty(0, np.float32)
        unseen = idf(np.ones(1, np.int64), self.articles)[0]  # as if this article alone had it
        place = self.terms_of(counts.hashes)
        known = place != NO_TERM
        importance = np.where(counts.left == 0, unseen, unseen * PAIR_WEIGHT)
        importance[known] = self.idf[place[known]]
        weights = np.log1p(counts.counts) * importance
        weights /= np.sqrt(np.sum(weights * weights))
        return place[known], weights[known].astype(np.float32)


def idf(frequency: NDArray[np.int64], articles: int) -> NDArray[np.float64]:
    """Smooth inverse document frequency, as scikit-learn's TfidfTransformer defines it."""
    return np.log((1 + articles) / (1 + frequency)) + 1


def term_hash(stem: str) -> int:
    """64 bits that stand for a stem; never 0. Two of 10 million stems share one with a chance of 3 in a million.

    source  FNV-1a over code points, then mixed, as its high bits hardly depend on the last letters
    """
    value = FNV_START
    for character in stem:
        value = (value ^ ord(character)) * FNV_PRIME & _64_BITS
    value = (value ^ value >> 32) * ODD & _64_BITS
    return (value ^ value >> 32) or 1


def pair_hashes(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """64 bits (p,) for each pair of term hashes; the order of the two matters."""
    with np.errstate(over="ignore"):
        mixed = (left ^ (left >> np.uint64(29))) * np.uint64(ODD) + right
        mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(ODD)
    return mixed ^ (mixed >> np.uint64(29))


def most_frequent_surfaces(occurrences: Iterable[tuple[int, str, int]]) -> dict[int, str]:
    """Term hash -> the token that the articles of one language most often write; of equals the first by code points.

    occurrences  term hash, token, times seen in one language
    """
    best: dict[int, tuple[int, str]] = {}
    for term, token, times in occurrences:
        if term not in best or (-times, token) < best[term]:
            best[term] = (-times, token)
    return {term: token for term, (_, token) in best.items()}


def csr(
    starts: NDArray[np.int64], terms: NDArray[np.int32], weights: NDArray[np.float32], width: int
) -> sparse.csr_array:
    """Sparse rows; indices stay 32 bits where the entries can be counted in them."""
    short = starts.astype(np.int32) if starts[-1] <= np.iinfo(np.int32).max else starts
    return sparse.csr_array((weights, terms, short), shape=(starts.size - 1, width))


def _joined(parts: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, kind)
