"""A model bundle: one trained version as a folder of plain .npy arrays and a manifest that vouches for them.

A bundle is written beside its final place, fsynced and renamed; afterwards nothing changes it. A pointer file, replaced
atomically, names the active version. What does not verify is refused before a byte of it is used.
"""

import hashlib
import io
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.errors import BadBundle, NoModel, NotFound

FORMAT = 1
MANIFEST = "manifest.json"
POINTER = "ACTIVE"

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ARRAY = re.compile(r"[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){0,3}")
_KINDS = frozenset("biuf")


class ArrayFile(msgspec.Struct, frozen=True):
    """What the manifest says of one .npy file."""

    sha256: str
    bytes: int
    shape: tuple[int, ...]
    dtype: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a version but its arrays. Times are microseconds.

    as_of       what was trained on is stamped strictly before this
    log_seq     the last change-log entry that was read: a server applies what comes after it
    later       events up to log_seq that are stamped at as_of or after it: a server applies them too
    """

    format: int = FORMAT
    version: str
    as_of: int
    log_seq: int
    articles: int
    events: int
    later: int = 0
    first_event: int | None = None
    last_event: int | None = None
    settings: dict[str, Any] = {}
    fitted: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    files: dict[str, ArrayFile] = {}


def described(arrays: Mapping[str, NDArray[Any]], manifest: Manifest) -> Manifest:
    """The manifest with what it says of every array, from the bytes that its file will hold.

    Raises ValueError for array names and dtypes that the format has no room for.
    """
    return msgspec.structs.replace(manifest, files={name: _file_of(name, arrays[name]) for name in sorted(arrays)})


def digest(manifest: Manifest) -> str:
    """Hex digest of all content that is `described`: two trainings that found the same have the same version name."""
    return hashlib.sha256(
        msgspec.json.encode(msgspec.structs.replace(manifest, version=""), order="sorted")
    ).hexdigest()


def write_bundle(folder: Path, arrays: Mapping[str, NDArray[Any]], manifest: Manifest) -> Path:
    """Writes `folder/<version>`, complete or not at all, and returns it. An equal version that stands already is kept.

    manifest  `described`, or without a word of files yet
    Raises ValueError for array names, dtypes or versions that the format has no room for.
    """
    _check_version(manifest.version)
    complete = manifest if manifest.files else described(arrays, manifest)
    final = folder / manifest.version
    if final.exists():
        return final
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".partial-{manifest.version}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        for name in complete.files:
            _write_synced(partial / f"{name}.npy", *_parts(arrays[name]))
        _write_synced(partial / MANIFEST, msgspec.json.format(msgspec.json.encode(complete, order="sorted"), indent=1))
        _sync_folder(partial)
        partial.rename(final)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)  # a full disk gets its room back at once
        raise
    _sync_folder(folder)
    return final


def read_manifest(path: Path) -> Manifest:
    """The manifest in bundle folder `path`; raises BadBundle."""
    try:
        raw = (path / MANIFEST).read_bytes()
    except OSError as error:
        raise BadBundle(f"{path.name}: no manifest ({error.strerror}). Activate another version.") from None
    return decode_manifest(raw, path.name)


def decode_manifest(raw: bytes, version: str) -> Manifest:
    """The manifest of `version` from its file's content; raises BadBundle."""
    try:
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadBundle(f"{version}: the manifest is damaged ({error}). Activate another version.") from None
    if manifest.format != FORMAT:
        raise BadBundle(f"{version}: bundle format {manifest.format}, not {FORMAT}. Run `recsys train` again.")
    if manifest.version != version:
        raise BadBundle(f"{version}: the manifest belongs to version {manifest.version}.")
    for name in manifest.files:
        if not _ARRAY.fullmatch(name):
            raise BadBundle(f"{version}: {name[:80]!r} is no name of an array.")
    return manifest


def verify_bundle(path: Path) -> Manifest:
    """Checks every file against the manifest, by size first and then by checksum; raises BadBundle."""
    manifest = read_manifest(path)
    for name, file in manifest.files.items():
        _check_size(path, name, file)
        with (path / f"{name}.npy").open("rb") as opened:
            checksum = hashlib.file_digest(opened, "sha256")
        if checksum.hexdigest() != file.sha256:
            raise BadBundle(f"{path.name}: {name}.npy does not match its checksum. Activate another version.")
    return manifest


