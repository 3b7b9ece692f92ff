"""Arrays that workers read: threads as they are, other processes from a folder by path, so that nothing is sent."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar, cast

import numpy as np

Record = TypeVar("Record", bound=NamedTuple)
Opened_co = TypeVar("Opened_co", bound=NamedTuple, covariant=True)


class Shared(Protocol[Opened_co]):
    """A record of arrays and whole numbers, as a task takes it along."""

    def open(self) -> Opened_co:
        """The record."""
        ...


@dataclass(frozen=True, slots=True)
class Held(Generic[Record]):
    """For threads of this process."""

    record: Record

    def open(self) -> Record:
        """The record."""
        return self.record


@dataclass(frozen=True, slots=True)
class Mapped(Generic[Record]):
    """For other processes, on machines where `folder` has the same path; it pickles as that path.

    The folder is the caller's, who removes it after the last task.
    """

    folder: Path
    kind: type[Record]

    def open(self) -> Record:
        """The record, its arrays as maps; opened once in a process."""
        return cast(Record, _opened(self.folder, self.kind))


def shared(record: Record, folder: Path | None, name: str) -> Shared[Record]:
    """The record for workers: `Held` without a folder, else written to `name` in the folder, which holds none yet."""
    if folder is None:
        return Held(record)
    (folder / name).mkdir()
    for field, value in record._asdict().items():
        np.save(folder / name / f"{field}.npy", np.asarray(value))
    return Mapped(folder / name, type(record))


@lru_cache(maxsize=4)
def _opened(folder: Path, kind: type[Any]) -> Any:
    """Maps that a process could write to, though not the file: compiled code takes them for plain arrays."""
    arrays = (np.load(folder / f"{field}.npy", mmap_mode="c") for field in kind._fields)
    return kind(*(array.item() if array.ndim == 0 else np.asarray(array) for array in arrays))
