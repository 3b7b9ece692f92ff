"""From fitted arrays to the active version in a home."""

from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import msgspec
from numpy.typing import NDArray

from recsys.bundle import (
    Manifest,
    activate,
    active_version,
    digest,
    read_manifest,
    verify_bundle,
    version_path,
    versions,
    write_bundle,
)
from recsys.errors import BadBundle, NoModel, Refused
from recsys.home import Home
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

    Versions that still know an erased visitor go too, however few are left.

    Raises OSError where there is no room; the active version stays what it was until all is written and verified.
    """
    sweep(bundles)
    try:
        path = write_bundle(bundles, arrays, manifest)
    except OSError:
        sweep(bundles)  # a full disk gets its room back at once
        raise
    activate(bundles, manifest.version)
    store.log.append_activation(manifest.version, now)
    remove_old(bundles, keep, max([erasure.seq for erasure in store.visitors.erasures(0)], default=0))
    return path


def previous_version(bundles: Path) -> str:
    """The newest kept version that is older than the active one and verifies; raises NoModel, or Refused for none."""
    active = active_version(bundles)
    older = _older(bundles, active)
    for version in reversed(older):
        try:
            verify_bundle(version_path(bundles, version))
        except BadBundle:
            continue
        return version
    raise Refused(f"there is no older version than {active}. `recsys models list` shows those there are.")


def _older(bundles: Path, active: str) -> list[str]:
    """The versions older than the active one, oldest first; all others where that one can't be read."""
    try:
        known = read_manifest(bundles / active)
    except BadBundle:
        return [manifest.version for manifest in versions(bundles) if manifest.version != active]
    before = (known.as_of, known.version)
    return [manifest.version for manifest in versions(bundles) if (manifest.as_of, manifest.version) < before]


def sweep(folder: Path, pattern: str = ".partial-*") -> None:
    """Removes what an interrupted run left behind in `folder`. Only for whoever holds the lock of the home."""
    for leftover in folder.glob(pattern):
        if leftover.is_dir():
            rmtree(leftover, ignore_errors=True)
        else:
            leftover.unlink(missing_ok=True)


def sweep_home(home: Home) -> None:
    """The same for all folders that a training writes to."""
    for folder, pattern in (
        (home.root, "recsys-signals-*"),
        (home.bundles, ".partial-*"),
        (home.reports, ".partial-*"),
    ):
        sweep(folder, pattern)


def remove_old(bundles: Path, keep: int, trained_after: int = 0) -> None:
    """Removes all but the newest `keep` versions; never the active one, nor what can't be read: that is evidence.

    trained_after  entry of the change log; what was trained on less goes
    """
    try:
        active = active_version(bundles)
    except NoModel:
        active = ""
    readable = versions(bundles)
    kept = {active, *[m.version for m in readable if m.log_seq >= trained_after][-keep:]}
    for manifest in readable:
        if manifest.version not in kept:
            # First out of the list of versions: a crash in between must leave no half of one there.
            going = (bundles / manifest.version).rename(bundles / f".partial-gone-{manifest.version}")
            rmtree(going)
