"""Records that are valid and wait to be stored: in memory while they are few, then in a nameless temporary file.

So an import holds the store's write lock only while it writes, and a large one does not fill the memory.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

import msgspec

from recsys.record import list_from_store, store_bytes

MEMORY_BYTES = 64 << 20

_SIZE_BYTES = 4

R = TypeVar("R", bound=msgspec.Struct)


class Staging(Generic[R]):
    """Groups of records of one kind; a context manager. All are added before the first is read."""

    def __init__(self, kind: type[R]) -> None:
        self._kind = kind
        self._file = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115 (closed by __exit__)
        self._end = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, group: Sequence[R]) -> int:
        """Keeps the records; returns the place where `read` finds them."""
        data = store_bytes(group)
        place = self._end
        self._file.write(len(data).to_bytes(_SIZE_BYTES, "little"))
        self._file.write(data)
        self._end += _SIZE_BYTES + len(data)
        return place

    def read(self, places: Iterable[int]) -> Iterator[list[R]]:
        """The groups at these places, in the order asked for."""
        for place in places:
            self._file.seek(place)
            size = int.from_bytes(self._file.read(_SIZE_BYTES), "little")
            yield list_from_store(self._file.read(size), self._kind)
