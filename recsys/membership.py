"""Which names (sections, tags, labels, authors) each article row carries: a ragged table of codes with an overlay."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.strings import StringTable


class Membership:
    """Names by row. Base arrays may be memory maps; `put` overlays single rows."""

    def __init__(
        self, names: Sequence[str], starts: NDArray[np.int64] | None = None, codes: NDArray[np.int32] | None = None
    ) -> None:
        """starts  (n + 1,) where each row's codes begin      codes  (m,) positions in `names`"""
        self._starts = np.zeros(1, np.int64) if starts is None else starts
        self._codes = np.zeros(0, np.int32) if codes is None else codes
        self._names = list(names)
        self._code = {name: code for code, name in enumerate(self._names)}
        self._changed: dict[int, tuple[int, ...]] = {}
        self._sums = np.zeros(0)  # by code, all zero between calls
        self._overlaid = np.zeros(self._starts.size, np.bool_)  # the rows of `_changed`; the last one is never set

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        return cls([*StringTable(arrays["data"], arrays["starts"])], arrays["row_starts"], arrays["codes"])

    def arrays(self, rows: int) -> dict[str, NDArray[Any]]:
        """Base and overlay as one base of `rows` rows."""
        codes = [self._changed[row] if row in self._changed else self.codes(row).tolist() for row in range(rows)]
        starts = np.zeros(rows + 1, np.int64)
        np.cumsum([*map(len, codes)], out=starts[1:])
        flat = np.fromiter(chain.from_iterable(codes), np.int32, int(starts[-1]))
        table = StringTable.from_strings(self._names)
        return {"data": table.data, "starts": table.starts, "row_starts": starts, "codes": flat}

    def put(self, row: int, names: Sequence[str]) -> None:
        """Replaces the names of `row`."""
        if row < self._overlaid.size - 1:
            self._overlaid[row] = True
        self._changed[row] = tuple(map(self._intern, dict.fromkeys(names))) if names else ()

    def code(self, name: str) -> int | None:
        """The code of a name, None where no article ever had it."""
        return self._code.get(name)

    def name(self, code: int) -> str:
        """The name of a code."""
        return self._names[code]

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._names)

    def codes(self, row: int) -> NDArray[np.int32]:
        """The codes of one row, in the order of the record."""
        if row in self._changed:
            return np.array(self._changed[row], np.int32)
        if row + 1 < self._starts.size:
            return self._codes[self._starts[row] : self._starts[row + 1]]
        return np.zeros(0, np.int32)

    def names(self, row: int) -> tuple[str, ...]:
        """The names of one row, in the order of the record."""
        return tuple(self._names[code] for code in self.codes(row))

    def has(self, rows: NDArray[np.integer], name: str) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) carries `name`: (m,)."""
        code = self._code.get(name)
        if code is None:
            return np.zeros(rows.size, np.bool_)
        owner, codes = self.gather(rows)
        return np.bincount(owner[codes == code], minlength=rows.size) > 0

    def gather(self, rows: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """All codes of `rows` (m,), each with the position in `rows` that carries it, ascending: two equal lengths."""
        first = self._starts.take(rows, mode="clip")
        counts = self._starts.take(rows + 1, mode="clip")
        counts -= first  # 0 beyond the base, where both are its end
        late = self._late(rows) if self._changed else np.zeros(0, np.intp)
        counts[late] = 0
        owner = np.arange(rows.size).repeat(counts)
        first += counts
        first -= counts.cumsum()
        place = first.repeat(counts)
        place += np.arange(place.size)
        codes = self._codes.take(place)
        if not late.size:
            return owner, codes
        overlaid = [self._changed.get(row, ()) for row in rows[late].tolist()]
        owner = np.concatenate((owner, np.repeat(late, [len(own) for own in overlaid])))
        codes = np.concatenate((codes, np.array([code for own in overlaid for code in own], np.int32)))
        order = owner.argsort(kind="stable")
        return owner[order], codes[order]

    def summed(
        self, codes: NDArray[np.int32], weights: NDArray[np.float64], wanted: NDArray[np.int32]
    ) -> NDArray[np.float64]:
        """For each of `wanted` (w,) the sum of the weights (m,) of equal `codes` (m,): (w,). Cost: O(m + w)."""
        if len(self._names) > self._sums.size:
            self._sums = np.zeros(len(self._names) + len(self._names) // 4)
        np.add.at(self._sums, codes, weights)
        found: NDArray[np.float64] = self._sums.take(wanted)
        self._sums[codes] = 0.0
        return found

    def _late(self, rows: NDArray[np.integer]) -> NDArray[np.intp]:
        """Positions of those of `rows` that don't stand as they did in the base."""
        return np.flatnonzero(self._overlaid.take(rows, mode="clip") | (rows >= self._overlaid.size - 1))

    def _intern(self, name: str) -> int:
        if name not in self._code:
            self._code[name] = len(self._names)
            self._names.append(name)
        return self._code[name]
