"""Presses of like buttons: which of them matter, and what they count.

A press is a mark, `2 * at + off`: of one reader's marks on one article the greatest holds, and in the same instant
one that takes the like back wins. Where marks of many readers stand together they are ascending within each owner.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.interest import LONG_AGO
from recsys.ragged import run_starts

MARKS = 16  # presses of one button that are told apart after the record's total


class Marks(NamedTuple):
    """q marks of several owners.

    owner  (q,) ascending      mark  (q,) int64, ascending within an owner, each once
    """

    owner: NDArray[np.intp]
    mark: NDArray[np.int64]

    @property
    def at(self) -> NDArray[np.int64]:
        """(q,) microseconds."""
        return self.mark >> 1

    @property
    def on(self) -> NDArray[np.bool_]:
        """(q,) whether the like is given rather than taken back."""
        on: NDArray[np.bool_] = self.mark & 1 == 0
        return on

    def only(self, kept: NDArray[np.bool_]) -> "Marks":
        """Some of them."""
        return Marks(self.owner[kept], self.mark[kept])


def mark_of(at: NDArray[np.int64], off: NDArray[np.bool_ | np.integer]) -> NDArray[np.int64]:
    """(q,) the marks of presses at these moments; off: 1 or True where the like is taken back."""
    return 2 * at + off


def with_presses(old: Marks, owner: NDArray[np.intp], mark: NDArray[np.int64], total_at: NDArray[np.int64]) -> Marks:
    """`old` and some more presses, in any order; of those up to `total_at` the last is kept, of those after it MARKS.

    total_at  by owner, when the record's total was counted
    So that a million presses by one reader cost no more than one.
    """
    owner, mark = np.concatenate((old.owner, owner)), np.concatenate((old.mark, mark))
    order = np.lexsort((mark, owner))
    owner, mark = owner[order], mark[order]
    every = Marks(owner, mark).only(run_starts(owner, mark))
    late = every.at > total_at[every.owner]
    counts = np.bincount(every.owner, minlength=total_at.size)
    follow = np.repeat(counts.cumsum(), counts) - np.arange(every.owner.size)  # marks from each to the owner's last
    early = np.bincount(every.owner[~late], minlength=total_at.size)
    last_early = ~late & (follow == (counts - early + 1)[every.owner])
    return every.only(last_early | (late & (follow <= MARKS)))


def liked_since(marks: Marks, owners: int) -> NDArray[np.int64]:
    """(owners,) when the like that holds was given, LONG_AGO where none does."""
    found = np.full(owners, LONG_AGO)
    last = np.roll(run_starts(marks.owner), -1)
    found[marks.owner[last]] = np.where(marks.on[last], marks.at[last], LONG_AGO)
    return found


def steps(marks: Marks) -> Marks:
    """The marks at which a like goes on or off; each begins as off."""
    before = np.zeros(marks.owner.size, np.bool_)
    before[1:] = marks.on[:-1] & (marks.owner[1:] == marks.owner[:-1])
    return marks.only(marks.on != before)


def exchanged(before: Marks, after: Marks) -> tuple[Marks, NDArray[np.int8]]:
    """What stands in one of two only, and for each 1 where it came, -1 where it went."""
    owner, mark = np.concatenate((before.owner, after.owner)), np.concatenate((before.mark, after.mark))
    sign = np.repeat(np.array([-1, 1], np.int8), (before.owner.size, after.owner.size))
    order = np.lexsort((mark, owner))
    owner, mark, sign = owner[order], mark[order], sign[order]
    first = run_starts(owner, mark)
    once = first & np.roll(first, -1)
    return Marks(owner, mark).only(once), sign[once]
