"""Texts to numbered tokens: each distinct one is found once by a compiled pass and stemmed once in Python."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from recsys.ragged import positions
from recsys.strings import StringTable
from recsys.text import OPTIONAL_MARKS, SPACELESS, word_stems
from recsys.tfidf import Fields, weighted_texts
from training import token_kernel as kernel
from training.characters import Characters

BLOCK = 2_000_000  # code points that one pass reads


@dataclass(frozen=True, slots=True)
class Block:
    """Some texts, one after the other, in the form the kernel reads."""

    points: NDArray[np.uint32]  # (c,) code points, normalised
    starts: NDArray[np.int64]  # (s + 1,) where each text begins
    languages: NDArray[np.int64]  # (s,) numbers
    articles: NDArray[np.int64]  # (s,) ascending
    weights: NDArray[np.float32]  # (s,) what a token in the text counts


def blocks(corpus: Sequence[Fields], tokens: "Tokens") -> Iterator[Block]:
    """All texts of a corpus in order, for `tokens` to read. A language that is new to it is entered with its number."""
    texts: list[str] = []
    about: list[tuple[int, int, float]] = []
    size = 0
    for article, fields in enumerate(corpus):
        language = tokens.languages.setdefault(fields.language, len(tokens.languages))
        for text, weight in weighted_texts(fields):
            texts.append(text)
            about.append((language, article, weight))
            size += len(text)
        if size >= BLOCK or article == len(corpus) - 1:
            yield _block(texts, about, tokens.characters)
            texts, about, size = [], [], 0


def _block(texts: list[str], about: list[tuple[int, int, float]], characters: Characters) -> Block:
    texts = [unicodedata.normalize("NFKC", text) for text in texts]
    points, starts = _joined(texts)
    language, article, weight = zip(*about, strict=True)
    if not all(map(str.isascii, texts)):
        kept = characters.classes(points)[points] != kernel.OPTIONAL
        if not kept.all():  # `recsys.text.normalised` does it text by text, in four times the time
            starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(kept)))[starts]
            points = points[kept]
    return Block(
        points=points,
        starts=starts,
        languages=np.array(language, np.int64),
        articles=np.array(article, np.int64),
        weights=np.array(weight, np.float32),
    )


def classify(characters: str) -> NDArray[np.uint8]:
    """The class of each character, by the patterns of `recsys.text`."""
    table = np.zeros(len(characters), np.uint8)
    for kind, pattern in (
        (kernel.LETTER, r"[\p{L}\p{N}]+"),
        (kernel.MARK, r"\p{M}+"),
        (kernel.SPACELESS, f"{SPACELESS}+"),
        (kernel.HAN, r"[\p{Han}&&\p{L}]+"),
        (kernel.OPTIONAL, f"[{OPTIONAL_MARKS}]+"),
    ):
        for match in regex.finditer(pattern, characters, regex.V1):
            table[match.start() : match.end()] = kind
    return table


@dataclass(slots=True)
class Tokens:
    """Every distinct token so far, and the term that it stands for."""

    languages: dict[str, int] = field(default_factory=dict)  # -> number
    characters: Characters = field(default_factory=lambda: Characters(classify))
    term_of: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))  # by token; -1 for a stop word
    terms: int = 0
    known: int = 0
    _slots: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1 << 16, np.int32))
    _hashes: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(1 << 15, np.uint64))
    _seen: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1 << 15, np.int64))
    _places: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1 << 15, np.int32))
    _term_slots: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1 << 16, np.int32))
    _term_hashes: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(1 << 15, np.uint64))
    _written: list[NDArray[np.uint32]] = field(default_factory=list)  # code points of tokens, one after the other
    _lengths: list[NDArray[np.int64]] = field(default_factory=list)  # of each token

    def read(self, block: Block) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The tokens of a block by number (~number for a fragment), and where each text's begin."""
        most = 2 * block.points.size
        begins, ends = np.empty(most, np.int32), np.empty(most, np.int32)
        starts = np.zeros(block.starts.size, np.int64)
        classes = self.characters.classes(block.points)
        tokens = np.empty(kernel.spans(block.points, block.starts, classes, begins, ends, starts), np.int32)
        old, done = self.known, 0
        while True:
            done, self.known = kernel.number(
                block.points, begins, ends, starts, block.languages, done,
                self._slots, self._hashes, self._seen, self._places, self.known, tokens,
            )  # fmt: skip
            if done == block.languages.size:
                break
            self._make_room(int(starts[done + 1] - starts[done]))
        places = self._places[old : self.known]
        languages = block.languages[np.searchsorted(starts, places, side="right") - 1]
        self._enter(block.points, begins[places], ends[places], languages)
        return tokens, starts

    def term_hashes(self) -> NDArray[np.uint64]:
        """The hash of each term, by number."""
        return self._term_hashes[: self.terms]

    def surfaces(self, order: NDArray[np.integer]) -> StringTable:
        """Some terms by number, each as it is most often written; of equals the first by code points."""
        points = np.concatenate([np.empty(0, np.uint32), *self._written])
        starts = np.cumsum(np.concatenate([np.zeros(1, np.int64), *self._lengths]))
        meant = np.flatnonzero(self.term_of >= 0)
        term, times = self.term_of[meant], self._seen[meant]
        most = np.zeros(self.terms, np.int64)
        np.maximum.at(most, term, times)
        best = meant[times == most[term]]
        chosen = np.empty(self.terms, np.int64)
        chosen[self.term_of[best]] = best
        equals = best[np.bincount(self.term_of[best], minlength=self.terms)[self.term_of[best]] > 1]
        text = points.tobytes().decode("utf-32-le") if equals.size else ""
        for token in sorted(equals.tolist(), key=lambda token: text[starts[token] : starts[token + 1]], reverse=True):
            chosen[self.term_of[token]] = token
        tokens = chosen[order]
        return StringTable.from_points(*_pieces(points, starts[tokens], starts[tokens + 1]))

    def _make_room(self, tokens: int) -> None:
        capacity = max(2 * self.known, self.known + tokens)
        self._hashes, self._seen = grown(self._hashes, capacity), grown(self._seen, capacity)
        self._places = grown(self._places, capacity)
        if 2 * capacity > self._slots.size:
            self._slots = np.zeros(1 << (2 * capacity - 1).bit_length(), np.int32)
            kernel.refill(self._slots, self._hashes[: self.known])

    def _enter(
        self,
        points: NDArray[np.uint32],
        begins: NDArray[np.int32],
        ends: NDArray[np.int32],
        languages: NDArray[np.int64],
    ) -> None:
        """Finds the terms of new tokens, which lie in `points` as the kernel says."""
        written, starts = _pieces(points, begins, np.where(ends < 0, ~ends, ends))
        hashes = kernel.term_hashes(written, starts)
        text = written.tobytes().decode("utf-32-le", "surrogatepass")
        for name, language in self.languages.items():
            words = np.flatnonzero((languages == language) & (ends >= 0))
            lying = zip(starts[words].tolist(), starts[words + 1].tolist(), strict=True)
            stems = word_stems([text[begin:end] for begin, end in lying], name)
            hashes[words] = kernel.term_hashes(*_joined([stem or "" for stem in stems]))
            hashes[words[[stem is None for stem in stems]]] = kernel.NO_HASH
        self._written.append(written)
        self._lengths.append(np.diff(starts))
        needed = self.terms + hashes.size
        if 2 * needed > self._term_slots.size:
            self._term_slots = np.zeros(1 << (4 * needed - 1).bit_length(), np.int32)
            kernel.refill(self._term_slots, self.term_hashes())
            self._term_hashes = grown(self._term_hashes, self._term_slots.size // 2)
        terms = np.empty(hashes.size, np.int32)
        self.terms = kernel.number_hashes(hashes, self._term_slots, self._term_hashes, self.terms, terms)
        self.term_of = np.concatenate((self.term_of, terms))


def _pieces(
    points: NDArray[np.uint32], begins: NDArray[np.integer], ends: NDArray[np.integer]
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """points[begins[i]:ends[i]] of all i, one after the other, and where each begins (n + 1,)."""
    starts, lengths = np.zeros(begins.size + 1, np.int64), ends - begins
    np.cumsum(lengths, out=starts[1:])
    return points[positions(ends, lengths, starts[1:])], starts


def _joined(texts: list[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The code points of some texts, one after the other, and where each begins."""
    starts = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([*map(len, texts)], out=starts[1:])
    return np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32), starts


def grown(array: NDArray[Any], size: int) -> NDArray[Any]:
    """`array` with zeros after it, `size` long, along its first axis; itself where it is that long."""
    if array.shape[0] >= size:
        return array
    longer = np.zeros((size, *array.shape[1:]), array.dtype)
    longer[: array.shape[0]] = array
    return longer
