"""What is new in the sources that the settings name, imported one by one; what can't be read warns and is skipped.

A file is read again only when its size, time or identity changed, a feed when its content did: what was exported once
must not undo what the site's backend has put since. A state file remembers what was read; it is written after the
import is stored, so that a crash between the two reads a source once more, which changes nothing.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from recsys.counted import counted
from recsys.errors import BadInput, StoreFailed
from recsys.store import Store
from training.fetching import NO_COPY, Copy, Document, fetch, is_address
from training.file_sets import expanded
from training.intake import import_files
from training.progress import Progress
from training.sources import Source

STATE = "sources.json"

Holds = Literal["articles", "events"]


Get = Callable[[str, Copy], Document | None]
"""Fetches a URL, given the copy that is known; None where that is still the newest."""


class SeenFile(msgspec.Struct, frozen=True, tag="file"):
    """A file as it was when it was read."""

    bytes: int
    changed: int  # nanoseconds
    inode: int  # of a folder of Markdown, how many entries lie below it


class SeenDocument(msgspec.Struct, frozen=True, tag="document"):
    """A document of the web as it was when it was read."""

    copy: Copy
    sha256: str


Seen = SeenFile | SeenDocument


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What one source brought."""

    file: str
    articles_added: int = 0
    articles_updated: int = 0
    events: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class Ingested:
    """What all sources brought; `warnings` name what could not be read, and what an import warned of."""

    taken: tuple[Taken, ...] = ()
    warnings: tuple[str, ...] = ()


def ingest(
    store: Store,
    root: Path,
    sources: Mapping[Holds, Sequence[str]],
    *,
    now: int,
    default_zone: tzinfo,
    progress: Progress,
    get: Get = fetch,
) -> Ingested:
    """Imports every file and feed of `sources` that is new or has changed, articles before events.

    root  the home: relative paths begin there, and the state lies there
    get   fetches feeds
    Raises StoreFailed where the store can't take more; what was stored before stays, and is not read again.
    """
    known, taken, warnings = _read_state(root / STATE), [], []
    for holds in ("articles", "events"):
        names = sources.get(holds, ())
        files, missing = _files(root, [name for name in names if not is_address(name)])
        warnings += missing
        places: list[Path | str] = [*files, *dict.fromkeys(filter(is_address, names))]
        for place in places:
            key = f"{holds} {place}"
            try:
                if (news := _news(place, known.get(key), get)) is None:
                    continue
                source, seen = news
                report = import_files(
                    store,
                    [source] if holds == "articles" else [],
                    [source] if holds == "events" else [],
                    now=now,
                    default_zone=default_zone,
                    dry_run=False,
                    strict=False,
                    progress=progress,
                )
            except StoreFailed:
                raise
            except (BadInput, OSError) as error:
                warnings.append(f"left out: {_told(error, place)}")
                continue
            put = report.articles
            found = Taken(
                file=str(place),
                articles_added=put.added,
                articles_updated=put.updated,
                events=report.events.accepted,
                bad=report.bad,
            )
            taken.append(found)
            warnings += report.warnings
            if report.bad:
                rows = counted(report.bad, "bad row", "bad rows")
                warnings.append(f"{place}: {rows} left out, such as {report.bad_rows[0]}")
            known[key] = seen
            _write_state(root / STATE, known)
    return Ingested(tuple(taken), tuple(warnings))


def _files(root: Path, names: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The files meant, and a warning for each source that holds none."""
    files: dict[Path, None] = {}
    warnings = []
    for name in names:
        try:
            files |= dict.fromkeys(expanded([root / Path(name).expanduser()]))
        except (BadInput, OSError) as error:
            warnings.append(f"source not reached: {_told(error, name)}")
    return list(files), warnings


def _told(error: BadInput | OSError, place: Path | str) -> str:
    """What kept `place` from being read, for people."""
    if isinstance(error, BadInput):
        return str(error)
    if isinstance(error, FileNotFoundError):
        return f"{place} is not there."
    return f"{place}: {error.strerror or error}"


def _news(place: Path | str, before: Seen | None, get: Get) -> tuple[Source, Seen] | None:
    """What there is to read, and what will tell whether it has changed; None where it is as it was before."""
    if isinstance(place, Path):
        seen: Seen = _seen(place)
        return None if seen == before else (place, seen)
    known = before if isinstance(before, SeenDocument) else SeenDocument(NO_COPY, "")
    document = get(place, known.copy)
    if document is None:
        return None
    digest = sha256(document.body).hexdigest()
    return None if digest == known.sha256 else (document, SeenDocument(document.copy, digest))


def _seen(file: Path) -> SeenFile:
    """What tells a changed file; for a folder of Markdown the newest file below, and the sum of sizes."""
    if file.is_dir():
        stats = [path.stat() for path in sorted(file.rglob("*"))]
        newest = max((stat.st_mtime_ns for stat in stats), default=0)
        return SeenFile(sum(stat.st_size for stat in stats), newest, len(stats))
    stat = file.stat()
    return SeenFile(stat.st_size, stat.st_mtime_ns, stat.st_ino)


def _read_state(path: Path) -> dict[str, Seen]:
    """What was read before; nothing where that is not known: then all is read again."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Seen])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _write_state(path: Path, known: Mapping[str, Seen]) -> None:
    partial = path.with_name(f".partial-{path.name}")
    with partial.open("wb") as opened:
        opened.write(msgspec.json.encode(known, order="sorted"))
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(path)
