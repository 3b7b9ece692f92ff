"""From fitted arrays to the active version of a site."""

from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import msgspec
from numpy.typing import NDArray

from recsys.bundle import Manifest, described, digest
from recsys.errors import BadBundle, NotFound, Refused
from recsys.home import Home
from recsys.registry import Registry, active_or_none, check_pointer, manifests
from recsys.store import Store
from recsys.times import format_time


def named(arrays: Mapping[str, NDArray[Any]], manifest: Manifest) -> Manifest:
    """The manifest with a version name: its as-of to the second, and eight digits of a digest of all content."""
    moment = format_time(manifest.as_of)[:19].replace("-", "").replace(":", "")
    complete = described(arrays, manifest)
    return msgspec.structs.replace(complete, version=f"{moment}-{digest(complete)[:8]}")


def publish(
    registry: Registry,
    store: Store,
    arrays: Mapping[str, NDArray[Any]],
    manifest: Manifest,
    *,
    after: str | None,
    now: int,
    keep: int,
) -> None:
    """Writes the bundle, makes it the active one, tells running servers, and removes the oldest beyond `keep`.

    Versions that still know an erased visitor go too, however few are left.

    after  the version that was active when the training began, None for none

    Raises Outdated where somebody has activated another one since, OSError where there is no room; the active version
    stays what it was until all is written and verified.
    """
    check_pointer(active_or_none(registry), after, manifest.version)  # before anything is written
    registry.write(arrays, manifest)
    registry.activate(manifest.version, after=after)
    store.log.append_activation(manifest.version, now)
    remove_old(registry, keep, max([erasure.seq for erasure in store.visitors.erasures(0)], default=0))


def previous_version(registry: Registry) -> str:
    """The newest kept version that is older than the active one and verifies; raises NoModel, or Refused for none."""
    active = registry.active()
    for version in reversed(_older(registry, active)):
        try:
            registry.verify(version)
        except (BadBundle, NotFound):
            continue
        return version
    raise Refused(f"there is no older version than {active}. `recsys models list` shows those there are.")


def _older(registry: Registry, active: str) -> list[str]:
    """The versions older than the active one, oldest first; all others where that one can't be read."""
    try:
        known = registry.manifest(active)
    except (BadBundle, NotFound):
        return [manifest.version for manifest in manifests(registry) if manifest.version != active]
    before = (known.as_of, known.version)
    return [manifest.version for manifest in manifests(registry) if (manifest.as_of, manifest.version) < before]


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


def remove_old(registry: Registry, keep: int, trained_after: int = 0) -> None:
    """Removes all but the newest `keep` versions; never the active one, nor what can't be read: that is evidence.

    trained_after  entry of the change log; what was trained on less goes
    """
    readable = manifests(registry)
    kept = {active_or_none(registry), *[m.version for m in readable if m.log_seq >= trained_after][-keep:]}
    for manifest in readable:
        if manifest.version not in kept:
            registry.remove(manifest.version)
