"""Numbers that every worker of a server adds to and each can read: a row for each worker in shared memory."""

import mmap
from collections.abc import Hashable, Iterable


class Counts:
    """A table (rows, names) of float64. Made before workers are forked, it is the same memory for all of them.

    A row has one writer, so that nothing needs a lock; a worker that takes a dead one's place goes on with its row, so
    that a counter never falls.
    """

    def __init__(self, names: Iterable[Hashable], rows: int = 1) -> None:
        """names  of the columns, in their order"""
        self.place = {name: place for place, name in enumerate(names)}
        self._width = len(self.place)
        self._rows = rows
        self._cells: memoryview[float] = memoryview(mmap.mmap(-1, max(1, rows * self._width) * 8)).cast("d")

    def row(self, number: int) -> "memoryview[float]":
        """The cells of one row: `row[place] += 1`."""
        return self._cells[number * self._width : (number + 1) * self._width]

    def total(self, name: Hashable) -> float:
        """The sum of a column."""
        return sum(self.each(name))

    def each(self, name: Hashable) -> list[float]:
        """A column, by row."""
        place = self.place[name]
        return [self._cells[number * self._width + place] for number in range(self._rows)]
