"""The registry: which trained versions a site keeps, and which one of them answers.

The versions lie in the home's own folder, or on object storage that several servers share (`recsys.bucket`). Either way
a version is listed only when it is complete, and the pointer to the active one moves only to a version that verifies,
and only from where the caller saw it: of two who publish at once one loses.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any, Protocol

from numpy.typing import NDArray

from recsys.bundle import (
    Manifest,
    active_version,
    open_bundle,
    point_to,
    read_manifest,
    verify_bundle,
    version_folders,
    version_path,
    write_bundle,
)
from recsys.errors import BadBundle, BadInput, NoModel, NotFound, Outdated

LOCK = ".lock"

Arrays = Mapping[str, NDArray[Any]]


class Registry(Protocol):
    """A site's versions, and the pointer to the active one. Where storage does not answer, calls raise StoreFailed.

    Any thread and any process may call; an object made before a fork is not to be used after it.
    """

    def names(self) -> list[str]:
        """All versions that are listed, damaged ones too, by name."""

    def manifest(self, version: str) -> Manifest:
        """What a version says of itself; raises NotFound or BadBundle."""

    def open(self, version: str) -> tuple[Manifest, dict[str, NDArray[Any]]]:
        """Verifies a version and maps its arrays; raises NotFound or BadBundle."""

    def verify(self, version: str) -> Manifest:
        """Checks every byte of a version where it is kept; raises NotFound or BadBundle."""

    def write(self, arrays: Arrays, manifest: Manifest) -> None:
        """Keeps a new version, complete or not at all; an equal one that stands already stays. It is not active yet."""

    def remove(self, version: str) -> None:
        """Takes a version out of the list, then away. Who has it open goes on."""

    def active(self) -> str:
        """The version that answers; raises NoModel where there is none yet."""

    def activate(self, version: str, *, after: str | None) -> None:
        """Makes `version` the active one, once it verifies; raises NotFound or BadBundle.

        after  the version that the caller saw active, None for none: raises Outdated where another one is by now
        """


@dataclass(frozen=True, slots=True)
class FolderRegistry:
    """Versions in a folder, as `recsys.bundle` writes them."""

    folder: Path

    def names(self) -> list[str]:
        """All versions that are listed, damaged ones too, by name."""
        return [path.name for path in version_folders(self.folder)]

    def manifest(self, version: str) -> Manifest:
        """What a version says of itself."""
        return read_manifest(version_path(self.folder, version))

    def open(self, version: str) -> tuple[Manifest, dict[str, NDArray[Any]]]:
        """Verifies a version and maps its arrays."""
        return open_bundle(version_path(self.folder, version))

    def verify(self, version: str) -> Manifest:
        """Checks every byte of a version."""
        return verify_bundle(version_path(self.folder, version))

    def write(self, arrays: Arrays, manifest: Manifest) -> None:
        """Keeps a new version, complete or not at all; what was left behind goes. Nobody else writes meanwhile."""
        for leftover in self.folder.glob(".partial-*"):
            rmtree(leftover)
        write_bundle(self.folder, arrays, manifest)

    def remove(self, version: str) -> None:
        """Takes a version out of the list, then away."""
        # A crash in between must leave no half of one in the list.
        going = version_path(self.folder, version).rename(self.folder / f".partial-gone-{version}")
        rmtree(going)

    def active(self) -> str:
        """The version that answers."""
        return active_version(self.folder)

    def activate(self, version: str, *, after: str | None) -> None:
        """Makes `version` the active one, once it verifies."""
        verify_bundle(version_path(self.folder, version))
        with locked(self.folder):
            check_pointer(active_or_none(self), after, version)
            point_to(self.folder, version)


def open_registry(folder: Path, address: str | None) -> Registry:
    """The registry in a home's `folder` of bundles, or at the `address` of object storage, with copies in the folder.

    Raises BadInput where a package for that storage is missing.
    """
    if address is None:
        return FolderRegistry(folder)
    try:
        from recsys.bucket import BucketRegistry
    except ModuleNotFoundError as error:
        raise BadInput(f"bundles: {error.name} is missing: pip install 'article-recsys[s3]'") from None
    return BucketRegistry(address, folder / ".copies")


def manifests(registry: Registry) -> list[Manifest]:
    """The manifests of all versions that can be read, oldest first by their as-of, then by name."""
    found = []
    for version in registry.names():
        try:
            found.append(registry.manifest(version))
        except (BadBundle, NotFound):  # damaged, or removed since it was listed
            continue
    return sorted(found, key=lambda manifest: (manifest.as_of, manifest.version))


def active_or_none(registry: Registry) -> str | None:
    """The active version; None where there is none yet."""
    try:
        return registry.active()
    except NoModel:
        return None


def check_pointer(found: str | None, after: str | None, version: str) -> None:
    """Raises Outdated where the pointer stands neither where it was seen nor where it is to go."""
    if found not in (after, version):
        raise Outdated(f"{found} was activated by somebody else meanwhile, {version} was not. Run it again.")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds a lock of the operating system on `folder`; waits for whoever has it."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
