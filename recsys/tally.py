"""A public counter per article: the total that the site's record brought, and what was stamped after that record."""

from array import array
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
        self._stamps: dict[int, array[int]] = {}
        self._steps: dict[int, array[int]] = {}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], name: str) -> Self:
        """From `<name>_total`, `<name>_at` and `<name>_since`."""
        return cls(arrays[f"{name}_total"], arrays[f"{name}_at"], arrays[f"{name}_since"])

    def add(self, row: int, at: int, step: int) -> None:
        """Counts `step` (1, or -1 for one taken back), stamped `at`."""
        self._stamps.setdefault(row, array("q")).append(at)
        self._steps.setdefault(row, array("b")).append(step)
        if at > self._total_at.view[row]:
            self._since.view[row] += step

    def add_all(self, row: NDArray[np.integer], at: NDArray[np.int64]) -> None:
        """Counts 1 for each of m events, of rows (m,) and stamped (m,)."""
        for of_row, stamp in zip(row.tolist(), at.tolist(), strict=True):
            self._stamps.setdefault(of_row, array("q")).append(stamp)
            self._steps.setdefault(of_row, array("b")).append(1)
        np.add.at(self._since.view, row, at > self._total_at.view[row])

    def put(self, row: int, total: int | None, total_at: int) -> None:
        """Takes over what a record says: of an existing row, or of the next new one.

        A record that differs from the one in the bundle arrived after all events of the bundle.
        """
        if row == len(self._total):
            for column in (self._total, self._total_at, self._since):
                column.extend(0)
        self._total.view[row] = total or 0
        if total_at != self._total_at.view[row]:
            self._total_at.view[row] = total_at
            stamps = np.array(self._stamps.get(row, ()), np.int64)
            self._since.view[row] = np.array(self._steps.get(row, ()), np.int64)[stamps > total_at].sum()

    def total_at(self, row: int) -> int:
        """When the record behind the row's total arrived, microseconds."""
        return int(self._total_at.view[row])

    def count(self, row: int) -> int:
        """What to show to the public: 0 or more."""
        return max(0, int(self._total.view[row] + self._since.view[row]))

    @property
    def counts(self) -> NDArray[np.int64]:
        """(n,) `count` of every row."""
        found: NDArray[np.int64] = np.maximum(self._total.view + self._since.view, 0)
        return found
