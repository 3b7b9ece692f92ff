"""Texts to numbered tokens: each distinct one is found once by a compiled pass and stemmed once in Python."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import regex
from numpy.typing import NDArray

from recsys.text import OPTIONAL_MARKS, SPACELESS, word_stems
from recsys.tfidf import Fields, most_frequent_surfaces, weighted_texts
from training import token_kernel as kernel
from training.characters import Characters

BLOCK = 2_000_000  # code points that one pass reads


@dataclass(frozen=True, slots=True)
class Block:
    """Some texts, one after the other, in the form the kernel reads."""

    text: str  # normalised
    points: NDArray[np.uint32]  # (c,) its code points
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
    joined = "".join(texts)
    if not joined.isascii():
        kept = characters.classes(points)[points] != kernel.OPTIONAL
        if not kept.all():  # `recsys.text.normalised` does it text by text, in four times the time
            starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(kept)))[starts]
            points = points[kept]
            joined = points.tobytes().decode("utf-32-le", "surrogatepass")
    return Block(
        text=joined,
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
    terms: dict[int, int] = field(default_factory=dict)  # hash -> number
    term_of: list[int] = field(default_factory=list)  # by token: its term's number, -1 for a stop word
    surfaces: list[str] = field(default_factory=list)  # by token
    known: int = 0
    _slots: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1 << 16, np.int32))
    _hashes: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(1 << 15, np.uint64))
    _seen: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1 << 15, np.int64))
    _places: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1 << 15, np.int32))

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
        self._enter(block.text, begins[places], ends[places], languages)
        return tokens, starts

    def written(self) -> dict[int, str]:
        """Term hash -> the way it is written, as `most_frequent_surfaces` chooses."""
        hashes = list(self.terms)
        terms = np.array(self.term_of, np.int64)
        meant = np.flatnonzero(terms >= 0)
        has_rival = np.bincount(terms[meant], minlength=len(hashes))[terms[meant]] > 1
        lone, rivals = meant[~has_rival].tolist(), meant[has_rival].tolist()
        chosen = most_frequent_surfaces((hashes[self.term_of[i]], self.surfaces[i], int(self._seen[i])) for i in rivals)
        return chosen | {hashes[self.term_of[i]]: self.surfaces[i] for i in lone}

    def _make_room(self, tokens: int) -> None:
        capacity = max(2 * self.known, self.known + tokens)
        self._hashes, self._seen = grown(self._hashes, capacity), grown(self._seen, capacity)
        self._places = grown(self._places, capacity)
        if 2 * capacity > self._slots.size:
            self._slots = np.zeros(1 << (2 * capacity - 1).bit_length(), np.int32)
            kernel.refill(self._slots, self._hashes[: self.known])

    def _enter(
        self, text: str, begins: NDArray[np.int32], ends: NDArray[np.int32], languages: NDArray[np.int64]
    ) -> None:
        """Finds the terms of new tokens, which lie in `text` as the kernel says."""
        stops = np.where(ends < 0, ~ends, ends)
        fresh = [text[begin:stop] for begin, stop in zip(begins.tolist(), stops.tolist(), strict=True)]
        stems: list[str | None] = [*fresh]
        for name, language in self.languages.items():
            chosen = np.flatnonzero((languages == language) & (ends >= 0)).tolist()
            for i, stem in zip(chosen, word_stems([fresh[i] for i in chosen], name), strict=True):
                stems[i] = stem
        self.surfaces += fresh
        points, starts = _joined([stem or "" for stem in stems])
        hashes = kernel.term_hashes(points, starts).tolist()
        terms = self.terms
        self.term_of += [
            -1 if stem is None else terms.setdefault(term, len(terms)) for stem, term in zip(stems, hashes, strict=True)
        ]


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
