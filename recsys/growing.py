"""An array that grows at its end without being copied each time."""

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


class Growing(Generic[Scalar]):
    """A one-dimensional array with room to spare; `view` is the part in use, writable."""

    def __init__(self, start: NDArray[Scalar]) -> None:
        """Begins as a copy of `start`, which may be read-only."""
        self._room = np.array(start)
        self._used = start.size

    def __len__(self) -> int:
        return self._used

    @property
    def view(self) -> NDArray[Scalar]:
        """(len,) valid until the next `extend`."""
        return self._room[: self._used]

    def extend(self, values: ArrayLike) -> None:
        """Appends one value or many. Amortised O(values): room grows by a quarter at a time."""
        added: NDArray[Any] = np.atleast_1d(np.asarray(values, self._room.dtype))
        end = self._used + added.size
        if end > self._room.size:
            grown = np.empty(max(64, end, self._room.size + self._room.size // 4), self._room.dtype)
            grown[: self._used] = self.view
            self._room = grown
        self._room[self._used : end] = added
        self._used = end
