"""Words and phrases in titles, looked for in all titles at once."""

from collections.abc import Mapping, Sequence

import numpy as np
import regex
from numpy.typing import NDArray

from recsys.text import SPACELESS, folded, normalised

# Of these scripts words are not parted, so that what stands beside a phrase says nothing about where a word ends.
_UNPARTED = regex.compile(SPACELESS, regex.V1)
_IN_WORD = regex.compile(r"[\p{L}\p{M}\p{N}]")
_SPACES = regex.compile(" {2,}")


class Phrases:
    """Phrases, each with the bits that stand for it."""

    def __init__(self, bits: Mapping[str, NDArray[np.uint64]]) -> None:
        """bits  by phrase, (w,) each"""
        self._bits = [(plain(phrase), some) for phrase, some in bits.items()]

    def found_in(self, titles: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.uint64]]:
        """Positions in `titles` and the bits of a phrase that stands there as whole words: (f,) and (f, w)."""
        text = plain_lines(titles)
        starts = np.cumsum([0, *(len(line) + 1 for line in text.split("\n"))])
        owners, bits = [np.zeros(0, np.intp)], [np.zeros((0, self._bits[0][1].size), np.uint64)]
        for phrase, some in self._bits:
            places = np.array(_places(phrase, text), np.intp)
            owners.append(np.unique(np.searchsorted(starts, places, side="right") - 1))
            bits.append(np.repeat(some[None, :], owners[-1].size, axis=0))
        return np.concatenate(owners), np.concatenate(bits)


def plain(text: str) -> str:
    """`text` in one line, without case, in one spelling of its characters."""
    return plain_lines([text]).strip()


def plain_lines(texts: Sequence[str]) -> str:
    """Each of `texts` in a line of its own, plain but for a space at its ends. All are folded at once: a tenth of the
    time, most of which folding takes.
    """
    return str(_SPACES.sub(" ", folded(normalised("\n".join([" ".join(text.split()) for text in texts])), "")))


def _places(phrase: str, text: str) -> list[int]:
    """Where `phrase` stands in `text` as whole words."""
    found, at = [], text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        if _parted(text[at - 1 : at], phrase[0]) and _parted(text[end : end + 1], phrase[-1]):
            found.append(at)
        at = text.find(phrase, at + 1)
    return found


def _parted(beside: str, edge: str) -> bool:
    """Whether a word may end between two characters, the one beside a phrase and the phrase's own."""
    if not _IN_WORD.match(beside) or not _IN_WORD.match(edge):
        return True
    return bool(_UNPARTED.match(edge) or _UNPARTED.match(beside))
