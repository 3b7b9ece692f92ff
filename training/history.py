"""Events as Parquet, a file a day: what the change log holds, in columns, kept up from where it was left.

The log is the truth; this is what a training reads instead of decoding it all again. A state file names the last entry
that was read, and the file of each day with its digest. Files never change: a day that changed gets a new one, and the
state, replaced atomically, is what makes it count. What does not verify is made anew from the log.

history/state.json                    `State`
history/day=2026-03-31/<digest>.parquet   a table of `training.events.SCHEMA`, in the order of the log
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import chain, islice
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from recsys.store import ChangeLog
from recsys.times import DAY, NEVER
from training.collector import collector_paused
from training.event_columns import EventColumns
from training.events import SCHEMA, Logged, event_table, logged_events
from training.resources import give_back_freed

FORMAT = 1
STATE = "state.json"

_BATCH = 2_000_000  # events in memory at a time, 110 MB
_EPOCH = date(1970, 1, 1).toordinal()
_COLUMNS = [f"{field.name}:{field.type}" for field in SCHEMA]


class DayFile(msgspec.Struct, frozen=True):
    """What the state says of one day."""

    file: str  # below the folder of the history
    rows: int
    sha256: str


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What the history holds: all events of the log up to entry `seq`, which was stored at `at` (0, 0: none)."""

    format: int = FORMAT
    columns: list[str] = msgspec.field(default_factory=lambda: list(_COLUMNS))
    seq: int = 0
    at: int = 0
    days: dict[str, DayFile] = {}


RowOf = Callable[[str], int | None]


def event_history(
    folder: Path, log: ChangeLog, last: int, row_of: RowOf, *, before: int = NEVER, at_most: int | None = None
) -> pa.Table:
    """All events of the log up to entry `last`: in order of time, those of one moment in the order of the log.

    Reads from the log only what came since the last call, writes only days that changed. `row_of` gives an article's
    row; events on articles that it does not know are left out. Raises OSError where there is no room.

    at_most  read only so many events: the newest whole days, at least one, of those that begin before `before`
    """
    with _locked(folder):
        state = _caught_up(folder, log, last, row_of)
        return _read(folder, state if at_most is None else newest(state, before, at_most))


def newest(state: State, before: int, at_most: int) -> State:
    """The state as if only its newest days were there: see `event_history`."""
    days: dict[str, DayFile] = {}
    room = at_most
    for day in sorted(state.days, reverse=True):
        if (date.fromisoformat(day).toordinal() - _EPOCH) * DAY >= before:
            continue
        room -= state.days[day].rows
        if days and room < 0:
            break
        days[day] = state.days[day]
    return msgspec.structs.replace(state, days=days)


def erase(folder: Path, readers: Collection[int]) -> int:
    """Rewrites the days that hold events of these visitors (`visitor_key`) without them; returns how many events went.

    The caller erases them from the log too: else a history that is made anew has them again.
    """
    if not (folder / STATE).exists():
        return 0
    keys = pa.array(sorted(readers), pa.uint64())
    with _locked(folder):
        state, gone = _read_state(folder), 0
        if not all(_verifies(folder, day) for day in state.days.values()):
            (folder / STATE).unlink()  # the next training makes it anew, and the log has them no more
            return 0
        days = dict(state.days)
        for day, known in state.days.items():
            table = _read_day(folder, known)
            kept = table.filter(pc.invert(pc.is_in(table["visitor"], keys)))  # a null is in no set
            if kept.num_rows < table.num_rows:
                gone += table.num_rows - kept.num_rows
                days[day] = _write_day(folder, day, kept)
        _write_state(folder, msgspec.structs.replace(state, days=days))
        _sweep(folder, days)
    return gone


