"""What the readers of one source weigh together on one article: the n-th heaviest of them counts 1/n."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.interest import LONG_AGO, READERS_OF_SOURCE, shared

KEPT = 4 * READERS_OF_SOURCE  # readers of a group: so many more than count can leave before a lighter one is missed


class Members(NamedTuple):
    """Readers who are in groups.

    group  (m,) position of the group in question
    keys   (m, w) float64, what `SourceGroups.keys` says of their acts
    """

    group: NDArray[np.intp]
    keys: NDArray[np.float64]


class SourceGroups:
    """Readers by article and source, as far as events touched them. Which group a reader is in is the caller's affair.

    A reader's weight fades at the same pace as the others', so their order by weight never changes with time: each
    half-life has its members in the order of log2(weight) + at / half-life. Of each group the KEPT heaviest are kept,
    by each half-life for itself: 40 bytes a reader.
    """

    def __init__(self, half_lives: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
        """
        half_lives  (w,) microseconds, inf: never fades
        weights     (a,) >= 0, of each kind of act
        """
        self._half_lives = half_lives
        with np.errstate(divide="ignore"):
            self._weights = np.log2(weights)  # -inf: counts for nothing
        self._groups: dict[int, bytes] = {}  # (n, w) keys, the heaviest first; -inf where a column has fewer

    def keys(self, acts: NDArray[np.int64]) -> NDArray[np.float64]:
        """(m, w) by half-life the heaviest of acts (m, a), LONG_AGO where there is none: -inf for none that counts."""
        heavy = np.full((acts.shape[0], self._half_lives.size), -np.inf)
        for column, weight in enumerate(self._weights.tolist()):
            at = acts[:, column]
            there = np.flatnonzero(at != LONG_AGO)
            heavy[there] = np.maximum(heavy[there], weight + at[there, np.newaxis] / self._half_lives)
        return heavy

    def touched(self, groups: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Whether each of `groups` (g,) was touched, and so holds all of its readers."""
        return np.fromiter(map(self._groups.__contains__, groups.tolist()), np.bool_, groups.size)

    def change(
        self, groups: NDArray[np.uint64], begun: Members, gone: Members, come: Members, at: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What `groups` added to their articles at the moments `at` (g,), before which all acts lie, and now add.

        groups   (g,) distinct
        begun    those who are in groups that were not touched before
        gone     those who leave their group, or stay with other keys
        come     those who come, and those who stay with their new keys
        returns  (g, w) before and after, by half-life
        """
        held = [self._groups.get(group, b"") for group in groups.tolist()]
        width = self._half_lives.size
        counts = np.array([*map(len, held)], np.int64) // (8 * width)
        before = Members(
            np.repeat(np.arange(groups.size), counts), np.frombuffer(b"".join(held), np.float64).reshape(-1, width)
        )
        begun, gone, come = _who_count(begun), _who_count(gone), _who_count(come)
        if begun.group.size:
            before = _arranged(_joined(before, begun), Members(begun.group[:0], begun.keys[:0]), groups.size)
        after = _arranged(_joined(before, come), gone, groups.size)
        ends = np.cumsum(np.bincount(after.group, minlength=groups.size)) * (8 * width)
        packed, begin = after.keys.tobytes(), 0
        for group, end in zip(groups.tolist(), ends.tolist(), strict=True):
            self._groups[group] = packed[begin:end]
            begin = end
        return self._sums(before, at), self._sums(after, at)

    def _sums(self, members: Members, at: NDArray[np.int64]) -> NDArray[np.float64]:
        """(g, w) what the members of each group weigh at the moments `at` (g,)."""
        place = _places(members.group, at.size)
        counted = np.flatnonzero(place < READERS_OF_SOURCE)
        group, place = members.group[counted], place[counted] + 1
        sums = np.empty((at.size, self._half_lives.size))
        for column, half_life in enumerate(self._half_lives.tolist()):
            weight = np.exp2(members.keys[counted, column] - (at / half_life)[group])
            sums[:, column] = np.bincount(group, shared(weight, place), at.size)
        return sums


def _arranged(members: Members, gone: Members, groups: int) -> Members:
    """The members without those `gone`, group after group, each column with its heaviest first, at most KEPT each."""
    group, keys = members
    counts = np.bincount(group, minlength=groups) - np.bincount(gone.group, minlength=groups)
    counts = np.clip(counts, 0, KEPT)
    starts = np.cumsum(counts) - counts
    arranged = np.full((int(counts.sum()), keys.shape[1]), -np.inf)
    every = np.concatenate((group, gone.group))
    sign = np.concatenate((np.ones(group.size, np.int64), np.full(gone.group.size, -1)))
    for column in range(keys.shape[1]):
        value = np.concatenate((keys[:, column], gone.keys[:, column]))
        order = np.lexsort((-value, every))
        value, of = value[order], every[order]
        if gone.group.size:
            new = np.ones(value.size, np.bool_)  # the first of several equal ones
            new[1:] = (value[1:] != value[:-1]) | (of[1:] != of[:-1])
            first = np.flatnonzero(new)
            times = np.maximum(np.add.reduceat(sign[order], first), 0) if first.size else first
            kept = np.repeat(first, times)
            value, of = value[kept], of[kept]
        place = _places(of, groups)
        fits = place < counts[of]
        arranged[starts[of[fits]] + place[fits], column] = value[fits]
    return Members(np.repeat(np.arange(groups), counts), arranged)


def _places(group: NDArray[np.intp], groups: int) -> NDArray[np.intp]:
    """(m,) the place 0, 1, ... of each within its group; `group` (m,) is ascending."""
    counts = np.bincount(group, minlength=groups)
    return np.arange(group.size) - np.repeat(np.cumsum(counts) - counts, counts)


def _joined(one: Members, other: Members) -> Members:
    return Members(np.concatenate((one.group, other.group)), np.concatenate((one.keys, other.keys)))


def _who_count(members: Members) -> Members:
    """Without those of no act that counts."""
    counting = np.isfinite(members.keys).any(axis=1)
    return Members(members.group[counting], members.keys[counting])
