"""Many strings as two plain arrays, so that they can lie in a bundle and be memory-mapped."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class StringTable:
    """n strings, one after the other as UTF-8. The arrays may be read-only memory maps."""

    data: NDArray[np.uint8]  # (bytes,)
    starts: NDArray[np.int64]  # (n + 1,) where each string begins; the last is len(data)
    _bytes: memoryview = field(init=False, repr=False, compare=False)  # views cost half of a look-up if made for each
    _places: memoryview = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Makes the views."""
        object.__setattr__(self, "_bytes", self.data.data)
        object.__setattr__(self, "_places", self.starts.data)

    def __reduce__(self) -> tuple[type[Self], tuple[NDArray[np.uint8], NDArray[np.int64]]]:
        """Of what a copy is made: it makes views of its own."""
        return type(self), (self.data, self.starts)

    @classmethod
    def from_strings(cls, strings: Iterable[str]) -> Self:
        """The table of `strings`. Raises UnicodeEncodeError for a lone surrogate, which is not text."""
        parts = list(strings)
        text = "".join(parts)
        ends = np.cumsum([0, *map(len, parts)])
        if text.isascii():
            return cls(np.frombuffer(text.encode(), np.uint8), ends.astype(np.int64))
        return cls.from_points(np.frombuffer(text.encode("utf-32-le"), np.uint32), ends)

    @classmethod
    def from_points(cls, points: NDArray[np.uint32], starts: NDArray[np.integer]) -> Self:
        """The table of n strings that lie in `points` (c,), the code points of text; starts (n + 1,)."""
        data = np.frombuffer(points.tobytes().decode("utf-32-le").encode(), np.uint8)
        sizes = 1 + (points > 0x7F) + (points > 0x7FF) + (points > 0xFFFF)
        ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)))
        return cls(data, ends[starts])

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The table whose `arrays` these are."""
        return cls(arrays["data"], arrays["starts"])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """`data` and `starts`."""
        return {"data": self.data, "starts": self.starts}

    def with_more(self, strings: Iterable[str]) -> Self:
        """The table with `strings` after its own."""
        more = self.from_strings(strings)
        starts = np.concatenate((self.starts, self.starts[-1] + more.starts[1:]))
        return type(self)(np.concatenate((self.data, more.data)), starts)

    def __len__(self) -> int:
        return self.starts.size - 1

    def __getitem__(self, i: int) -> str:
        return str(self._at(i), "utf-8")

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))

    def raw(self, i: int) -> bytes:
        """String i as UTF-8. Raises IndexError unless 0 <= i < n: a row is never counted from the end."""
        return self._at(i).tobytes()

    def _at(self, i: int) -> memoryview:
        places = self._places
        if not 0 <= i < len(places) - 1:
            raise IndexError(f"string {i} of {len(self)}")
        return self._bytes[places[i] : places[i + 1]]
