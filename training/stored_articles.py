"""The articles of a store as a training asks for them: none is decoded before it is looked at.

Beside a model of before, whose checks are known, only what differs since is read at once.
"""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from recsys.article import StoredArticle
from recsys.columns import ArticleColumns
from recsys.store import Catalogue
from training.collector import collector_paused


class StoredArticles(Sequence[StoredArticle]):
    """n articles by row.

    checks  (n,) uint32 of what lay in the store when this was made
    differ  rows, ascending, whose checks are not those of before: new ones too
    """

    def __init__(self, catalogue: Catalogue, before: NDArray[np.uint32] | None = None) -> None:
        """before  (m,) checks of a model to carry on from; without them all articles are read at once."""
        self._catalogue = catalogue
        self.checks = np.array(catalogue.checks(), np.uint32)
        before = np.zeros(0, np.uint32) if before is None else before[: self.checks.size]
        changed = np.ones(self.checks.size, np.bool_)
        changed[: before.size] = self.checks[: before.size] != before
        self.differ = np.flatnonzero(changed)
        few = self.differ.size < self.checks.size // 4
        self._read = {one.row: one for one in catalogue.scan(self.differ.tolist())} if few else {}
        self._all = None if few else self._every_one()

    def known(self, as_of: int, columns: ArticleColumns | None = None) -> int:
        """How many are published before a moment and not deleted.

        columns  of the model whose checks they were compared with: what did not change since is taken from there
        """
        if columns is None:
            return sum(_is_known(stored, as_of) for stored in self)
        same = (columns.published < as_of) & ~columns.gone
        same[self.differ[self.differ < same.size]] = False
        return int(np.count_nonzero(same)) + sum(_is_known(self[row], as_of) for row in self.differ.tolist())

    def rows_by_id(self, columns: ArticleColumns | None = None) -> dict[str, int]:
        """The row of each id; `columns` as for `known`."""
        if columns is None:
            return {stored.article.id: stored.row for stored in self}
        ids = [columns.id(row) for row in range(min(len(columns), len(self)))] + [""] * (len(self) - len(columns))
        for row in self.differ.tolist():
            ids[row] = self[row].article.id
        return {article_id: row for row, article_id in enumerate(ids)}

    def __len__(self) -> int:
        return self.checks.size

    @overload
    def __getitem__(self, row: int) -> StoredArticle: ...
    @overload
    def __getitem__(self, row: slice) -> list[StoredArticle]: ...
    def __getitem__(self, row: int | slice) -> StoredArticle | list[StoredArticle]:
        if self._all is None and isinstance(row, int):
            row = range(len(self))[row]
            if row not in self._read:
                self._read |= {one.row: one for one in self._catalogue.scan([row])}
            return self._read[row]
        self._all = self._all or self._every_one()
        return self._all[row]

    def __iter__(self) -> Iterator[StoredArticle]:
        self._all = self._all or self._every_one()
        return iter(self._all)

    def _every_one(self) -> list[StoredArticle]:
        with collector_paused():
            return [*self._catalogue.scan()][: len(self)]


def _is_known(stored: StoredArticle, as_of: int) -> bool:
    return stored.deleted_at is None and stored.article.published_at < as_of
