"""The lists of the simple models at one moment, for one reader after another: most are cut from orders made once."""

import numpy as np
from numpy.typing import NDArray

from recsys.histories import Reads
from recsys.items import best
from training.baselines import Popularity, Scores, Simple, first_rows

Rows = NDArray[np.integer]


class SimpleLists:
    """What the simple models recommend to readers at a moment."""

    def __init__(self, simple: Simple, popularity: Popularity, shown: NDArray[np.bool_]) -> None:
        """shown  (n,) whether each article could be shown at the moment of `popularity`"""
        self._simple, self._open, self._has_sections = simple, shown.copy(), simple.has_sections
        rows = shown.nonzero()[0]
        self._shown = rows
        self._popular = _ordered(popularity.total, rows)
        self._recent = _ordered(popularity.recent, rows)
        self._newest = simple.newest[shown[simple.newest]]
        self._in_section: dict[int, Rows] = {}

    def to(self, reads: Reads, k: int, rng: np.random.Generator) -> dict[str, list[int]]:
        """By model the k articles for one who has read `reads`, best first: none of these."""
        liked = reads.rows[reads.strength > 0]
        found = {
            "most popular": _first(self._popular, reads.rows, k),
            "recent popular": _first(self._recent, reads.rows, k),
        }
        found |= self._likened(liked, reads.rows, k)
        if self._has_sections:
            found["popular in the section"] = _first(self._popular_in(self._simple.section_of(liked)), reads.rows, k)
        found["newest"] = _first(self._newest, reads.rows, k)
        found["random"] = self._random(reads.rows, k, rng)
        return found

    def _likened(self, liked: Rows, read: Rows, k: int) -> dict[str, list[int]]:
        """The models that go by likeness to what was `liked`."""
        was = self._open[read]
        self._open[read] = False
        found: dict[str, list[int]] = {}
        if self._simple.known.vectors.nnz:
            found = {name: first_rows(score, self._open, k) for name, score in self._simple.scores(liked).items()}
        elif self._simple.items.nnz:
            rows, score = self._simple.tied(liked)
            kept = self._open[rows] & (score > 0.0)
            found["item-item"] = rows[kept][best(score[kept], rows[kept], k)].tolist()
        self._open[read] = was
        return found

    def _popular_in(self, section: int | None) -> Rows:
        if section is None:
            return self._recent[:0]
        if section not in self._in_section:
            self._in_section[section] = self._recent[self._simple.section[self._recent] == section]
        return self._in_section[section]

    def _random(self, read: Rows, k: int, rng: np.random.Generator) -> list[int]:
        """k by chance of those shown that were not read."""
        gone = np.sort(self._shown.searchsorted(read[self._open[read]]))
        left = self._shown.size - gone.size
        drawn = rng.choice(left, min(k, left), replace=False)
        found: list[int] = self._shown[drawn + (gone - np.arange(gone.size)).searchsorted(drawn, "right")].tolist()
        return found


def _ordered(score: Scores, rows: Rows) -> Rows:
    """Those of `rows` (m,) whose `score` (n,) is above 0, the highest first, equal ones by lower row."""
    rows = rows[score[rows] > 0.0]
    return rows[np.lexsort((rows, -score[rows]))]


def _first(order: Rows, read: Rows, k: int) -> list[int]:
    """The first k of `order` that are not among those `read`."""
    some = order[: k + read.size]
    found: list[int] = some[~np.isin(some, read)][:k].tolist()
    return found
