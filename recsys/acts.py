"""What each reader did with each article, as far as it counts: arrays from a bundle, and over them what came since.

One reader's weight on one article is the greatest that any of their acts has, never a sum; so all there is to keep is
the last time of each level of worth, the last word on the like, and where the reader came from.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.growing import Growing
from recsys.histories import visitor_keys
from recsys.interest import LONG_AGO, NOTHING
from recsys.key_index import ABSENT, MIX, KeyIndex
from recsys.likes import MARKS, Marks, mark_of
from recsys.ragged import positions

# Neither can stand in an id, so that no visitor is taken for a session or a source.
_SESSION = "\x1f"
_SOURCE = "\x1e"

NOBODY = 0  # the reader of events that name neither visitor nor session nor source
NOWHERE = 0  # the source of readers whose events name none

NEW = ABSENT

_KEPT = MARKS + 1  # marks of a pair: one more up to the record's total


def session_keys(session_ids: Iterable[str]) -> NDArray[np.uint64]:
    """(m,) the 64-bit digest that stands for each session."""
    return visitor_keys(session_ids, _SESSION)


def source_keys(sources: Iterable[str]) -> NDArray[np.uint64]:
    """(m,) the 64-bit digest that stands for each source, never NOWHERE."""
    return np.maximum(visitor_keys(sources, _SOURCE), np.uint64(1))


def paired(row: NDArray[np.integer], key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(m,) 64 bits that stand for an article and a digest of something else."""
    mixed = (row.astype(np.uint64) + np.uint64(1)) * MIX
    mixed ^= key
    return mixed


@dataclass(frozen=True, slots=True)
class Pairs:
    """What m readers did with an article each.

    place   (m,) int64: where `Acts` keeps what it learned since the bundle, NEW where that is nothing
    acts    (m, l + 1) int64: the last time of each level, and when the like that holds was given; LONG_AGO where never
    source  (m,) uint64 digest, NOWHERE for none; of who came from several the greatest, so that no order matters
    """

    place: NDArray[np.int64]
    acts: NDArray[np.int64]
    source: NDArray[np.uint64]

    def take(self, places: NDArray[np.intp]) -> "Pairs":
        """Some of them."""
        return Pairs(self.place.take(places), self.acts.take(places, axis=0), self.source.take(places))


