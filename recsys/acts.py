"""What each reader did with each article, as far as it counts: arrays from a bundle, and over them what came since.

One reader's weight on one article is the greatest that any of their acts has, never a sum; so all there is to keep is
the last time of each level of worth, the last word on the like, and where the reader came from.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.growing import Growing
from recsys.histories import visitor_key, visitor_keys
from recsys.interest import LONG_AGO, NOTHING
from recsys.ragged import positions

# Neither can stand in an id, so that no visitor is taken for a session or a source.
_SESSION = "\x1f"
_SOURCE = "\x1e"

NOBODY = 0  # the reader of events that name neither visitor nor session nor source
NOWHERE = 0  # the source of readers whose events name none

_MARKS = 16  # presses of one like button that are told apart after the record's total
_MIX = 0x9E3779B97F4A7C15  # 2**64 / golden ratio: spreads close numbers
NEW = -1


def session_key(session_id: str) -> int:
    """The 64-bit digest that stands for a session."""
    return visitor_key(_SESSION + session_id)


def session_keys(session_ids: Iterable[str]) -> NDArray[np.uint64]:
    """(m,) `session_key` of each of several."""
    return visitor_keys(_SESSION + one for one in session_ids)


def source_key(source: str) -> int:
    """The 64-bit digest that stands for a source, never NOWHERE."""
    return visitor_key(_SOURCE + source) or 1


def source_keys(sources: Iterable[str]) -> NDArray[np.uint64]:
    """(m,) `source_key` of each of several."""
    return np.maximum(visitor_keys(_SOURCE + one for one in sources), np.uint64(1))


def paired(row: NDArray[np.integer], key: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """(m,) 64 bits that stand for an article and a digest of something else."""
    mixed = (row.astype(np.uint64) + np.uint64(1)) * np.uint64(_MIX)
    mixed ^= key
    return mixed


class LikeMark(NamedTuple):
    """One press of the like button. The greatest mark of a reader holds; in the same instant, taken back wins."""

    at: int
    off: int  # 1: taken back


Marks = list[LikeMark]


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

    def only(self, kept: NDArray[np.bool_]) -> "Pairs":
        """Some of them."""
        return Pairs(self.place[kept], self.acts[kept], self.source[kept])


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
        self._places: dict[int, int] = {}  # of `paired`: where in the columns of what came since
        self._rows = Growing(np.zeros(0, np.int32))
        self._readers = Growing(np.zeros(0, np.uint64))
        self._when = Growing(np.zeros(0, np.int64))  # `_width` each
        self._from = Growing(np.zeros(0, np.uint64))
        self._marks: dict[int, Marks] = {}  # of `paired`, where the like was pressed since
        self._erased: set[int] = set()

    def of(self, row: NDArray[np.integer], reader: NDArray[np.uint64]) -> Pairs:
        """What is known of m articles and readers. O(m log pairs of an article)."""
        met = [self._places.get(pair, NEW) for pair in paired(row, reader).tolist()]
        place = np.array(met, np.int64)
        acts = np.full((row.size, self._width), LONG_AGO)
        source = np.zeros(row.size, np.uint64)
        since = np.flatnonzero(place != NEW)
        acts[since] = self._when.view.reshape(-1, self._width)[place[since]]
        source[since] = self._from.view[place[since]]
        before = np.flatnonzero((place == NEW) & ~self._is_erased(reader))
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
        place, new, first = known.place.copy(), known.place == NEW, len(self._rows)
        place[new] = np.arange(first, first + np.count_nonzero(new))
        self._places.update(zip(paired(row[new], reader[new]).tolist(), place[new].tolist(), strict=True))
        self._rows.extend(row[new])
        self._readers.extend(reader[new])
        self._from.extend(known.source[new])
        self._when.extend(known.acts[new].ravel())
        self._from.own[place] = known.source
        self._when.own.reshape(-1, self._width)[place] = known.acts

    def erase(self, reader: int) -> None:
        """Forgets a reader, who begins anew. O(pairs since the bundle)."""
        self._erased.add(reader)
        theirs = np.flatnonzero(self._readers.view == np.uint64(reader))
        self._when.own.reshape(-1, self._width)[theirs] = LONG_AGO
        self._from.own[theirs] = NOWHERE
        for pair in paired(self._rows.view[theirs], self._readers.view[theirs]).tolist():
            self._marks.pop(pair, None)

    def marks(self, row: int, reader: int) -> Marks:
        """The marks of the like that still matter, ascending."""
        since = self._marks.get(_pair(row, reader))
        if since is not None:
            return since
        if reader in self._erased or row + 1 >= self._like_starts.size:
            return []
        first, end = self._like_starts[row : row + 2].tolist()
        if first == end:
            return []
        within, key = self._like_reader[first:end], np.uint64(reader)
        here = slice(first + int(within.searchsorted(key)), first + int(within.searchsorted(key, "right")))
        pressed = zip(self._like_at[here].tolist(), self._like_off[here].tolist(), strict=True)
        return [LikeMark(at, off) for at, off in pressed]

    def put_marks(self, row: int, reader: int, marks: Marks) -> None:
        """Overlays what `marks` returns."""
        self._marks[_pair(row, reader)] = marks

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
        known = np.flatnonzero((self._sources.take(at, mode="clip") == source) & (row < self._pair_starts.size - 1))
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
        here, found = _find(self._like_starts, self._like_reader, row, reader)
        here = here[found]
        following = np.minimum(here + 1, max(self._like_reader.size - 1, 0))
        more = (self._like_reader[following] == reader[found]) & (following < self._like_starts[row[found] + 1])
        last = np.where(more, following, here)
        liked[found] = np.where(self._like_off[last] != 0, LONG_AGO, self._like_at[last])
        return liked

    def _is_erased(self, reader: NDArray[np.uint64]) -> NDArray[np.bool_]:
        if not self._erased:
            return np.zeros(reader.size, np.bool_)
        return np.isin(reader, np.fromiter(self._erased, np.uint64, len(self._erased)))


def with_marks(marks: Marks, more: Iterable[LikeMark], total_at: int) -> Marks:
    """`marks` and some more, ascending; of those up to `total_at` the last is kept, of those after it a few.

    So that a million presses by one reader cost no more than one.
    """
    found = sorted({*marks, *more})
    after = bisect_right(found, total_at, key=lambda known: known.at)
    return found[max(0, after - 1) : after] + found[after:][-_MARKS:]


def liked_since(marks: Marks) -> int:
    """When the like that holds was given, LONG_AGO where none does. `marks` are ascending."""
    return marks[-1].at if marks and not marks[-1].off else LONG_AGO


def steps(marks: Marks) -> list[tuple[int, int]]:
    """(time, +1 or -1) each time the like goes on or off. `marks` are ascending."""
    found, on = [], False
    for mark in marks:
        if on == bool(mark.off):
            on = not on
            found.append((mark.at, 1 if on else -1))
    return found


def _pair(row: int, reader: int) -> int:
    """`paired` of one."""
    return (row + 1) * _MIX % 2**64 ^ reader


def _flat(starts: NDArray[np.int64], rows: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.integer]]:
    """All entries of some rows, and the row of each."""
    stops = starts[rows + 1]
    counts = stops - starts[rows]
    return positions(stops, counts, np.cumsum(counts)), np.repeat(rows, counts)


def _find(
    starts: NDArray[np.int64], readers: NDArray[np.uint64], row: NDArray[np.integer], reader: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where the first entry of each reader on each row lies, (m,), and whether there is one. O(m log entries)."""
    last = starts.size - 1
    low, end = starts[np.minimum(row, last)], starts[np.minimum(row + 1, last)]
    left, high = np.flatnonzero(low < end), end.copy()  # those still searched for
    while left.size:
        middle = (low[left] + high[left]) // 2
        below = readers[middle] < reader[left]
        low[left[below]] = middle[below] + 1
        high[left[~below]] = middle[~below]
        left = left[low[left] < high[left]]
    found = low < end
    found[found] = readers[low[found]] == reader[found]
    return low, found
