"""What the readers of one source weigh together on one article: the n-th heaviest of them counts 1/n."""

import math
from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from recsys.interest import READERS_OF_SOURCE, shared

Act = tuple[float, int]
"""Weight, > 0, and microseconds."""


class SourceGroups:
    """Readers by article and source, as far as events touched them. Which group a reader is in is the caller's affair.

    A reader's weight fades at the same pace as the others', so their order by weight never changes with time: each
    half-life has its members in ascending order of log2(weight) + at / half-life. One array a group, one half-life
    after the other: 40 bytes a reader.
    """

    def __init__(self, half_lives: Sequence[float]) -> None:
        """half_lives  microseconds, inf: never fades"""
        self._half_lives = half_lives
        self._groups: dict[tuple[int, int], array[float]] = {}

    def ready(self, row: int, source: int) -> bool:
        """Whether the group was touched, and so holds all of its readers."""
        return (row, source) in self._groups

    def begin(self, row: int, source: int, members: Iterable[Sequence[Act]]) -> None:
        """The acts of each reader that is in the group so far."""
        self._groups[row, source] = array("d")
        for acts in members:
            self.insert(row, source, acts)

    def insert(self, row: int, source: int, acts: Sequence[Act]) -> None:
        """One reader more; nothing where there are no acts that count. O(log n) and a move of memory."""
        if not acts:
            return
        keys = self._groups[row, source]
        n = len(keys) // len(self._half_lives)
        if not n:
            keys.extend([_key(acts, half_life) for half_life in self._half_lives])
            return
        for column, half_life in reversed([*enumerate(self._half_lives)]):
            insort(keys, _key(acts, half_life), column * n, (column + 1) * n)

    def remove(self, row: int, source: int, acts: Sequence[Act]) -> None:
        """One reader less, who was inserted with the same acts."""
        if not acts:
            return
        keys = self._groups[row, source]
        n = len(keys) // len(self._half_lives)
        for column, half_life in reversed([*enumerate(self._half_lives)]):
            del keys[bisect_left(keys, _key(acts, half_life), column * n, (column + 1) * n)]

    def weights(self, row: int, source: int, at: int) -> list[float]:
        """What the group adds to the article by each half-life at the moment `at`, before which all its acts lie."""
        keys = self._groups[row, source]
        n = len(keys) // len(self._half_lives)
        if not n:
            return [0.0] * len(self._half_lives)
        if n == 1:
            return [2.0 ** (key - at / half_life) for key, half_life in zip(keys, self._half_lives, strict=True)]
        found = []
        for column, half_life in enumerate(self._half_lives):
            end, now = (column + 1) * n, at / half_life
            heaviest = keys[max(column * n, end - READERS_OF_SOURCE) : end]
            found.append(sum(shared(2.0 ** (key - now), place) for place, key in enumerate(reversed(heaviest), 1)))
        return found


def _key(acts: Sequence[Act], half_life: float) -> float:
    return max([math.log2(weight) + at / half_life for weight, at in acts])
