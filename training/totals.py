"""The totals that articles' records brought: what a site counted until each record arrived."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.article import StoredArticle


@dataclass(frozen=True, slots=True)
class Totals:
    """What the articles' records brought, (n,) int64 each: 0 and time 0 where they brought nothing."""

    views: NDArray[np.int64]
    views_at: NDArray[np.int64]
    likes: NDArray[np.int64]
    likes_at: NDArray[np.int64]

    @classmethod
    def none(cls, n: int) -> "Totals":
        """No totals: for a look at the past, when they are of a later time."""
        return cls(*(np.zeros(n, np.int64) for _ in range(4)))

    @classmethod
    def of(cls, articles: Sequence[StoredArticle]) -> "Totals":
        """The totals of articles in order of their rows."""
        columns = np.array(
            [(a.article.views or 0, a.views_at, a.article.likes or 0, a.likes_at) for a in articles], np.int64
        ).reshape(-1, 4)
        return cls(*(np.ascontiguousarray(column) for column in columns.T))

    def with_those_of(self, articles: Sequence[StoredArticle], rows: NDArray[np.integer], n: int) -> "Totals":
        """Of n articles those of `rows` as they are in `articles`, the others as here."""
        some, found = Totals.of([articles[row] for row in rows.tolist()]), Totals.none(n)
        for name in self.__slots__:
            column, old = getattr(found, name), getattr(self, name)
            column[: old.size] = old
            column[rows] = getattr(some, name)
        return found