def open_bundle(path: Path) -> tuple[Manifest, dict[str, NDArray[Any]]]:
    """Verifies, then maps every array read-only; raises BadBundle."""
    manifest = verify_bundle(path)
    arrays = {name: _map_array(path, name, file) for name, file in manifest.files.items()}
    return manifest, arrays


def version_folders(folder: Path) -> list[Path]:
    """The folders under `folder` that are named as versions are, by name; what an interrupted write left is not."""
    return sorted(p for p in (folder.iterdir() if folder.is_dir() else ()) if p.is_dir() and is_version(p.name))


def is_version(name: str) -> bool:
    """Whether a version can be called so."""
    return _VERSION.fullmatch(name) is not None


def no_such_version(name: str) -> NotFound:
    """The error for a version that is not there."""
    return NotFound(f"there is no model version {name[:64]!r}. `recsys models list` shows those there are.")


def version_path(folder: Path, version: str) -> Path:
    """The folder of `version`; raises NotFound where there is none, also for names that are no version's."""
    path = folder / version if is_version(version) else None
    if path is None or not path.is_dir():
        raise no_such_version(version)
    return path


def activate(folder: Path, version: str) -> None:
    """Makes `version` the active one, after verifying it; raises NotFound or BadBundle and changes nothing then."""
    verify_bundle(version_path(folder, version))
    point_to(folder, version)


def point_to(folder: Path, version: str) -> None:
    """Makes `version`, which was verified, the active one."""
    partial = folder / f".{POINTER}"
    _write_synced(partial, version.encode() + b"\n")
    partial.replace(folder / POINTER)
    _sync_folder(folder)


def active_version(folder: Path) -> str:
    """The name in the pointer file; raises NoModel where nothing was activated yet."""
    try:
        return (folder / POINTER).read_text().strip()
    except OSError:
        raise NoModel("there is no trained model yet. Run `recsys train`.") from None


def _check_version(version: str) -> None:
    if not is_version(version):
        raise ValueError(f"{version!r} can't name a model version")


def _parts(array: NDArray[Any]) -> tuple[bytes, memoryview]:
    """The header and the numbers of an .npy file."""
    array = np.ascontiguousarray(array)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    return header.getvalue(), array.data


def _file_of(name: str, array: NDArray[Any]) -> ArrayFile:
    if not _ARRAY.fullmatch(name) or array.dtype.kind not in _KINDS:
        raise ValueError(f"{name}: arrays of {array.dtype} under this name don't belong into a bundle")
    header, numbers = _parts(array)
    checksum = hashlib.sha256(header)
    checksum.update(numbers)
    return ArrayFile(
        sha256=checksum.hexdigest(), bytes=len(header) + array.nbytes, shape=array.shape, dtype=array.dtype.str
    )


def _check_size(path: Path, name: str, file: ArrayFile) -> None:
    array = path / f"{name}.npy"
    try:
        if array.is_symlink() or array.stat().st_size != file.bytes:
            raise BadBundle(f"{path.name}: {name}.npy is not the file that was published. Activate another version.")
    except OSError as error:
        raise BadBundle(f"{path.name}: {name}.npy can't be read ({error.strerror}).") from None


def _map_array(path: Path, name: str, file: ArrayFile) -> NDArray[Any]:
    dtype = np.dtype(file.dtype)
    if dtype.kind not in _KINDS or int(np.prod(file.shape, dtype=object)) * dtype.itemsize > file.bytes:
        raise BadBundle(f"{path.name}: {name}.npy claims more than its file holds.")
    try:
        array: NDArray[Any] = np.load(
            path / f"{name}.npy", mmap_mode="r" if 0 not in file.shape else None, allow_pickle=False
        )
    except (ValueError, OSError) as error:
        raise BadBundle(f"{path.name}: {name}.npy can't be opened ({error}).") from None
    if array.shape != tuple(file.shape) or array.dtype != dtype:
        raise BadBundle(f"{path.name}: {name}.npy has another shape or type than the manifest says.")
    return np.asarray(array)


def _write_synced(path: Path, *parts: bytes | memoryview) -> None:
    with path.open("wb") as opened:
        for part in parts:
            opened.write(part)
        opened.flush()
        os.fsync(opened.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
