"""What each reader did with each article, as far as it counts: arrays from a bundle, and over them what came since.

One reader's weight on one article is the greatest that any of their acts has, never a sum; so all there is to keep is
the last time of each level of worth, and the last word on the like.
"""

from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.event import Event
from recsys.histories import visitor_key
from recsys.interest import LONG_AGO

_SESSION = "\x1f"  # can't stand in an id, so that no visitor is taken for a session


def reader_key(event: Event) -> int | None:
    """The 64-bit digest of the visitor, else of the session; None where the event names neither."""
    if event.visitor_id is not None:
        return visitor_key(event.visitor_id)
    return session_key(event.session_id) if event.session_id is not None else None


def session_key(session_id: str) -> int:
    """The 64-bit digest that stands for a session."""
    return visitor_key(_SESSION + session_id)


_MARKS = 16  # presses of one like button that are told apart after the record's total


class LikeMark(NamedTuple):
    """One press of the like button. The greatest mark of a reader holds; in the same instant, taken back wins."""

    at: int
    off: int  # 1: taken back


class Acts:
    """By article and reader: the last time of each level, and the marks of the like. Base arrays are never written.

    pair_starts  (n + 1,) where each row's pairs begin       like_starts  (n + 1,) where each row's marks begin
    pair_reader  (m,) uint64, ascending within a row         like_reader  (q,) uint64, ascending within a row
    pair_latest  (m, l) int64, LONG_AGO where never          like_at, like_off  (q,) the marks that still matter: a
                                                             reader's last, and the last before the record's total
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._pair_starts, self._pair_reader = arrays["pair_starts"], arrays["pair_reader"]
        self._pair_latest = arrays["pair_latest"]
        self._like_starts, self._like_reader = arrays["like_starts"], arrays["like_reader"]
        self._like_at, self._like_off = arrays["like_at"], arrays["like_off"]
        self._latest_since: dict[tuple[int, int], list[int]] = {}
        self._likes_since: dict[tuple[int, int], list[LikeMark]] = {}

    def latest(self, row: int, reader: int) -> list[int]:
        """The last time of each level, (l,), LONG_AGO where never."""
        since = self._latest_since.get((row, reader))
        if since is not None:
            return since
        here = _find(self._pair_starts, self._pair_reader, row, reader)
        if here.stop == here.start:
            return [LONG_AGO] * self._pair_latest.shape[1]
        found: list[int] = self._pair_latest[here.start].tolist()
        return found

    def likes(self, row: int, reader: int) -> list[LikeMark]:
        """The marks of the like that still matter, ascending."""
        since = self._likes_since.get((row, reader))
        if since is not None:
            return since
        here = _find(self._like_starts, self._like_reader, row, reader)
        return [LikeMark(int(at), int(off)) for at, off in zip(self._like_at[here], self._like_off[here], strict=True)]

    def set_latest(self, row: int, reader: int, latest: list[int]) -> None:
        """Overlays what `latest` returns."""
        self._latest_since[row, reader] = latest

    def set_likes(self, row: int, reader: int, marks: list[LikeMark]) -> None:
        """Overlays what `likes` returns."""
        self._likes_since[row, reader] = marks


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
