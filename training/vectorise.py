"""`TextModel.fit` for large sites: the same model and matrix in a fraction of the time.

The plain twin in `recsys.tfidf` says what a term, a pair and a weight are, and serving uses it. Here each distinct
token is stemmed once (`training.tokens`), and compiled loops (`training.token_kernel`) find, number and count. What
that gains and what compiling costs is in benchmarks/vectorising.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.tfidf import PAIR_WEIGHT, Fields, TextModel, csr, idf, pair_hashes
from training import token_kernel as kernel
from training.text_model import characters_of
from training.tokens import Block, Tokens, blocks, grown


def fit_compiled(corpus: Sequence[Fields]) -> tuple[TextModel, sparse.csr_array]:
    """What `TextModel.fit` returns.

    cost  O(code points); 8 bytes for each distinct term of each article, and 50 for each distinct pair of the corpus
    """
    tokens = Tokens()
    counted = _Counted.expecting(len(corpus), characters_of(corpus))
    for block in blocks(corpus, tokens):
        counted.add(block, *tokens.read(block), tokens)
    return counted.model(tokens)


@dataclass(slots=True)
class _Counted:
    """Terms and pairs of the articles so far. Arrays are longer than what is used of them."""

    row_ends: NDArray[np.int64]  # (n,) where each article's end in `found`
    slots: NDArray[np.uint64]  # (power of two, 2) the kernel's table of pairs
    terms: NDArray[np.int32]  # (terms, 2) PLACE, FREQUENCY
    pairs: NDArray[np.int32]  # (pairs, 2) PLACE, FREQUENCY
    found: NDArray[np.int32]  # term 2 t, pair 2 p + 1
    counts: NDArray[np.float32]  # its count
    known: int = 0  # pairs
    used: int = 0  # of `found` and `counts`

    @classmethod
    def expecting(cls, articles: int, characters: int) -> Self:
        """Nothing yet, with room for what an English site of this size holds; other sites make room on the way."""
        return cls(
            row_ends=np.zeros(articles, np.int64),
            slots=np.zeros((1 << (characters // 8 + 1).bit_length(), 2), np.uint64),
            terms=np.zeros((0, 2), np.int32),
            pairs=np.zeros((characters // 16 + 1, 2), np.int32),
            found=np.zeros(characters // 5 + 1, np.int32),
            counts=np.zeros(characters // 5 + 1, np.float32),
        )

    def add(self, block: Block, tokens: NDArray[np.int32], token_starts: NDArray[np.int64], read: Tokens) -> None:
        """Counts the tokens of a block."""
        fresh = np.tile(np.array([-1, 0], np.int32), (read.terms - self.terms.shape[0], 1))
        self.terms = np.concatenate((self.terms, fresh))
        done = 0
        while True:
            done, self.known, self.used = kernel.count(
                tokens, token_starts, block.articles, block.weights, done, read.term_of, self.terms,
                self.slots, self.pairs, self.known, self.found, self.counts, self.row_ends, self.used,
            )  # fmt: skip
            if done == block.articles.size:
                return
            self._make_room(int(token_starts[done + 1] - token_starts[done]))

    def model(self, read: Tokens) -> tuple[TextModel, sparse.csr_array]:
        """The model and the matrix of what was counted."""
        hashes = read.term_hashes()
        pair_frequency = self.pairs[: self.known, kernel.FREQUENCY]
        shared = np.flatnonzero(pair_frequency > 1)
        left, right = (hashes[side] for side in self._sides(shared))
        no_pair = np.zeros(hashes.size, np.uint64)
        all_hashes = np.concatenate((hashes, pair_hashes(left, right)))
        order = np.argsort(all_hashes)
        articles = int(np.count_nonzero(np.diff(self.row_ends, prepend=0)))
        model = TextModel.assembled(
            articles=articles,
            hashes=all_hashes[order],
            frequency=np.concatenate((self.terms[:, kernel.FREQUENCY], pair_frequency[shared]))[order].astype(np.int64),
            left=np.concatenate((no_pair, left))[order],
            right=np.concatenate((no_pair, right))[order],
            surfaces=read.surfaces(order[order < hashes.size]),
        )
        column = np.empty(order.size, np.int32)
        column[order] = np.arange(order.size, dtype=np.int32)
        pair_column = np.full(self.known, -1, np.int32)
        pair_column[shared] = column[hashes.size :]
        return model, self._matrix(model, column[: hashes.size], pair_column)

    def _matrix(self, model: TextModel, column: NDArray[np.int32], pair_column: NDArray[np.int32]) -> sparse.csr_array:
        starts = np.zeros(self.row_ends.size + 1, np.int64)
        terms, weights = np.empty(self.used, np.int32), np.empty(self.used, np.float32)
        lone_pair = idf(np.ones(1, np.int64), model.articles)[0] * PAIR_WEIGHT
        kernel.weigh(
            self.found, self.counts, self.row_ends, column, model.idf, pair_column, lone_pair, starts, terms, weights
        )
        matrix = csr(starts, terms[: starts[-1]], weights[: starts[-1]], model.hashes.size)
        matrix.sort_indices()
        return matrix

    def _sides(self, pairs: NDArray[np.intp]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """The numbers of the two terms of each of `pairs`."""
        held = self.slots[self.slots[:, kernel.KEY] != 0]
        keys = np.empty(self.known, np.uint64)
        keys[held[:, kernel.NUMBER]] = held[:, kernel.KEY] - np.uint64(1)
        return keys[pairs] >> np.uint64(32), keys[pairs] & np.uint64(0xFFFFFFFF)

    def _make_room(self, tokens: int) -> None:
        capacity = max(2 * self.known, self.known + tokens, 1 << 15)
        self.pairs = grown(self.pairs, capacity)
        size = max(self.used + self.used // 2, self.used + 2 * tokens, 1 << 16)
        self.found, self.counts = grown(self.found, size), grown(self.counts, size)
        if 2 * capacity > self.slots.shape[0]:
            longer = np.zeros((1 << (2 * capacity - 1).bit_length(), 2), np.uint64)
            kernel.moved(self.slots, longer)
            self.slots = longer
