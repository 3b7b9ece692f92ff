"""Which names (sections, tags, labels, authors) each article row carries: a ragged table of codes with an overlay."""

from collections.abc import Mapping, Sequence
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
        self._overlaid = np.zeros(self._starts.size, np.bool_)  # the rows of `_changed`; the last one is never set

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        return cls([*StringTable(arrays["data"], arrays["starts"])], arrays["row_starts"], arrays["codes"])

    def arrays(self, rows: int) -> dict[str, NDArray[Any]]:
        """Base and overlay as one base of `rows` rows."""
        codes = [self.codes(row) for row in range(rows)]
        starts = np.zeros(rows + 1, np.int64)
        np.cumsum([len(row) for row in codes], out=starts[1:])
        flat = np.concatenate([*codes, np.zeros(0, np.int32)]).astype(np.int32)
        table = StringTable.from_strings(self._names)
        return {"data": table.data, "starts": table.starts, "row_starts": starts, "codes": flat}

    def put(self, row: int, names: Sequence[str]) -> None:
        """Replaces the names of `row`."""
        if row < self._overlaid.size - 1:
            self._overlaid[row] = True
        self._changed[row] = tuple(self._intern(name) for name in dict.fromkeys(names))

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
        """All codes of `rows` (m,), each with the position in `rows` that carries it: two arrays of equal length."""
        in_base = rows < self._starts.size - 1
        if self._changed:
            in_base &= ~self._overlaid[np.minimum(rows, self._overlaid.size - 1)]
        whole = bool(in_base.all())
        position = np.arange(rows.size) if whole else np.flatnonzero(in_base)
        here = rows if whole else rows[position]
        first = self._starts[here]
        counts = self._starts[here + 1] - first
        owner = np.repeat(position, counts)
        codes = self._codes[np.arange(owner.size) + np.repeat(first - np.cumsum(counts) + counts, counts)]
        if whole:
            return owner, codes
        owners, parts = [owner], [codes]
        for place in np.flatnonzero(~in_base):
            own = self._changed.get(int(rows[place]), ())
            owners.append(np.full(len(own), place, np.intp))
            parts.append(np.array(own, np.int32))
        return np.concatenate(owners), np.concatenate(parts)

    def _intern(self, name: str) -> int:
        if name not in self._code:
            self._code[name] = len(self._names)
            self._names.append(name)
        return self._code[name]
