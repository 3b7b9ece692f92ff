"""`recsys.stories.Shingles.of` for the texts of a large site: the same in a tenth of the time."""

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from recsys.stories import KEPT, SPACELESS, Shingles
from training import shingle_kernel as kernel
from training.characters import Characters

BLOCK = 2_000_000  # code points that one pass reads

_ALONE = re.compile(f"[{SPACELESS}]+")
_LETTERS = re.compile(r"\w+")


def compiled_shingles(texts: Sequence[str]) -> list[Shingles]:
    """The shingles of each text."""
    characters = Characters(_classify)
    found: list[Shingles] = []
    for block in _blocks(texts):
        starts = np.zeros(len(block) + 1, np.int64)
        np.cumsum([*map(len, block)], out=starts[1:])
        points = np.frombuffer("".join(block).encode("utf-32-le", "surrogatepass"), np.uint32)
        sizes, ends = np.empty(len(block), np.int32), np.empty(len(block), np.int64)
        hashes = np.empty(min(points.size, KEPT * len(block)), np.uint32)
        kept = hashes[: kernel.shingles(points, starts, characters.classes(points), sizes, ends, hashes)].copy()
        begin = 0
        for size, end in zip(sizes.tolist(), ends.tolist(), strict=True):
            found.append(Shingles(size, kept[begin:end]))
            begin = end
    return found


def _classify(characters: str) -> NDArray[np.uint8]:
    """The class of each character, by the patterns of `recsys.stories`."""
    table = np.zeros(len(characters), np.uint8)
    for kind, pattern in ((kernel.LETTER, _LETTERS), (kernel.ALONE, _ALONE)):
        for match in pattern.finditer(characters):
            table[match.start() : match.end()] = kind
    return table


def _blocks(texts: Sequence[str]) -> Iterator[list[str]]:
    block: list[str] = []
    size = 0
    for text in texts:
        block.append(text.casefold())
        size += len(block[-1])
        if size >= BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block
