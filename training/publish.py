"""From fitted arrays to the active version in a home."""

from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import msgspec
from numpy.typing import NDArray

from recsys.bundle import Manifest, activate, active_version, digest, version_folders, versions, write_bundle
from recsys.errors import NoModel
from recsys.store import Store
from recsys.times import format_time


def named(arrays: Mapping[str, NDArray[Any]], manifest: Manifest) -> Manifest:
    """The manifest with a version name: its as-of to the second, and eight digits of a digest of all content."""
    moment = format_time(manifest.as_of)[:19].replace("-", "").replace(":", "")
    return msgspec.structs.replace(manifest, version=f"{moment}-{digest(arrays, manifest)[:8]}")


def publish(
    bundles: Path, store: Store, arrays: Mapping[str, NDArray[Any]], manifest: Manifest, *, now: int, keep: int
) -> Path:
    """Writes the bundle, makes it the active one, tells running servers, and removes the oldest beyond `keep`.

    Raises OSError where there is no room; the active version stays what it was until all is written and verified.
    """
    sweep(bundles)
    path = write_bundle(bundles, arrays, manifest)
    activate(bundles, manifest.version)
    store.log.append_activation(manifest.version, now)
    remove_old(bundles, keep)
    return path


def sweep(bundles: Path) -> None:
    """Removes what an interrupted run left behind."""
    for leftover in bundles.glob(".partial-*"):
        rmtree(leftover, ignore_errors=True)


def remove_old(bundles: Path, keep: int) -> None:
    """Removes all but the newest `keep` versions; never the active one, nor what can't be read: that is evidence."""
    try:
        active = active_version(bundles)
    except NoModel:
        active = ""
    readable = [manifest.version for manifest in versions(bundles)]
    kept = {active, *readable[-keep:]}
    for folder in version_folders(bundles):
        if folder.name not in kept and folder.name in readable:
            rmtree(folder)
