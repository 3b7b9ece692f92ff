"""Which names (sections, tags, labels, authors) each article row carries: a ragged table of codes with an overlay."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.names import Names
from recsys.ragged import places, spliced


class Membership:
    """Names by row. Base arrays may be memory maps; `put` overlays single rows."""

    def __init__(
        self, names: Names, starts: NDArray[np.int64] | None = None, codes: NDArray[np.int32] | None = None
    ) -> None:
        """starts  (n + 1,) where each row's codes begin      codes  (m,) positions in `names`"""
        self._starts = np.zeros(1, np.int64) if starts is None else starts
        self._codes = np.zeros(0, np.int32) if codes is None else codes
        self._names = names
        self._changed: dict[int, tuple[int, ...]] = {}
        self._overlaid = np.zeros(self._starts.size, np.bool_)  # the rows of `_changed`; the last one is never set

    @classmethod
    def of(cls, named: Iterable[Sequence[str]]) -> Self:
        """Of the names of each row: the same as `put` of one after the other, in a tenth of the time."""
        codes: dict[str, int] = {}
        found: list[int] = []
        ends = [0]
        for names in named:
            if names:
                found.extend([codes.setdefault(name, len(codes)) for name in dict.fromkeys(names)])
            ends.append(len(found))
        return cls(Names.distinct(codes), np.array(ends, np.int64), np.array(found, np.int32))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        return cls(Names.from_arrays(arrays), arrays["row_starts"], arrays["codes"])

    @property
    def base(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Where the codes of each row begin in the base arrays (n + 1,), and the codes (m,)."""
        return self._starts, self._codes

    def arrays(self, rows: int) -> dict[str, NDArray[Any]]:
        """Base and overlay as one base of `rows` rows."""
        starts, codes = spliced(self._starts, self._codes, self._changed, rows)
        return {**self._names.arrays(), "row_starts": starts, "codes": codes}

    def put(self, row: int, names: Sequence[str]) -> None:
        """Replaces the names of `row`."""
        if row < self._overlaid.size - 1:
            self._overlaid[row] = True
        self._changed[row] = tuple(map(self._names.intern, dict.fromkeys(names))) if names else ()

    def code(self, name: str) -> int | None:
        """The code of a name, None where no article ever had it."""
        return self._names.code(name)

    def name(self, code: int) -> str:
        """The name of a code."""
        return self._names.name(code)

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
        return tuple(map(self._names.name, self.codes(row).tolist()))

    def has(self, rows: NDArray[np.integer], name: str) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) carries `name`: (m,)."""
        code = self._names.code(name)
        if code is None:
            return np.zeros(rows.size, np.bool_)
        owner, codes = self.gather(rows)
        return np.bincount(owner[codes == code], minlength=rows.size) > 0

    def gather(self, rows: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """All codes of `rows` (m,), each with the position in `rows` that carries it, ascending: two equal lengths."""
        late = self._late(rows)
        base = rows
        if late.size:
            base = np.array(rows)
            base[late] = self._starts.size  # where there is nothing
        place, owner = places(self._starts, base)
        codes = self._codes.take(place)
        if not late.size:
            return owner, codes
        overlaid = [self._changed.get(row, ()) for row in rows[late].tolist()]
        owner = np.concatenate((owner, np.repeat(late, [len(own) for own in overlaid])))
        codes = np.concatenate((codes, np.array([code for own in overlaid for code in own], np.int32)))
        order = owner.argsort(kind="stable")
        return owner[order], codes[order]

    def _late(self, rows: NDArray[np.integer]) -> NDArray[np.intp]:
        """Positions of those of `rows` that don't stand as they did in the base."""
        if not self._changed:
            return np.zeros(0, np.intp)
        return np.flatnonzero(self._overlaid.take(rows, mode="clip") | (rows >= self._overlaid.size - 1))
