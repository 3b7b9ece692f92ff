"""From the id of an article to its row and back: base arrays from a bundle, ids that came since in memory."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.growing import Growing
from recsys.id_kernel import NO_ROW, rows_of_ids
from recsys.strings import StringTable

_DIGEST = np.dtype("<u8")


class ArticleIds:
    """Ids by row. An id keeps its row for good."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """arrays  as of `id_arrays`; they are never written to"""
        self._table = StringTable(arrays["id_data"], arrays["id_starts"])
        self._hashes = Growing(arrays["id_hash"])
        self._sorted: tuple[NDArray[np.uint64], NDArray[np.int32]] = (arrays["sorted_hash"], arrays["sorted_row"])
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
        row = int(self.rows([article_id])[0])
        return None if row == NO_ROW else row

    def rows(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """(m,) `row` of each id, NO_ROW where it never was. About a microsecond each."""
        raw = [one.encode() for one in ids]
        ends, asked = np.fromiter(accumulate(map(len, raw)), np.int64, len(raw)), np.frombuffer(b"".join(raw), np.uint8)
        found = np.empty(len(raw), np.int64)
        rows_of_ids(self._table.data, self._table.starts, *self._sorted, asked, ends, _hashes(raw), found)
        new = self._row_of_new
        if new:
            for place in (found == NO_ROW).nonzero()[0].tolist():
                found[place] = new.get(ids[place], NO_ROW)
        return found


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
    return np.frombuffer(b"".join([blake2b(one, digest_size=_DIGEST.itemsize).digest() for one in raw]), _DIGEST)
