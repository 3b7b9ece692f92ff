"""From the id of an article to its row and back: base arrays from a bundle, ids that came since in memory."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.growing import Growing
from recsys.strings import StringTable

NO_ROW = -1
REMEMBERED = 1 << 16  # ids whose rows are at hand, 8 MB

_DIGEST = np.dtype("<u8")


class ArticleIds:
    """Ids by row. An id keeps its row for good."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """arrays  as of `id_arrays`; they are never written to"""
        self._table = StringTable(arrays["id_data"], arrays["id_starts"])
        self._hashes = Growing(arrays["id_hash"])
        self._sorted: tuple[NDArray[np.uint64], NDArray[np.int32]] = (arrays["sorted_hash"], arrays["sorted_row"])
        self._asked: dict[str, int] = {}  # of the base
        self._row_of_new: dict[str, int] = {}
        self._new: list[str] = []

    def __len__(self) -> int:
        return len(self._table) + len(self._new)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Of the ids there were and those that came, as of `id_arrays`."""
        return _arrays(self._table.with_more(self._new), self._hashes.view.copy())

    def extend(self, ids: Sequence[str]) -> None:
        """Appends m ids that are new."""
        self._row_of_new |= zip(ids, range(len(self), len(self) + len(ids)), strict=True)
        self._new += ids
        self._hashes.extend(_hashes(map(str.encode, ids)))

    def id(self, row: int) -> str:
        """The id at `row`; raises IndexError for none."""
        new = row - len(self._table)
        return self._new[new] if new >= 0 else self._table[row]

    def row(self, article_id: str) -> int | None:
        """The row of an id; None where it never was."""
        if article_id in self._row_of_new:
            return self._row_of_new[article_id]
        hashes, rows = self._sorted
        raw = article_id.encode()
        wanted = np.uint64(int.from_bytes(_digest(raw), "little"))
        for place in range(int(np.searchsorted(hashes, wanted)), hashes.size):
            if hashes[place] != wanted:
                break
            if self._table.raw(int(rows[place])) == raw:
                return int(rows[place])
        return None

    def rows(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """(m,) `row` of each id, NO_ROW where it never was. One asked for before takes a tenth of a microsecond."""
        asked, new = self._asked, self._row_of_new
        if len(asked) > REMEMBERED:
            asked.clear()
        unseen = [one for one in dict.fromkeys(ids) if one not in asked and one not in new]
        if unseen:
            self._remember(unseen)
        found = [new.get(one, NO_ROW) if (row := asked.get(one)) is None else row for one in ids]
        return np.array(found, np.int64)

    def _remember(self, ids: Sequence[str]) -> None:
        """Looks distinct ids up in the base, and keeps the rows of those that are there. A microsecond each."""
        hashes, rows = self._sorted
        if not hashes.size:
            return
        raw = [one.encode() for one in ids]
        there = rows.take(hashes.searchsorted(_hashes(raw)), mode="clip")
        for one, asked, row, found in zip(ids, raw, there.tolist(), self._table.some(there), strict=True):
            if found == asked:
                self._asked[one] = row
            elif (other := self.row(one)) is not None:  # of an equal hash
                self._asked[one] = other


def id_arrays(ids: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Of n distinct ids, by row.

    id_data, id_starts       (bytes,) uint8 and (n + 1,) int64, as of `StringTable`
    id_hash                  (n,) uint64, by which an id is looked for; two may share one
    sorted_hash, sorted_row  (n,) uint64 and int32, the hashes ascending and whose they are, equal ones by row
    """
    return _arrays(StringTable.from_strings(ids), _hashes(map(str.encode, ids)))


def _arrays(table: StringTable, hashes: NDArray[np.uint64]) -> dict[str, NDArray[Any]]:
    order = np.argsort(hashes, kind="stable").astype(np.int32)
    found: dict[str, NDArray[Any]] = {"id_data": table.data, "id_starts": table.starts, "id_hash": hashes}
    return found | {"sorted_hash": hashes[order], "sorted_row": order}


def _hashes(raw: Iterable[bytes]) -> NDArray[np.uint64]:
    """(m,) of m ids in UTF-8."""
    return np.frombuffer(b"".join(map(_digest, raw)), _DIGEST)


def _digest(raw: bytes) -> bytes:
    return blake2b(raw, digest_size=_DIGEST.itemsize).digest()