def purge(folder: Path, before: int) -> None:
    """Removes the days before the one that begins at `before`. The caller purges the log too."""
    if not (folder / STATE).exists():
        return
    first = date.fromordinal(_EPOCH + before // DAY).isoformat()
    with _locked(folder):
        state = _read_state(folder)
        days = {day: known for day, known in state.days.items() if day >= first}
        _write_state(folder, msgspec.structs.replace(state, days=days))
        _sweep(folder, days)


def reached(folder: Path) -> int:
    """The last entry of the log that the history holds; 0 where there is none."""
    return _read_state(folder).seq


@dataclass(frozen=True, slots=True)
class Span:
    """How many events are stamped before a moment, how many from it on, and the first and last stamp before it."""

    events: int
    later: int
    first: int | None
    last: int | None


def span(files: Sequence[Path], as_of: int) -> Span:
    """What the stamps in the files of `day_files` tell, a file in memory at a time."""
    count, later, first, last = 0, 0, None, None
    for path in files:
        at = parquet.ParquetFile(path).read(columns=["at"])["at"]
        past = at.filter(pc.less(at, as_of))
        count, later = count + len(past), later + len(at) - len(past)
        ends = pc.min_max(past).as_py()
        if len(past):
            first = ends["min"] if first is None else min(first, ends["min"])
            last = ends["max"] if last is None else max(last, ends["max"])
    return Span(count, later, first, last)


def day_files(folder: Path) -> list[Path]:
    """The Parquet files, by day: for an engine that scans them where they lie."""
    state = _read_state(folder)
    return [folder / state.days[day].file for day in sorted(state.days)]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time: another's files are not swept away, nor swept from under its feet."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _caught_up(folder: Path, log: ChangeLog, last: int, row_of: RowOf) -> State:
    known = _read_state(folder)
    if not _continues(known, log, last) or not all(_verifies(folder, day) for day in known.days.values()):
        known = State()
    if known.seq < last:
        days = dict(known.days)
        with collector_paused():
            for table in _batches(logged_events(log, last, known.seq), row_of):
                _add(folder, days, table)
        known = State(seq=last, at=log.read(last - 1, 1)[0].at, days=days)
        _write_state(folder, known)
    _sweep(folder, known.days)
    return known


def _continues(state: State, log: ChangeLog, last: int) -> bool:
    """Whether the log is the one that the state is of: a restored backup may be shorter, or go on in another way."""
    if state.seq == 0:
        return True
    return state.seq <= last and log.read(state.seq - 1, 1)[0].at == state.at


def _batches(events: Iterator[Logged], row_of: RowOf) -> Iterator[pa.Table]:
    for first in events:
        yield event_table(chain([first], islice(events, _BATCH - 1)), row_of, NEVER)


def _add(folder: Path, days: dict[str, DayFile], table: pa.Table) -> None:
    """Appends the events of `table` to their days; a file that it replaces stays until the state is written."""
    day = table["at"].to_numpy() // DAY
    order = np.argsort(day, kind="stable")
    numbers, starts = np.unique(day[order], return_index=True)
    ends = np.append(starts[1:], day.size)
    for number, start, end in zip(numbers.tolist(), starts.tolist(), ends.tolist(), strict=True):
        name = date.fromordinal(_EPOCH + number).isoformat()
        new = table.take(pa.array(order[start:end]))
        old = [_read_day(folder, days[name])] if name in days else []
        days[name] = _write_day(folder, name, pa.concat_tables([*old, new]))


def _read(folder: Path, state: State) -> pa.Table:
    events = EventColumns(sum(day.rows for day in state.days.values()))
    for day in sorted(state.days):
        events.extend(_read_day(folder, state.days[day]))
    give_back_freed()
    return events.table()


def _read_day(folder: Path, day: DayFile) -> pa.Table:
    return parquet.ParquetFile(folder / day.file).read().cast(SCHEMA)


def _write_day(folder: Path, day: str, table: pa.Table) -> DayFile:
    sink = pa.BufferOutputStream()
    parquet.write_table(table.combine_chunks(), sink, compression="zstd")
    data = sink.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    path = folder / f"day={day}" / f"{digest[:32]}.parquet"
    path.parent.mkdir(exist_ok=True)
    _write_synced(path, data)
    return DayFile(file=f"{path.parent.name}/{path.name}", rows=table.num_rows, sha256=digest)


def _verifies(folder: Path, day: DayFile) -> bool:
    path = folder / day.file
    if not path.is_file():
        return False
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == day.sha256


def _read_state(folder: Path) -> State:
    """What was written last; nothing where it is absent, damaged or of another format."""
    try:
        state = msgspec.json.decode((folder / STATE).read_bytes(), type=State)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return State()
    return state if (state.format, state.columns) == (FORMAT, _COLUMNS) else State()


def _write_state(folder: Path, state: State) -> None:
    _write_synced(folder / STATE, msgspec.json.encode(state, order="sorted"))


def _write_synced(path: Path, data: bytes | pa.Buffer) -> None:
    partial = path.with_name(f".partial-{path.name}")
    with partial.open("wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: Path, days: Mapping[str, DayFile]) -> None:
    """Removes what no state names: replaced days, and what an interrupted run left behind."""
    kept = {folder / day.file for day in days.values()} | {folder / STATE}
    for path in _files(folder):
        if path not in kept:
            path.unlink()
    for path in folder.glob("day=*"):
        if path.name.removeprefix("day=") not in days:
            path.rmdir()


def _files(folder: Path) -> Iterable[Path]:
    return [path for pattern in ("*", "day=*/*") for path in folder.glob(pattern) if path.is_file()]
