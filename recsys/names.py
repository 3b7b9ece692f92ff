"""Distinct names by number: those of a bundle stay in its arrays, where a million tags take no memory of a process."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.strings import StringTable

ASKED = 4_096  # names whose numbers are remembered


class Names:
    """Names numbered in the order in which they first came."""

    def __init__(self, table: StringTable, order: NDArray[np.int32] | None = None) -> None:
        """
        table  of the bundle, distinct
        order  (n,) the numbers of those, the names ascending as UTF-8; found here where a bundle doesn't have it
        """
        self._table = table
        self._order = np.array(sorted(range(len(table)), key=table.raw), np.int32) if order is None else order
        self._new: dict[str, int] = {}
        self._new_names: list[str] = []
        self._find = _finder(self._table, self._order)

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """The names, each once."""
        found = cls(StringTable.from_strings([]))
        for name in names:
            found.intern(name)
        return found

    @classmethod
    def distinct(cls, names: Iterable[str]) -> Self:
        """Names of which each comes once."""
        some = list(names)
        order = sorted(range(len(some)), key=some.__getitem__)  # as UTF-8 they would be in the same order
        return cls(StringTable.from_strings(some), np.array(order, np.int32))

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned; `order` may be absent."""
        return cls(StringTable(arrays["data"], arrays["starts"]), arrays.get("order"))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`data`, `starts`, `order`."""
        table = self._table.with_more(self._new_names)
        order = self._order if not self._new else Names(table)._order
        return {"data": table.data, "starts": table.starts, "order": order}

    def __len__(self) -> int:
        return len(self._table) + len(self._new)

    def name(self, code: int) -> str:
        """The name of a number."""
        base = len(self._table)
        return self._table[code] if code < base else self._new_names[code - base]

    def code(self, name: str) -> int | None:
        """The number of a name, None where there is no such name. O(log n), at once for those asked for lately."""
        new = self._new.get(name)
        return new if new is not None or not len(self._table) else self._find(name)

    def intern(self, name: str) -> int:
        """The number of a name, which gets the next one where it has none."""
        known = self.code(name)
        if known is not None:
            return known
        code = self._new[name] = len(self)
        self._new_names.append(name)
        return code


def _finder(table: StringTable, order: NDArray[np.int32]) -> Callable[[str], int | None]:
    """The number of a name of the table. It refers to no Names, which would keep files open until a collection."""

    @lru_cache(ASKED)
    def find(name: str) -> int | None:
        raw = name.encode("utf-8", "surrogatepass")
        place = bisect_left(range(order.size), raw, key=lambda at: table.raw(int(order[at])))
        if place == order.size or table.raw(int(order[place])) != raw:
            return None
        return int(order[place])

    return find
