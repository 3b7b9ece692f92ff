"""Which articles the same visitors read: tables of ties between articles, read-only, possibly memory-mapped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Ties:
    """The strongest ties of each article row; a row that the table doesn't reach (a new article) has none.

    starts   (n + 1,) int64, where each row's ties begin
    rows     (m,) int32, the article tied to, strongest first within a row
    scores   (m,) float32, > 0; comparable within one table only
    readers  (m,) int32, how many visitors made the tie
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    scores: NDArray[np.float32]
    readers: NDArray[np.int32]

    @classmethod
    def empty(cls) -> Self:
        """No ties at all."""
        return cls(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros(0, np.int32))

    def of(self, row: int) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
        """The ties of one row: rows, scores, readers."""
        if not 0 <= row < self.starts.size - 1:
            return self.rows[:0], self.scores[:0], self.readers[:0]
        here = slice(int(self.starts[row]), int(self.starts[row + 1]))
        return self.rows[here], self.scores[here], self.readers[here]


_TABLES = ("together", "after", "learned")
_ARRAYS = {"starts": np.int64, "rows": np.int32, "scores": np.float32, "readers": np.int32}


@dataclass(frozen=True, slots=True)
class Covisits:
    """Three tables of ties between articles.

    together  symmetric: how much likelier one is read by those who read the other
    after     directed: what is read next by those who have just read the article
    learned   directed: weights of a linear item-item model, fitted to predict what else a visitor reads
    """

    together_table: Ties
    after_table: Ties
    learned_table: Ties

    @classmethod
    def empty(cls) -> Self:
        """Of a site without visitors."""
        return cls(Ties.empty(), Ties.empty(), Ties.empty())

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        return cls(*(Ties(*(arrays[f"{table}_{name}"] for name in _ARRAYS)) for table in _TABLES))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`<table>_<array>` for the tables together, after and learned, and the arrays of `Ties`."""
        return {
            f"{table}_{name}": np.asarray(getattr(getattr(self, f"{table}_table"), name), kind)
            for table in _TABLES
            for name, kind in _ARRAYS.items()
        }

    def together(self, row: int) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int32]]:
        """What is read by those who read `row`, at any time: rows, scores, readers."""
        return self.together_table.of(row)
