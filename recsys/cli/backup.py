"""Backup of a home, also while it serves, and the way back."""

import os
import shutil
from pathlib import Path

from recsys.bundle import activate, active_version, verify_bundle, version_folders
from recsys.cli.app import existing_home
from recsys.errors import BadBundle, BadInput, NoModel, NotFound
from recsys.home import Home
from recsys.settings import read_settings
from recsys.store.opening import postgres_address
from recsys.store.sqlite import copy_store

TRIES = 5  # a training that ends meanwhile may remove an old version while it is copied


def run_backup(home_path: Path, target: Path) -> None:
    """Writes a consistent copy of a home to a new folder: bundles, store, settings; complete or not at all."""
    home = existing_home(home_path)
    _not_postgres("back it up")
    if target.exists():
        raise BadInput(f"{target} exists. Name a folder that doesn't.")
    elsewhere = read_settings(home.settings).bundles
    versions = _copy(home, target)
    print(f"{target}: the store, {versions} model versions and the settings, each verified")
    if elsewhere is not None:
        print(f"The models at {elsewhere} are not in it: `recsys train` makes them anew.")


def run_restore(source: Path, home_path: Path) -> None:
    """Makes a home of a backup; the home must not be there yet. What does not verify is not restored."""
    _not_postgres("restore it")
    if not Home(source).store.exists():
        raise BadInput(f"{source} is no backup of a home: there is no store in it.")
    if home_path.exists() and any(home_path.iterdir()):
        raise BadInput(f"{home_path} is not empty. Move it away first, then restore.")
    versions = _copy(Home(source), home_path)
    print(f"{home_path} is restored, with {versions} model versions")


def _not_postgres(what: str) -> None:
    if postgres_address() is not None:
        raise BadInput(
            f"the store is in PostgreSQL: {what} with pg_dump and pg_restore, or as that database is backed up anyway. "
            "Copy the home's folder first: a model must not be newer than its store."
        )


def _copy(source: Home, target: Path) -> int:
    """Copies a home that may be in use; returns the number of model versions.

    Bundles go first: a bundle that is newer than the store would be refused.
    """
    partial = target.with_name(f".partial-{target.name}")
    copy = Home(partial)
    try:
        for left in reversed(range(TRIES)):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            try:
                versions = _copy_bundles(source, copy)
                break
            except (OSError, NotFound):
                if not left:
                    raise
        copy_store(source.store, copy.store)
        if source.settings.exists():
            shutil.copy2(source.settings, copy.settings)
        _finish(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return versions


def _copy_bundles(source: Home, target: Home) -> int:
    """Copies every version that verifies, and the pointer last; returns how many. The active one must verify."""
    try:
        active = active_version(source.bundles)
    except NoModel:
        active = None
    target.bundles.mkdir()
    copied = 0
    for folder in version_folders(source.bundles):
        copy = Path(shutil.copytree(folder, target.bundles / folder.name))
        try:
            verify_bundle(copy)
            copied += 1
        except BadBundle as error:
            if folder.name == active:
                raise
            shutil.rmtree(copy)
            print(f"warning: left out: {error}")
    if active is not None:
        activate(target.bundles, active)
    return copied


def _finish(partial: Path, target: Path) -> None:
    """Puts the complete folder in its place, on the disk before it is named."""
    for path in sorted(partial.rglob("*")):
        if path.is_file():
            with path.open("rb") as opened:
                os.fsync(opened.fileno())
    if target.exists():
        target.rmdir()
    partial.rename(target)
