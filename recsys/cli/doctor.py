"""What is wrong with a home, before readers find out."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from recsys.cli.app import existing_home, registry_of
from recsys.errors import NoModel, RecsysError
from recsys.home import Home
from recsys.registry import Registry
from recsys.settings import read_settings
from recsys.store.opening import open_store
from recsys.times import DAY, MINUTE, format_time, now_micros

State = Literal["ok", "note", "bad"]

ENTRIES = 64
OLD = 7 * DAY
SPARE = 2.0  # times the home's size: what a training and a backup need


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    state: State
    said: str


def run_doctor(home_path: Path) -> bool:
    """Looks at everything in a home and prints what it found; False where something is bad."""
    home = existing_home(home_path)
    good = True
    for finding in findings(home, now_micros()):
        print(f"{finding.state:5} {finding.subject:9} {finding.said}", flush=True)
        good = good and finding.state != "bad"
    return good


def findings(home: Home, now: int) -> Iterator[Finding]:
    """Versions, settings, store, models, disk and clock, one after the other."""
    yield Finding(
        "versions",
        "ok",
        f"recsys {version('article-recsys')}, Python {platform.python_version()}, numpy {version('numpy')}, "
        f"{sys.platform}",
    )
    yield from _told("settings", lambda: _settings(home))
    yield from _told("store", lambda: _store(home, now))
    yield from _told("models", lambda: _models(home, now))
    yield from _disk(home)


def _told(subject: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except RecsysError as error:
        yield Finding(subject, "bad", str(error))


def _settings(home: Home) -> Iterator[Finding]:
    read_settings(home.settings)
    said = str(home.settings) if home.settings.exists() else "defaults; there is no recsys.toml"
    yield Finding("settings", "ok", said)


def _store(home: Home, now: int) -> Iterator[Finding]:
    """Every entry of the log and every article is read: each has a checksum of its own."""
    store = open_store(home, read_only=True)
    try:
        engine, risks = store.engine(), store.risks()
        last, newest, events = store.log.last(), 0, 0
        read = 0
        while read < last and (entries := store.log.read(read, ENTRIES)):
            read = entries[-1].seq
            newest = max(newest, *(entry.at for entry in entries))
            events += sum(len(entry.events) for entry in entries)
        articles = deleted = 0
        for stored in store.catalogue.scan():
            articles += 1
            deleted += stored.deleted_at is not None
    finally:
        store.close()
    held = f"{last:,} log entries, {events:,} events, {articles:,} articles, {deleted:,} deleted"
    yield Finding("store", "ok", f"{engine}: {held}")
    for risk in risks:
        yield Finding("store", "bad", risk)
    if newest > now + MINUTE:
        yield Finding("clock", "bad", f"the log was written at {format_time(newest)}, which this clock says is to come")
    else:
        yield Finding("clock", "ok", format_time(now))


def _models(home: Home, now: int) -> Iterator[Finding]:
    registry = registry_of(home)
    for name in registry.names():
        yield from _told("model", partial(_model, registry, name))
    try:
        active = registry.manifest(registry.active())
    except NoModel as error:
        yield Finding("active", "note", str(error))
        return
    except RecsysError as error:
        yield Finding("active", "bad", str(error))
        return
    store = open_store(home, read_only=True)
    try:
        last = store.log.last()
    except RecsysError:
        return
    finally:
        store.close()
    age = f"{active.version}, trained as of {format_time(active.as_of)}, {last - active.log_seq:,} log entries ago"
    if active.log_seq > last:
        yield Finding("active", "bad", f"{active.version} is of a longer log than this store has: run `recsys train`")
    elif now - active.as_of > OLD and last > active.log_seq:
        yield Finding("active", "note", f"{age}: more than {OLD // DAY} days old; run `recsys train`")
    else:
        yield Finding("active", "ok", age)


def _model(registry: Registry, version: str) -> Iterator[Finding]:
    manifest = registry.verify(version)
    size = sum(file.bytes for file in manifest.files.values())
    yield Finding("model", "ok", f"{manifest.version}, {size / 2**20:,.1f} MB, every file as it was published")


def _disk(home: Home) -> Iterator[Finding]:
    size = sum(path.stat().st_size for path in home.root.rglob("*") if path.is_file())
    free = shutil.disk_usage(home.root).free
    said = f"{size / 2**20:,.0f} MB used, {free / 2**20:,.0f} MB free"
    enough = free > SPARE * size
    yield Finding(
        "disk", "ok" if enough else "note", said if enough else f"{said}: too little for a training and a backup"
    )
    if not os.access(home.root, os.W_OK):
        yield Finding("disk", "bad", f"{home.root} can't be written by this user")
    left = sorted(path.name for path in home.root.rglob(".partial-*"))
    if left:
        yield Finding("disk", "note", f"left behind by something that was interrupted: {', '.join(left[:5])}")
