"""An array that grows at its end without being copied each time."""

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


class Growing(Generic[Scalar]):
    """A one-dimensional array with room to spare. What it begins with is copied when it first changes, not before."""

    def __init__(self, start: NDArray[Scalar]) -> None:
        """Begins as `start`, which may be a memory map and is not written to."""
        self._room = start
        self._used = start.size
        self._owned = False

    def __len__(self) -> int:
        return self._used

    @property
    def view(self) -> NDArray[Scalar]:
        """(len,) to read; valid until the next change."""
        return self._room[: self._used]

    @property
    def own(self) -> NDArray[Scalar]:
        """(len,) to write; valid until the next `extend`."""
        if not self._owned:
            self._room, self._owned = np.array(self._room), True
        return self._room[: self._used]

    def extend(self, values: ArrayLike) -> None:
        """Appends one value or many. Amortised O(values): room grows by a quarter at a time."""
        added: NDArray[Any] = np.atleast_1d(np.asarray(values, self._room.dtype))
        end = self._used + added.size
        if end > self._room.size or not self._owned:
            grown = np.empty(max(64, end, self._room.size + self._room.size // 4), self._room.dtype)
            grown[: self._used] = self.view
            self._room, self._owned = grown, True
        self._room[self._used : end] = added
        self._used = end
