"""The registry on object storage that servers share, with verified copies of the versions in use beside them.

ADDRESS/<version>/<array>.npy   ADDRESS/<version>/manifest.json    as in a folder; the manifest comes last: with it a
                                                                   version is complete, and listed
ADDRESS/ACTIVE                  the pointer, replaced by conditional puts

What differs from a folder is that it can be away. Then calls raise StoreFailed, and who has a version open goes on.
"""

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from typing import Any

from aiohttp import ClientError as TransferError
from botocore.exceptions import BotoCoreError, ClientError
from fsspec.core import url_to_fs
from numpy.typing import NDArray

from recsys.bundle import (
    MANIFEST,
    POINTER,
    Manifest,
    decode_manifest,
    is_version,
    no_such_version,
    open_bundle,
    verify_bundle,
    version_folders,
    version_path,
    write_bundle,
)
from recsys.errors import BadBundle, NoModel, NotFound, Outdated, StoreFailed
from recsys.registry import Arrays, check_pointer, locked

LEFT_BEHIND = timedelta(days=1)  # after so long an upload without a manifest is one that died
TOGETHER = 8  # files on their way at a time

_CONFLICTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class BucketRegistry:
    """`Registry` at `address`, such as s3://bucket/site; `copies` is a folder for files of this machine.

    Credentials, region and endpoint are those of the environment (AWS_*), as in other programs.
    """

    def __init__(self, address: str, copies: Path) -> None:
        self._address = address.rstrip("/")
        self._files, self._root = url_to_fs(self._address, use_listings_cache=False)
        self._copies = copies
        self._manifests: dict[str, Manifest] = {}

    def names(self) -> list[str]:
        """All versions that are complete, by name; one request."""
        return sorted(version for version, files in self._listing().items() if MANIFEST in files)

    def manifest(self, version: str) -> Manifest:
        """What a version says of itself; asked for once, as it never changes."""
        if version not in self._manifests:
            self._manifests[version] = decode_manifest(self._manifest_file(version), version)
        return self._manifests[version]

    def open(self, version: str) -> tuple[Manifest, dict[str, NDArray[Any]]]:
        """Maps the copy of a version, brought here first where there is none that verifies."""
        with self._alone():
            try:
                found = open_bundle(version_path(self._copies, version))
            except (NotFound, BadBundle):
                found = open_bundle(self._fetch(version))
            with suppress(StoreFailed, NoModel):  # then they are looked over another time
                self._keep_copies({version, self.active()})
        return found

    def verify(self, version: str) -> Manifest:
        """Reads all of a version from the storage and checks it."""
        with self._alone(), self._downloaded(version) as (_, manifest):
            return manifest

    def write(self, arrays: Arrays, manifest: Manifest) -> None:
        """Keeps a new version, complete or not at all; what uploads that died left behind goes."""
        with self._alone():
            rmtree(self._copies / manifest.version, ignore_errors=True)
            folder = write_bundle(self._copies, arrays, manifest)
            listing = self._listing()
            self._sweep(listing)
            if MANIFEST not in listing.get(manifest.version, {}):
                self._upload(folder)

    def remove(self, version: str) -> None:
        """Takes a version out of the list, then away, its copy here too."""
        files = self._listing().get(version)
        if files is None:
            raise no_such_version(version)
        self._remove(version, files)
        self._manifests.pop(version, None)
        with self._alone():
            rmtree(self._copies / version, ignore_errors=True)

    def active(self) -> str:
        """The version that answers; one request."""
        try:
            return self._read(POINTER).decode("ascii", "replace").strip()
        except FileNotFoundError:
            raise NoModel(f"there is no trained model at {self._address} yet. Run `recsys train`.") from None

    def activate(self, version: str, *, after: str | None) -> None:
        """Makes `version` the active one, once what the storage has of it verifies; it is the only copy here then."""
        with self._alone():
            self._fetch(version)
            self._move_pointer(version, after)
            self._keep_copies({version})

    def _move_pointer(self, version: str, after: str | None) -> None:
        """By a put that holds only where the pointer is still the one that was read."""
        path = f"{self._root}/{POINTER}"
        try:
            with self._asking():
                tag = self._files.info(path)["ETag"]  # before the content: a newer content then fails, never an older
            condition, found = {"IfMatch": tag}, self.active()
        except (FileNotFoundError, NoModel):
            condition, found = {"mode": "create"}, None
        check_pointer(found, after, version)
        if found == version:
            return
        try:
            with self._asking():
                self._files.pipe_file(path, version.encode() + b"\n", **condition)
        except Outdated:
            # Ours all the same, where the answer to a put was lost and the put was sent again.
            check_pointer(self.active(), version, version)

    def _fetch(self, version: str) -> Path:
        """A new copy of a version, verified before it takes its place; what is refused leaves the present one."""
        with self._downloaded(version) as (folder, _):
            copy = self._copies / version
            rmtree(copy, ignore_errors=True)
            return folder.rename(copy)

    @contextmanager
    def _downloaded(self, version: str) -> Iterator[tuple[Path, Manifest]]:
        """A folder with all of a version, verified; it goes with the block."""
        partial = self._copies / ".partial"
        rmtree(partial, ignore_errors=True)
        folder = partial / version
        try:
            self._download(version, folder)
            yield folder, verify_bundle(folder)
        finally:
            rmtree(partial, ignore_errors=True)

    def _download(self, version: str, folder: Path) -> None:
        raw = self._manifest_file(version)
        manifest = decode_manifest(raw, version)
        there = self._listing(version).get(version, {})
        for name, file in manifest.files.items():
            if there.get(f"{name}.npy", {}).get("size") != file.bytes:
                raise BadBundle(f"{version}: {name}.npy is not the file that was published. Activate another version.")
        folder.mkdir(parents=True)
        (folder / MANIFEST).write_bytes(raw)
        names = [f"{name}.npy" for name in manifest.files]
        try:
            with self._asking():
                self._files.get(
                    [f"{self._root}/{version}/{name}" for name in names],
                    [str(folder / name) for name in names],
                    batch_size=TOGETHER,
                )
        except FileNotFoundError:
            raise no_such_version(version) from None  # it was removed meanwhile

    def _upload(self, folder: Path) -> None:
        arrays = sorted(path for path in folder.iterdir() if path.name != MANIFEST)
        with self._asking():
            for path in (*arrays, folder / MANIFEST):
                self._files.put_file(str(path), f"{self._root}/{folder.name}/{path.name}")

    def _sweep(self, listing: Mapping[str, Mapping[str, Any]]) -> None:
        latest = datetime.now(UTC) - LEFT_BEHIND
        for version, files in listing.items():
            if MANIFEST not in files and all(file["LastModified"] <= latest for file in files.values()):
                self._remove(version, files)

    def _remove(self, version: str, files: Mapping[str, Any]) -> None:
        folder = f"{self._root}/{version}"
        with self._asking():
            if MANIFEST in files:
                self._files.rm_file(f"{folder}/{MANIFEST}")
            self._files.rm([f"{folder}/{name}" for name in files if name != MANIFEST])

    def _keep_copies(self, wanted: set[str]) -> None:
        """Removes the other copies: an erased visitor must not live on in one."""
        for path in version_folders(self._copies):
            if path.name not in wanted:
                rmtree(path)

    def _listing(self, version: str = "") -> dict[str, dict[str, Any]]:
        """What is known of the files of all versions, or of one, by version and by name."""
        with self._asking():
            found = self._files.find(f"{self._root}/{version}".rstrip("/"), detail=True)
        files: dict[str, dict[str, Any]] = {}
        for path, about in found.items():
            folder, _, name = path.removeprefix(f"{self._root}/").rpartition("/")
            if is_version(folder):
                files.setdefault(folder, {})[name] = about
        return files

    def _manifest_file(self, version: str) -> bytes:
        if not is_version(version):
            raise no_such_version(version)
        try:
            return self._read(f"{version}/{MANIFEST}")
        except FileNotFoundError:
            raise no_such_version(version) from None

    def _read(self, name: str) -> bytes:
        with self._asking():
            content: bytes = self._files.cat_file(f"{self._root}/{name}")
        return content

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time of all that share the copies: a version is brought here once, whoever asks for it."""
        self._copies.mkdir(parents=True, exist_ok=True)
        with locked(self._copies):
            yield

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Raises FileNotFoundError for a file that is not there, Outdated for a condition that does not hold, and
        StoreFailed for whatever else goes wrong on the way.
        """
        try:
            yield
        except (OSError, BotoCoreError, TransferError) as error:
            cause = error.__cause__
            code = cause.response["Error"]["Code"] if isinstance(cause, ClientError) else ""
            if code in _CONFLICTS:
                raise Outdated(f"{self._address}: {error}") from None
            missing = isinstance(error, FileNotFoundError) and code != "NoSuchBucket"
            if missing or (isinstance(error, OSError) and error.errno in _NO_ROOM):
                raise
            raise StoreFailed(f"{self._address} does not do what it is asked: {error}") from None
