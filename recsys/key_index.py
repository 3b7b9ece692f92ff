"""64-bit keys by number: a hash table of arrays, where thousands are looked up at once, at 20 to 60 ns each."""

import numpy as np
from numpy.typing import NDArray

from recsys.growing import Growing

ABSENT = -1
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: a factor that spreads close numbers

_BITS = 6  # of the number of a slot, at first
_LOAD = 2  # at least so many slots a key


class KeyIndex:
    """Distinct keys, numbered 0, 1, ... in the order in which they came; 16 to 40 bytes each.

    Open addressing with double hashing (Knuth, TAOCP 3, 6.4, algorithm D): where a key is looked for next depends on
    the key, so that it takes a search for each single one to crowd a part of the table on purpose.
    """

    def __init__(self) -> None:
        """Without keys."""
        self._keys = Growing(np.zeros(0, np.uint64))
        self._bits = _BITS
        self._slots = np.full(1 << _BITS, ABSENT, np.int32)  # numbers

    def __len__(self) -> int:
        return len(self._keys)

    def number(self, key: int) -> int:
        """`find` of one, in a tenth of the time."""
        bits, known = self._bits, self._keys.view
        slot, step = (key * int(MIX) % 2**64) >> (64 - bits), key | 1
        while (number := int(self._slots[slot])) != ABSENT and int(known[number]) != key:
            slot = (slot + step) & (1 << bits) - 1
        return number

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.intp]:
        """(m,) the number of each key, ABSENT where there is none."""
        found = np.full(keys.size, ABSENT, np.intp)
        known, mask = self._keys.view, self._slots.size - 1
        slot, step = self._way(keys)
        asked = np.arange(keys.size)
        while asked.size:
            number = self._slots.take(slot)
            met = (number != ABSENT).nonzero()[0]
            if not met.size:
                break
            number, asked, slot, step = number.take(met), asked.take(met), slot.take(met), step.take(met)
            same = known.take(number) == keys.take(asked)
            found[asked[same]] = number[same]
            other = (~same).nonzero()[0]
            asked, step = asked.take(other), step.take(other)
            slot = (slot.take(other) + step) & mask
        return found

    def with_new(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.intp], int]:
        """(m,) the number of each of some distinct keys, and how many of them had none and were added."""
        number = self.find(keys)
        new = (number == ABSENT).nonzero()[0]
        number[new] = self.add(keys.take(new))
        return number, new.size

    def add(self, keys: NDArray[np.uint64]) -> NDArray[np.intp]:
        """(m,) the numbers that further keys now have, which are distinct and were ABSENT. Amortised O(m)."""
        first = len(self)
        self._keys.extend(keys)
        if self._slots.size < _LOAD * len(self):
            self._bits = (2 * _LOAD * len(self) - 1).bit_length()
            self._slots = np.full(1 << self._bits, ABSENT, np.int32)
            self._settle(0)
        else:
            self._settle(first)
        return np.arange(first, len(self))

    def _settle(self, first: int) -> None:
        """Gives the keys from the `first` on a slot each."""
        slots, mask = self._slots, self._slots.size - 1
        slot, step = self._way(self._keys.view[first:])
        number = np.arange(first, len(self), dtype=np.int32)
        while number.size:
            free = (slots.take(slot) == ABSENT).nonzero()[0]
            slots[slot.take(free)] = number.take(free)  # of several that come to one slot the last stays
            left = (slots.take(slot) != number).nonzero()[0]
            number, step = number.take(left), step.take(left)
            slot = (slot.take(left) + step) & mask

    def _way(self, keys: NDArray[np.uint64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """(m,) the slot where each key is looked for first, and how far on next: odd, so that all slots come."""
        first = (keys * MIX) >> np.uint64(64 - self._bits)
        step = keys & np.uint64(self._slots.size - 1) | np.uint64(1)
        return first.astype(np.intp), step.astype(np.intp)
