"""Files on object storage, through fsspec: an address names the file system, a package of its own (s3fs, gcsfs)."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from recsys.errors import BadInput

File = Path | str  # a path, or an address such as s3://bucket/history/day=2026-03-31/name.parquet


def is_remote(file: File) -> bool:
    """Whether it is an address rather than a path."""
    return isinstance(file, str) and "://" in file


def remote_filesystems(files: Iterable[File]) -> list[Any]:
    """An fsspec file system for each scheme that the addresses among `files` name."""
    schemes = sorted({str(file).split("://", 1)[0] for file in files if is_remote(file)})
    return [_filesystem(scheme) for scheme in schemes]


def fetched_to(folder: Path, files: Sequence[File]) -> list[Path]:
    """Paths of all files, in their order: those on object storage are copied into `folder`, an empty one, first."""
    found: list[Path] = []
    for place, file in enumerate(files):
        if not is_remote(file):
            found.append(Path(file))
            continue
        found.append(folder / f"{place}.parquet")
        _filesystem(str(file).split("://", 1)[0]).get_file(str(file), str(found[-1]))
    return found


def _filesystem(scheme: str) -> Any:
    try:
        import fsspec

        return fsspec.filesystem(scheme)
    except (ImportError, ValueError) as error:
        raise BadInput(f"{scheme}:// can't be read: {error}") from error
