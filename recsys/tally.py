"""A public counter per article: the total that the site's record brought, and what was stamped after that record."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.growing import Growing


class Tally:
    """Counts by row. What came since the bundle keeps its stamp: a later total swallows all that precede it."""

    def __init__(self, total: NDArray[np.int64], total_at: NDArray[np.int64], since: NDArray[np.int64]) -> None:
        """total     (n,) of the article's record, 0 where it had none
        total_at  (n,) microseconds when that record arrived, 0 where none did
        since     (n,) net steps stamped after total_at, as of the bundle
        """
        self._total = Growing(total)
        self._total_at = Growing(total_at)
        self._since = Growing(since)
        self._rows = Growing(np.zeros(0, np.int32))  # of each step since the bundle, with its stamp and size
        self._stamps = Growing(np.zeros(0, np.int64))
        self._steps = Growing(np.zeros(0, np.int8))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Self:
        """From `<name>_total`, `<name>_at` and `<name>_since`."""
        return cls(arrays[f"{name}_total"], arrays[f"{name}_at"], arrays[f"{name}_since"])

    def add(self, row: NDArray[np.integer], at: NDArray[np.int64], step: NDArray[np.int8]) -> None:
        """Counts the steps (m,), 1, or -1 for one taken back, of rows (m,) and stamped (m,)."""
        self._rows.extend(row)
        self._stamps.extend(at)
        self._steps.extend(step)
        if row.size:
            np.add.at(self._since.own, row, np.where(at > self.total_at(row), step, 0).astype(np.int64))

    def put(self, row: int, total: int | None, total_at: int) -> None:
        """Takes over what a record says: of an existing row, or of the next new one. O(steps since the bundle).

        A record that differs from the one in the bundle arrived after all events of the bundle.
        """
        if row == len(self._total):
            for column in (self._total, self._total_at, self._since):
                column.extend(0)
        if self._total.view[row] != (total or 0):
            self._total.own[row] = total or 0
        if total_at != self._total_at.view[row]:
            self._total_at.own[row] = total_at
            later = (self._rows.view == row) & (self._stamps.view > total_at)
            self._since.own[row] = self._steps.view[later].sum()

    def total_at(self, rows: NDArray[np.integer]) -> NDArray[np.int64]:
        """(m,) when the record behind the total of each of `rows` (m,) arrived, microseconds."""
        return self._total_at.view.take(rows)

    def count(self, row: int) -> int:
        """What to show to the public: 0 or more."""
        return max(0, int(self._total.view[row] + self._since.view[row]))

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n,) `count` of every row."""
        found: NDArray[np.int64] = np.maximum(self._total.view + self._since.view, 0)
        return found
