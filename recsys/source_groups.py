"""What the readers of one source weigh together on one article: the n-th heaviest of them counts 1/n."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.growing import Growing
from recsys.interest import LONG_AGO, READERS_OF_SOURCE, shared
from recsys.key_index import ABSENT, KeyIndex
from recsys.ragged import positions, run_starts

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
    by each half-life for itself: 40 bytes a reader, in room that doubles when a group has outgrown it.
    """

    def __init__(self, half_lives: NDArray[np.float64], weights: NDArray[np.float64]) -> None:
        """
        half_lives  (w,) microseconds, inf: never fades
        weights     (a,) >= 0, of each kind of act
        """
        self._half_lives = half_lives
        self._width = half_lives.size
        with np.errstate(divide="ignore"):
            self._weights = np.log2(weights)  # -inf: counts for nothing
        self._groups = KeyIndex()
        self._first, self._count, self._room = (Growing(np.zeros(0, np.int64)) for _ in range(3))  # in `_held`
        self._held = Growing(np.zeros(0))  # w keys a member, the heaviest first; -inf where a column has fewer

    def keys(self, acts: NDArray[np.int64]) -> NDArray[np.float64]:
        """(m, w) by half-life the heaviest of acts (m, a), LONG_AGO where there is none: -inf for none that counts."""
        heavy = np.full((acts.shape[0], self._half_lives.size), -np.inf)
        for column, weight in enumerate(self._weights.tolist()):
            at = acts[:, column]
            there = (at != LONG_AGO).nonzero()[0]
            heavy[there] = np.maximum(heavy[there], weight + at[there, np.newaxis] / self._half_lives)
        return heavy

    def touched(self, groups: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Whether each of `groups` (g,) was touched, and so holds all of its readers."""
        touched: NDArray[np.bool_] = self._groups.find(groups) != ABSENT
        return touched

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
        number, new = self._groups.with_new(groups)
        for column in (self._first, self._count, self._room):
            column.extend(np.zeros(new, np.int64))
        before = self._members(number)
        begun, gone, come = _who_count(begun), _who_count(gone), _who_count(come)
        if begun.group.size:
            before = _arranged(_joined(before, begun), Members(begun.group[:0], begun.keys[:0]), groups.size)
        after = _arranged(_joined(before, come), gone, groups.size)
        self._keep(number, after)
        return self._sums(before, at), self._sums(after, at)

    def _members(self, number: NDArray[np.intp]) -> Members:
        """The members of groups that are known by their numbers."""
        counts = self._count.view.take(number)
        here = positions(self._first.view.take(number) + counts, counts, np.cumsum(counts))
        return Members(np.repeat(np.arange(number.size), counts), self._held.view.reshape(-1, self._width)[here])

    def _keep(self, number: NDArray[np.intp], members: Members) -> None:
        """Keeps the members of these groups, in place of those before."""
        counts = np.bincount(members.group, minlength=number.size)
        full = (counts > self._room.view.take(number)).nonzero()[0]
        outgrown, needed = number.take(full), counts.take(full)
        room = np.minimum(1 << np.ceil(np.log2(needed)).astype(np.int64), KEPT)
        self._first.own[outgrown] = len(self._held) // self._width + np.cumsum(room) - room
        self._room.own[outgrown] = room
        self._held.extend(np.full(int(room.sum()) * self._width, -np.inf))
        self._count.own[number] = counts
        here = positions(self._first.view.take(number) + counts, counts, np.cumsum(counts))
        self._held.own.reshape(-1, self._width)[here] = members.keys

    def _sums(self, members: Members, at: NDArray[np.int64]) -> NDArray[np.float64]:
        """(g, w) what the members of each group weigh at the moments `at` (g,)."""
        place = _places(members.group, at.size)
        counted = (place < READERS_OF_SOURCE).nonzero()[0]
        group, place = members.group[counted], place[counted] + 1
        sums = np.empty((at.size, self._half_lives.size))
        for column, half_life in enumerate(self._half_lives.tolist()):
            weight = np.exp2(members.keys[counted, column] - (at / half_life)[group])
            sums[:, column] = np.bincount(group, shared(weight, place), at.size)
        return sums


def _arranged(members: Members, gone: Members, groups: int) -> Members:
    """The members without those `gone`, group after group, each column with its heaviest first, at most KEPT each."""
    group, keys = members
    total = np.bincount(group, minlength=groups)
    counts = np.clip(total - np.bincount(gone.group, minlength=groups), 0, KEPT)
    starts = np.cumsum(counts) - counts
    arranged = np.full((int(counts.sum()), keys.shape[1]), -np.inf)
    ordered = (total == 1) & (counts == 1)  # most have one member only
    alone, others = ordered[group].nonzero()[0], (~ordered[group]).nonzero()[0]
    arranged[starts[group[alone]]] = keys.take(alone, axis=0)
    group, keys = group.take(others), keys.take(others, axis=0)
    narrow = np.min_scalar_type(groups)  # 16 bits sort in a tenth of the time
    every = np.concatenate((group, gone.group)).astype(narrow)
    sign = np.repeat(np.array([1, -1]), (group.size, gone.group.size))
    for column in range(keys.shape[1]):
        value = np.concatenate((keys[:, column], gone.keys[:, column]))
        order = np.argsort(-value)
        order = order.take(np.argsort(every.take(order), kind="stable"))
        value, of = value[order], every[order]
        if gone.group.size:
            first = run_starts(value, of).nonzero()[0]  # of several equal ones
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
