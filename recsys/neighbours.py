"""Which articles are about the same thing: stored neighbour lists, kept exact while articles come, change and go.

The base (vectors, postings, lists) may be memory maps and is never written to. Every vector that arrives later gets a
*slot* behind those of the base and a list of its own; a row in whose list it would stand takes a note of it. A replaced
or removed vector keeps its slot, which no row points to any more, so that entries that mention it fall out on reading.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.bounded import Base, Frequent, reached
from recsys.cosine import STORED, DenseQuery, Found, Neighbours, Rows, all_pairs, scores, top_k
from recsys.growing import Growing
from recsys.late import LateVectors, Notes

NO_SLOT = -1


class Listed(NamedTuple):
    """m neighbour lists of k places in two flat arrays; a place that is empty has no row.

    lists   (m,) each begins at so many times `apart`      rows, scores  (x,), as of `Neighbours`
    """

    lists: NDArray[np.int32]
    apart: int
    k: int
    rows: NDArray[np.int32]
    scores: NDArray[np.float32]


class NeighbourIndex:
    """Cosine neighbours of n rows of unit length, n growing. Lists equal those of a full rebuild on the same vectors.

    Equal scores: the lower row first. Scores are in (0, 1]; rows that share no term are no neighbours. One thread.
    """

    def __init__(
        self,
        vectors: Rows,
        postings: Rows,
        table: Neighbours,
        last_rows: NDArray[np.int32] | None = None,
        last_scores: NDArray[np.float32] | None = None,
        *,
        frequent: Frequent | None = None,
    ) -> None:
        """
        vectors      (n, V) unit rows, or empty ones      postings     the same by term
        table        k >= 1 neighbours a row, of these vectors
        last_rows    (n,) the last column of `table`, kept apart so that opening a map reads no list
        last_scores  (n,) the same
        frequent     bounds that make `put` and `query` take less time in a large index; they change no result
        """
        if table.rows.shape[1] < 1:
            raise ValueError("a neighbour index stores at least one neighbour a row")
        if len(vectors) != table.rows.shape[0]:
            raise ValueError(f"{len(vectors)} vectors, but {table.rows.shape[0]} neighbour lists")
        n = len(vectors)
        self._vectors, self._postings, self._table = vectors, postings, table
        self._flat = table.rows.reshape(-1), table.scores.reshape(-1)
        self._last_rows = Growing(table.rows[:, -1] if last_rows is None else last_rows)
        self._last_scores = Growing(table.scores[:, -1] if last_scores is None else last_scores)
        self._slots = Growing(np.arange(n, dtype=np.int32))  # by row: the slot of its vector, or NO_SLOT
        self._replaced = Growing(np.zeros(0, np.int32))  # rows of the base whose base vector counts no more
        dense = DenseQuery()
        self._base = Base(vectors, postings, frequent, dense)
        self._late = LateVectors(dense)
        self._late_rows = Growing(np.zeros(0, np.int32))  # by late slot: whose vector it was
        self._late_lists: list[Found] = []  # by late slot: slots and scores
        self._notes = Notes(n)

    @classmethod
    def build(cls, vectors: sparse.csr_array, table: Neighbours | None = None, *, stored: int = STORED) -> Self:
        """An index of a matrix (n, V) of unit rows; without `table` its lists are computed here, `stored` a row."""
        rows = Rows.of(vectors)
        postings = rows.transposed(vectors.shape[1])
        return cls(rows, postings, all_pairs(rows, postings, stored) if table is None else table)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned, now or before there were bounds. Nothing is read but the two last columns."""
        vectors, postings = (
            Rows(*(arrays[f"{part}_{name}"] for name in ("starts", "terms", "weights")))
            for part in ("vector", "posting")
        )
        table = Neighbours(arrays["rows"], arrays["scores"])
        frequent = None
        if "frequent_lengths" in arrays:
            frequent = Frequent(int(arrays["frequent_least"][0]), arrays["frequent_lengths"])
        return cls(vectors, postings, table, arrays["last_rows"], arrays["last_scores"], frequent=frequent)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The base as plain arrays. Raises ValueError after a change: what changed is replayed, not saved."""
        if len(self._replaced) or len(self._late_rows):
            raise ValueError("only an index without changes can be saved: build a new one from its vectors")
        found: dict[str, NDArray[Any]] = {"rows": self._table.rows, "scores": self._table.scores}
        found |= {"last_rows": self._last_rows.view, "last_scores": self._last_scores.view}
        for part, rows in (("vector", self._vectors), ("posting", self._postings)):
            found |= {f"{part}_starts": rows.starts, f"{part}_terms": rows.terms, f"{part}_weights": rows.weights}
        frequent = self._base.frequent or Frequent.of(self._postings, len(self))
        if frequent is not None:
            found |= {"frequent_least": np.array([frequent.least]), "frequent_lengths": frequent.lengths}
        return found

    def __len__(self) -> int:
        """How many rows there are, removed ones too."""
        return len(self._slots)

    @property
    def stored(self) -> int:
        """How many neighbours a row are kept; longer lists are computed."""
        return int(self._table.rows.shape[1])

    def vector(self, row: int) -> Found:
        """Terms and weights of `row`; none once it is removed."""
        slot = int(self._slots.view[row])
        if slot == NO_SLOT:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        base = len(self._vectors)
        return self._vectors.row(slot) if slot < base else self._late.row(slot - base)

    def scores(self, terms: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """Cosine of a vector, terms ascending, with every row: (n,), 0 for removed ones. Cost: O(n + postings)."""
        found = scores(self._postings, len(self), terms, weights)
        found[self._replaced.view] = 0.0
        rows, values = self._late_scores(terms, weights)
        found[rows] = values
        return found

    def query(
        self,
        terms: NDArray[np.int32],
        weights: NDArray[np.float32],
        k: int,
        *,
        allowed: NDArray[np.bool_] | None = None,
    ) -> Found:
        """The k rows nearest to a vector, best first, computed exactly.

        allowed  (n,) only these rows; it acts before the cut
        cost     O(n + postings), with bounds a fifth of it in a large index
        """
        rows, values = self._reached(terms, weights, k, allowed=allowed)
        best = top_k(values, k)
        return rows[best], values[best]

    def neighbours(self, row: int, k: int | None = None, *, allowed: NDArray[np.bool_] | None = None) -> Found:
        """The k rows nearest to `row` (default: as many as are stored), best first, never itself.

        allowed  (n,) only these rows; it acts before the cut
        cost     that of reading a list; of a query where the stored list has too few rows left that are allowed
        """
        k = self.stored if k is None else k
        slot = int(self._slots.view[row])
        if slot == NO_SLOT:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        slots, values = self._list(slot)
        cut = slots.size == self.stored  # else the list holds every row that shares a term
        noted_slots, noted_values = self._notes.of(row)
        if noted_slots.size:
            slots, values = np.concatenate((slots, noted_slots)), np.concatenate((values, noted_values))
        rows = self._rows(slots)
        kept = self._slots.view[rows] == slots
        if allowed is not None:
            kept &= allowed[rows]
        if cut and np.count_nonzero(kept) < k:
            rows, values = self.query(*self.vector(row), k + 1, allowed=allowed)
            other = rows != row
            return rows[other][:k], values[other][:k]
        rows, values = rows[kept], values[kept]
        if not noted_slots.size:
            return rows[: max(k, 0)], values[: max(k, 0)]
        order = np.lexsort((rows, -values))[: max(k, 0)]
        return rows[order], values[order]

    def first_lists(self, rows: NDArray[np.integer], k: int, *, current: int = 0) -> Neighbours:
        """The k nearest that each of `rows` (m,) had when its own vector came; what came or went later is left out.

        Where `neighbours` sorts a list anew this reads stored ones, a hundred in 10 microseconds.

        current  for so many of the first rows, what `neighbours` says
        """
        slots = self._slots.view.take(rows)
        base = len(self._vectors)
        k = min(k, self.stored)
        if self._as_built:
            return Neighbours(
                self._table.rows.take(slots, axis=0)[:, :k], self._table.scores.take(slots, axis=0)[:, :k]
            )
        old = (slots >= 0) & (slots < base)
        if old.all():
            found, values = self._table.rows[slots, :k], self._table.scores[slots, :k]
        else:
            found = np.full((slots.size, k), NO_SLOT, np.int32)
            values = np.zeros((slots.size, k), np.float32)
            found[old], values[old] = self._table.rows[slots[old], :k], self._table.scores[slots[old], :k]
            for place in np.flatnonzero(slots >= base).tolist():
                own_slots, own_values = self._late_lists[slots[place] - base]
                own_rows = self._rows(own_slots[:k])
                found[place, : own_rows.size], values[place, : own_rows.size] = own_rows, own_values[:k]
        for place in self._outdated(rows[:current], found):
            near, cosine = self.neighbours(int(rows[place]), k)
            found[place], values[place] = NO_SLOT, 0.0
            found[place, : near.size], values[place, : near.size] = near, cosine
        return Neighbours(found, values)

    def listed(self, rows: NDArray[np.integer], k: int, *, current: int = 0) -> Listed:
        """The same, where it stands: in the index itself, where nothing of it has changed."""
        k, base = min(k, self.stored), len(self._vectors)
        slots = self._slots.view.take(rows)
        as_stored = self._as_built
        if not as_stored and ((slots >= 0) & (slots < base)).all():
            as_stored = not self._outdated(rows[:current], self._table.rows.take(slots[:current], axis=0)[:, :k])
        if as_stored:
            return Listed(slots, self.stored, k, *self._flat)
        near = self.first_lists(rows, k, current=current)
        return Listed(np.arange(slots.size, dtype=np.int32), k, k, near.rows.ravel(), near.scores.ravel())

    @property
    def _as_built(self) -> bool:
        """Whether no vector came or went."""
        return len(self) == len(self._vectors) and not len(self._replaced)

    def _outdated(self, rows: NDArray[np.integer], lists: NDArray[np.int32]) -> list[int]:
        """Positions of those of `rows` whose first lists may be other than what `neighbours` says."""
        slots, there = self._slots.view, lists[: rows.size]
        changed = (slots[rows] >= len(self._vectors)) | self._notes.any(rows)
        changed |= ((there >= 0) & (slots.take(there, mode="clip") != there)).any(axis=1)
        return np.flatnonzero(changed).tolist()

    def put(self, row: int, terms: NDArray[np.int32], weights: NDArray[np.float32]) -> None:
        """Sets the vector of the next new row, of an existing one, or of one that was removed.

        terms  (m,) strictly ascending      weights  (m,) finite, >= 0, of unit length together
        raises  ValueError: row > n, or not such a vector
        cost    a query
        """
        terms, weights = np.asarray(terms, np.int32), np.asarray(weights, np.float32)
        _check(terms, weights)
        self._make_room(row)
        if self._slots.view[row] != NO_SLOT:
            old_terms, old_weights = self.vector(row)
            if np.array_equal(terms, old_terms) and np.array_equal(weights, old_weights):
                return
        self.remove(row)
        slot = len(self._vectors) + len(self._late_rows)
        last_rows, last_scores = self._last_rows.own, self._last_scores.own
        rows, values = self._reached(terms, weights, self.stored, bars=last_scores)
        last = last_scores[rows]
        joins = (values > last) | ((values == last) & (row < last_rows[rows]))
        self._notes.add(rows[joins], values[joins], slot)
        best = top_k(values, self.stored)
        nearest, values = rows[best], values[best]
        self._late.append(terms, weights)
        self._late_rows.extend(row)
        self._late_lists.append((self._slots.view[nearest], values))
        last_rows[row], last_scores[row] = (nearest[-1], values[-1]) if nearest.size == self.stored else (-1, 0.0)
        self._notes.forget(row)
        self._slots.own[row] = slot

    def remove(self, row: int) -> None:
        """Takes `row`, an existing or the next new one, out of every list until it is put again."""
        self._make_room(row)
        slot = int(self._slots.view[row])
        if NO_SLOT < slot < len(self._vectors):
            self._replaced.extend(row)
        self._slots.own[row] = NO_SLOT

    def _make_room(self, row: int) -> None:
        if not 0 <= row <= len(self):
            raise ValueError(f"row {row} leaves a gap after {len(self)} rows")
        if row == len(self):
            self._slots.extend(NO_SLOT)
            self._last_rows.extend(-1)
            self._last_scores.extend(0.0)
            self._notes.extend()

    def _list(self, slot: int) -> Found:
        """Slots and scores as stored when the vector came."""
        base = len(self._vectors)
        if slot >= base:
            return self._late_lists[slot - base]
        slots = self._table.rows[slot]
        filled = int(np.count_nonzero(slots >= 0))
        return slots[:filled], self._table.scores[slot, :filled]

    def _rows(self, slots: NDArray[np.int32]) -> NDArray[np.int32]:
        """Whose vectors these slots hold or held."""
        rows = slots.copy()
        late = np.flatnonzero(slots >= len(self._vectors))
        rows[late] = self._late_rows.view[slots[late] - len(self._vectors)]
        return rows

    def _reached(
        self,
        terms: NDArray[np.int32],
        weights: NDArray[np.float32],
        k: int,
        *,
        allowed: NDArray[np.bool_] | None = None,
        bars: NDArray[np.float32] | None = None,
    ) -> Found:
        """Rows, ascending, with their scores: the k nearest, those that reach their bars (n,), perhaps others."""
        n, closed = len(self._vectors), self._replaced.view
        old_bars, old = None if bars is None else bars[:n], None if allowed is None else allowed[:n]
        rows, values = reached(self._base, (terms, weights), max(k, 1), bars=old_bars, allowed=old, closed=closed)
        late, scored = self._late_scores(terms, weights)
        if allowed is not None:
            late, scored = late[allowed[late]], scored[allowed[late]]
        rows, values = np.concatenate((rows, late)), np.concatenate((values, scored))
        order = np.argsort(rows)
        return rows[order], values[order]

    def _late_scores(self, terms: NDArray[np.int32], weights: NDArray[np.float32]) -> Found:
        """Rows whose vectors came after the base and count, in order of arrival, and their scores."""
        rows = self._late_rows.view
        if not rows.size:
            return rows, np.zeros(0, np.float32)
        current = self._slots.view[rows] == np.arange(rows.size) + len(self._vectors)
        return rows[current], self._late.scores(terms, weights)[current]


def _check(terms: NDArray[np.int32], weights: NDArray[np.float32]) -> None:
    if terms.ndim != 1 or terms.shape != weights.shape:
        raise ValueError(f"{terms.shape} terms, but {weights.shape} weights")
    if terms.size and (terms[0] < 0 or np.any(np.diff(terms) <= 0)):
        raise ValueError("terms must be ascending, each once")
    if not np.all(np.isfinite(weights) & (weights >= 0)):
        raise ValueError("weights must be finite and not negative")