class Acts:
    """By article and reader: the last time of each level, the marks of the like, the source. No array is written to.

    pair_starts  (n + 1,) where each row's pairs begin       like_starts  (n + 1,) where each row's marks begin
    pair_reader  (m,) uint64, ascending within a row         like_reader  (q,) uint64, ascending within a row
    pair_latest  (m, l) int64, LONG_AGO where never          like_at, like_off  (q,) the marks that still matter: a
    pair_source  (m,) int32, position in `sources`,                             reader's last, and the last before the
                 NOTHING for none                                               record's total
    sources      (u,) uint64, ascending
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._pair_starts, self._pair_reader = arrays["pair_starts"], arrays["pair_reader"]
        self._pair_latest = arrays["pair_latest"]
        self._sources, self._pair_source = arrays["sources"], arrays["pair_source"]
        self._like_starts, self._like_reader = arrays["like_starts"], arrays["like_reader"]
        self._like_at, self._like_off = arrays["like_at"], arrays["like_off"]
        self._width = self._pair_latest.shape[1] + 1
        self._places = KeyIndex()  # of `paired`: where in the columns of what came since
        self._rows = Growing(np.zeros(0, np.int32))
        self._readers = Growing(np.zeros(0, np.uint64))
        self._when = Growing(np.zeros(0, np.int64))  # `_width` each
        self._from = Growing(np.zeros(0, np.uint64))
        self._pressed = KeyIndex()  # of `paired`, where the like was pressed since
        self._marks = Growing(np.zeros(0, np.int64))  # `_KEPT` each, LONG_AGO where there are fewer
        self._erased: set[int] = set()

    def of(self, row: NDArray[np.integer], reader: NDArray[np.uint64]) -> Pairs:
        """What is known of m articles and readers. O(m log pairs of an article)."""
        place = self._places.find(paired(row, reader))
        acts = np.full((row.size, self._width), LONG_AGO)
        source = np.zeros(row.size, np.uint64)
        since = (place != NEW).nonzero()[0]
        acts[since] = self._when.view.reshape(-1, self._width)[place[since]]
        source[since] = self._from.view[place[since]]
        before = ((place == NEW) & ~self._is_erased(reader)).nonzero()[0]
        row, reader = row[before], reader[before]
        here, found = _find(self._pair_starts, self._pair_reader, row, reader)
        here, known = here[found], before[found]
        acts[known, :-1] = self._pair_latest[here]
        named = self._pair_source[here] != NOTHING
        source[known[named]] = self._sources[self._pair_source[here[named]]]
        acts[before, -1] = self._liked(row, reader)
        return Pairs(place, acts, source)

    def put(self, row: NDArray[np.integer], reader: NDArray[np.uint64], known: Pairs) -> None:
        """Overlays what `of` returned of m articles and readers, each pair once."""
        old, new = (known.place != NEW).nonzero()[0], (known.place == NEW).nonzero()[0]
        self._places.add(paired(row.take(new), reader.take(new)))
        self._rows.extend(row.take(new))
        self._readers.extend(reader.take(new))
        self._from.extend(known.source.take(new))
        self._when.extend(known.acts.take(new, axis=0).ravel())
        place = known.place.take(old)
        self._from.own[place] = known.source.take(old)
        self._when.own.reshape(-1, self._width)[place] = known.acts.take(old, axis=0)

    def erase(self, reader: int) -> None:
        """Forgets a reader, who begins anew. O(pairs since the bundle)."""
        self._erased.add(reader)
        theirs = (self._readers.view == np.uint64(reader)).nonzero()[0]
        self._when.own.reshape(-1, self._width)[theirs] = LONG_AGO
        self._from.own[theirs] = NOWHERE
        pressed = self._pressed.find(paired(self._rows.view[theirs], self._readers.view[theirs]))
        self._marks.own.reshape(-1, _KEPT)[pressed[pressed != ABSENT]] = LONG_AGO

    def marks(self, row: NDArray[np.integer], reader: NDArray[np.uint64]) -> Marks:
        """The marks of m articles' likes by a reader each that still matter; an owner is a position in `row`."""
        place = self._pressed.find(paired(row, reader))
        since = (place != ABSENT).nonzero()[0]
        kept = self._marks.view.reshape(-1, _KEPT)[place[since]]
        there = kept != LONG_AGO
        before = ((place == ABSENT) & ~self._is_erased(reader)).nonzero()[0]
        known, first, end = self._base_marks(row[before], reader[before])
        here = positions(end, end - first, np.cumsum(end - first))
        owner = np.concatenate((since.repeat(there.sum(axis=1)), before[known].repeat(end - first)))
        mark = np.concatenate((kept[there], mark_of(self._like_at[here], self._like_off[here])))
        order = np.argsort(owner, kind="stable")
        return Marks(owner[order], mark[order])

    def put_marks(self, row: NDArray[np.integer], reader: NDArray[np.uint64], marks: Marks) -> None:
        """Overlays what `marks` returned of m articles and readers, each pair once; `MARKS` and one more at most."""
        place, new = self._pressed.with_new(paired(row, reader))
        self._marks.extend(np.full(new * _KEPT, LONG_AGO))
        kept = np.full((row.size, _KEPT), LONG_AGO)
        first = np.searchsorted(marks.owner, marks.owner)
        kept[marks.owner, np.arange(marks.owner.size) - first] = marks.mark
        self._marks.own.reshape(-1, _KEPT)[place] = kept

    def of_sources(
        self, row: NDArray[np.integer], source: NDArray[np.uint64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """What the bundle knows of the readers of g sources on an article each: whose it is, (q,), and acts (q, l + 1).

        cost  O(pairs of those articles)
        """
        count = self._sources.size
        if not count:
            return np.zeros(0, np.intp), np.zeros((0, self._width), np.int64)
        at = np.searchsorted(self._sources, source)
        known = ((self._sources.take(at, mode="clip") == source) & (row < self._pair_starts.size - 1)).nonzero()[0]
        asked = np.zeros(count + 1, np.bool_)  # by place in `sources`; the last one is that of NOTHING
        asked[at[known]] = True
        here, of_row = _flat(self._pair_starts, np.unique(row[known]))
        likely = asked[self._pair_source[here]] & ~self._is_erased(self._pair_reader[here])
        here, of_row = here[likely], of_row[likely]
        codes = row[known].astype(np.int64) * count + at[known]
        order = np.argsort(codes)
        code = of_row.astype(np.int64) * count + self._pair_source[here]
        place = np.searchsorted(codes[order], code)
        fits = codes[order].take(place, mode="clip") == code if known.size else np.zeros(0, np.bool_)
        here, of_row = here[fits], of_row[fits]
        liked = self._liked(of_row, self._pair_reader[here])
        return known[order[place[fits]]], np.column_stack((self._pair_latest[here], liked))

    def _liked(self, row: NDArray[np.integer], reader: NDArray[np.uint64]) -> NDArray[np.int64]:
        """(m,) when the like was given that held at the bundle, LONG_AGO for none."""
        liked = np.full(row.size, LONG_AGO)
        known, _, end = self._base_marks(row, reader)
        liked[known] = np.where(self._like_off[end - 1] != 0, LONG_AGO, self._like_at[end - 1])
        return liked

    def _base_marks(
        self, row: NDArray[np.integer], reader: NDArray[np.uint64]
    ) -> tuple[NDArray[np.intp], NDArray[np.int64], NDArray[np.int64]]:
        """Which of m pairs have marks in the bundle, (k,), and where these begin and end, (k,) both."""
        first, found = _find(self._like_starts, self._like_reader, row, reader)
        known = found.nonzero()[0]
        end = _bound(self._like_starts, self._like_reader, row[known], reader[known], np.less_equal)
        return known, first[known], end

    def _is_erased(self, reader: NDArray[np.uint64]) -> NDArray[np.bool_]:
        if not self._erased:
            return np.zeros(reader.size, np.bool_)
        return np.isin(reader, np.fromiter(self._erased, np.uint64, len(self._erased)))


def _flat(starts: NDArray[np.int64], rows: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.integer]]:
    """All entries of some rows, and the row of each."""
    stops = starts[rows + 1]
    counts = stops - starts[rows]
    return positions(stops, counts, np.cumsum(counts)), np.repeat(rows, counts)


def _find(
    starts: NDArray[np.int64], readers: NDArray[np.uint64], row: NDArray[np.integer], reader: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where the first entry of each reader on each row lies, (m,), and whether there is one. O(m log entries)."""
    first = _bound(starts, readers, row, reader, np.less)
    found = first < starts[np.minimum(row + 1, starts.size - 1)]
    found[found] = readers[first[found]] == reader[found]
    return first, found


def _bound(
    starts: NDArray[np.int64],
    readers: NDArray[np.uint64],
    row: NDArray[np.integer],
    reader: NDArray[np.uint64],
    precedes: np.ufunc,
) -> NDArray[np.int64]:
    """(m,) where the entries on each row that precede the reader end: `np.less`, or with its own `np.less_equal`."""
    n = starts.size - 1
    low: NDArray[np.int64] = starts.take(np.minimum(row, n))
    high: NDArray[np.int64] = starts.take(np.minimum(row + 1, n))
    left = (low < high).nonzero()[0]  # those still searched for
    while left.size:
        middle = (low[left] + high[left]) // 2
        below = precedes(readers[middle], reader[left])
        low[left[below]] = middle[below] + 1
        high[left[~below]] = middle[~below]
        left = left[low[left] < high[left]]
    return low
