"""What each reader did with each article, as far as it counts: arrays from a bundle, and over them what came since.

One reader's weight on one article is the greatest that any of their acts has, never a sum; so all there is to keep is
the last time of each level of worth, the last word on the like, and where the reader came from.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.event import Event
from recsys.histories import visitor_key
from recsys.interest import LONG_AGO, NOTHING

# Neither can stand in an id, so that no visitor is taken for a session or a source.
_SESSION = "\x1f"
_SOURCE = "\x1e"

NOWHERE = 0  # the source of readers whose events name none


def reader_key(event: Event) -> int | None:
    """The 64-bit digest of the visitor, else of the session, else of the source; None where the event names none."""
    if event.visitor_id is not None:
        return visitor_key(event.visitor_id)
    if event.session_id is not None:
        return session_key(event.session_id)
    return source_key(event.source) if event.source is not None else None


def session_key(session_id: str) -> int:
    """The 64-bit digest that stands for a session."""
    return visitor_key(_SESSION + session_id)


def source_key(source: str) -> int:
    """The 64-bit digest that stands for a source, never NOWHERE."""
    return visitor_key(_SOURCE + source) or 1


_MARKS = 16  # presses of one like button that are told apart after the record's total


class LikeMark(NamedTuple):
    """One press of the like button. The greatest mark of a reader holds; in the same instant, taken back wins."""

    at: int
    off: int  # 1: taken back


class Known(NamedTuple):
    """What one reader did with one article.

    latest  (l,) the last time of each level, LONG_AGO where never
    likes   the marks of the like that still matter, ascending
    source  digest; of a reader who came from several the greatest, so that no order of arrival matters
    """

    latest: list[int]
    likes: list[LikeMark]
    source: int


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
        self._since: dict[tuple[int, int], Known] = {}
        self._erased: set[int] = set()

    def of(self, row: int, reader: int) -> Known:
        """What is known of one reader and one article."""
        since = self._since.get((row, reader))
        if since is not None:
            return since
        if reader in self._erased:
            return Known([LONG_AGO] * self._pair_latest.shape[1], [], NOWHERE)
        likes = _find(self._like_starts, self._like_reader, row, reader)
        marks = [
            LikeMark(int(at), int(off)) for at, off in zip(self._like_at[likes], self._like_off[likes], strict=True)
        ]
        here = _find(self._pair_starts, self._pair_reader, row, reader)
        if here.stop == here.start:
            return Known([LONG_AGO] * self._pair_latest.shape[1], marks, NOWHERE)
        place = int(self._pair_source[here.start])
        source = NOWHERE if place == NOTHING else int(self._sources[place])
        return Known(self._pair_latest[here.start].tolist(), marks, source)

    def latest_of(
        self, row: NDArray[np.integer], reader: NDArray[np.uint64]
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """(m, l) `latest` of m articles and readers (0: nobody), and (m,) whether there is no like and no source."""
        levels = self._pair_latest.shape[1]
        here, found = _find_all(self._pair_starts, self._pair_reader, row, reader)
        latest = np.full((row.size, levels), LONG_AGO)
        latest[found] = self._pair_latest[here[found]]
        plain = ~_find_all(self._like_starts, self._like_reader, row, reader)[1]
        plain[found] &= self._pair_source[here[found]] == NOTHING
        for i, (of_row, of_reader) in enumerate(zip(row.tolist(), reader.tolist(), strict=True)):
            known = self._since.get((of_row, of_reader))
            if known is None and of_reader in self._erased:
                known = self.of(of_row, of_reader)
            if known is not None:
                latest[i], plain[i] = known.latest, not known.likes and known.source == NOWHERE
        return latest, plain

    def put_latest(self, row: NDArray[np.integer], reader: NDArray[np.uint64], latest: NDArray[np.int64]) -> None:
        """`put` for m articles and readers without like and source; latest (m, l)."""
        for of_row, of_reader, times in zip(row.tolist(), reader.tolist(), latest.tolist(), strict=True):
            self._since[of_row, of_reader] = Known(times, [], NOWHERE)

    def put(self, row: int, reader: int, known: Known) -> None:
        """Overlays what `of` returns."""
        self._since[row, reader] = known

    def erase(self, reader: int) -> None:
        """Forgets a reader, who begins anew. O(pairs since the bundle)."""
        self._erased.add(reader)
        self._since = {pair: known for pair, known in self._since.items() if pair[1] != reader}

    def likes(self, row: int, reader: int) -> list[LikeMark]:
        """The marks of the like that still matter, ascending."""
        return self.of(row, reader).likes

    def of_source(self, row: int, source: int) -> Iterator[Known]:
        """What the bundle knows of the readers of one source on one article. O(log u); O(pairs) where it has any."""
        if not self._sources.size:
            return
        place = int(np.searchsorted(self._sources, np.uint64(source)))
        if place == self._sources.size or int(self._sources[place]) != source or row + 1 >= self._pair_starts.size:
            return
        here = slice(int(self._pair_starts[row]), int(self._pair_starts[row + 1]))
        for reader in self._pair_reader[here][self._pair_source[here] == place].tolist():
            yield self.of(row, reader)


def with_mark(marks: list[LikeMark], mark: LikeMark, total_at: int) -> list[LikeMark]:
    """`marks` and one more, ascending; of those up to `total_at` the last is kept, of those after it a few.

    So that a million presses by one reader cost no more than one.
    """
    found = sorted({*marks, mark})
    after = bisect_right(found, total_at, key=lambda known: known.at)
    return found[max(0, after - 1) : after] + found[after:][-_MARKS:]


def liked_since(marks: list[LikeMark]) -> int:
    """When the like that holds was given, LONG_AGO where none does. `marks` are ascending."""
    return marks[-1].at if marks and not marks[-1].off else LONG_AGO


def steps(marks: list[LikeMark]) -> list[tuple[int, int]]:
    """(time, +1 or -1) each time the like goes on or off. `marks` are ascending."""
    found, on = [], False
    for mark in marks:
        if on == bool(mark.off):
            on = not on
            found.append((mark.at, 1 if on else -1))
    return found


def _find(starts: NDArray[np.int64], readers: NDArray[np.uint64], row: int, reader: int) -> slice:
    """Where the entries of one reader on one row lie; an empty slice where there are none."""
    if row + 1 >= starts.size:
        return slice(0, 0)
    first, end = int(starts[row]), int(starts[row + 1])
    within = readers[first:end]
    key = np.uint64(reader)
    return slice(first + int(np.searchsorted(within, key)), first + int(np.searchsorted(within, key, side="right")))


def _find_all(
    starts: NDArray[np.int64], readers: NDArray[np.uint64], row: NDArray[np.integer], reader: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where the first entry of each reader on each row lies, (m,), and whether there is one. O(m log entries)."""
    last = starts.size - 1
    low, end = starts[np.minimum(row, last)], starts[np.minimum(row + 1, last)]
    high = end
    if not readers.size:
        return low, np.zeros(row.size, np.bool_)
    while (searching := low < high).any():
        middle = np.where(searching, (low + high) // 2, 0)
        below = searching & (readers[middle] < reader)
        low, high = np.where(below, middle + 1, low), np.where(searching & ~below, middle, high)
    found = low < end
    found[found] = readers[low[found]] == reader[found]
    return low, found
