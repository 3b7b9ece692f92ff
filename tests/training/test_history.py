"""The Parquet history: what the log holds, by day, however it came about, and nothing of what an accident left."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.event import EVENT_TYPES, Event
from recsys.histories import visitor_key
from recsys.record import Micros
from recsys.store import Entry
from recsys.store.payload import pack_events
from recsys.times import DAY, HOUR, NEVER
from training import history as subject
from training.engines import duckdb_engine
from training.events import SCHEMA, event_table
from training.history import Span, day_files, erase, event_history, purge, reached, span

START = 1_700_000_000_000_000 // DAY * DAY


@dataclass
class Log:
    """As much of a change log as a history reads."""

    entries: list[Entry] = field(default_factory=list)
    read_seqs: list[int] = field(default_factory=list)

    def append(self, *events: Event) -> None:
        seq = len(self.entries) + 1
        self.entries.append(Entry(seq=seq, at=1_000 + seq, kind="events", events=events))

    def read(self, after: int, limit: int) -> list[Entry]:
        found = self.entries[after : after + limit]
        self.read_seqs += [entry.seq for entry in found]
        return found

    def tail(self, after: int, limit: int) -> list[Entry]:
        return [
            Entry(seq=entry.seq, at=entry.at, kind=entry.kind, packed=pack_events(entry.events))
            for entry in self.read(after, limit)
        ]

    def last(self) -> int:
        return len(self.entries)

    def events(self) -> Iterator[Event]:
        for entry in self.entries:
            yield from entry.events


def view(at: int, row: int = 0, visitor: str | None = "v", **fields: Any) -> Event:
    return Event(type="view", article_id=str(row), visitor_id=visitor, at=Micros(START + at), **fields)


def history(folder: Path, log: Log, last: int | None = None) -> pa.Table:
    return event_history(folder, log, log.last() if last is None else last, int)


def expected(log: Log) -> list[dict[str, Any]]:
    """The log's events in order of time, those of one moment in its own order."""
    rows = event_table(log.events(), int, NEVER).to_pylist()
    return sorted(rows, key=lambda row: row["at"])


@pytest.fixture
def log() -> Log:
    log = Log()
    log.append(view(3 * DAY + HOUR, 1), view(HOUR, 2, "w"), view(3 * DAY, 3))
    log.append(view(2 * HOUR, 4), view(-5 * DAY, 5, None))
    return log


def day_events() -> st.SearchStrategy[Event]:
    return st.builds(
        Event,
        type=st.sampled_from(EVENT_TYPES),
        article_id=st.integers(0, 9).map(str),
        visitor_id=st.sampled_from(["a", "b", None]),
        session_id=st.sampled_from(["s", None]),
        at=st.integers(-3 * DAY, 3 * DAY).map(lambda at: Micros(START + at)),
        value=st.just(4.0),
    )


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.lists(day_events(), max_size=8), st.booleans()), max_size=6), st.integers(1, 5))
def test_it_holds_the_log_s_events_however_often_it_was_caught_up(entries, batch):
    log, former = Log(), subject._BATCH
    subject._BATCH = batch
    try:
        with TemporaryDirectory() as folder:
            for events, now in entries:
                log.append(*events)
                if now:
                    history(Path(folder), log)
            assert history(Path(folder), log).to_pylist() == expected(log)
    finally:
        subject._BATCH = former


def test_a_site_without_events_has_an_empty_table(tmp_path):
    assert history(tmp_path / "history", Log()).equals(SCHEMA.empty_table())


def test_only_what_is_new_is_read_and_only_days_that_changed_are_written(tmp_path, log):
    history(tmp_path, log)
    before, log.read_seqs[:] = day_files(tmp_path), []
    log.append(view(3 * DAY + 2 * HOUR))
    assert history(tmp_path, log).to_pylist() == expected(log)
    after = day_files(tmp_path)
    assert before[:2] == after[:2]
    assert before[2] != after[2]
    assert not before[2].exists()
    assert set(log.read_seqs) == {2, 3}  # 2 only to see that this is still the same log


def test_it_stops_at_the_entry_asked_for(tmp_path, log):
    assert history(tmp_path, log, 1).num_rows == 3
    assert history(tmp_path, log).num_rows == 5


def test_events_on_unknown_articles_are_left_out(tmp_path, log):
    assert event_history(tmp_path, log, log.last(), {"1": 1}.get)["row"].to_pylist() == [1]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def forget_a_column(path: Path) -> None:
    state = json.loads(path.read_bytes())
    path.write_text(json.dumps(state | {"columns": state["columns"][:-1]}))


DAMAGES = {
    "a day's file is damaged": lambda folder: flip(day_files(folder)[1]),
    "a day's file is cut short": lambda folder: day_files(folder)[0].write_bytes(b"PAR1"),
    "a day's file is gone": lambda folder: day_files(folder)[0].unlink(),
    "the state is gone": lambda folder: (folder / "state.json").unlink(),
    "the state is cut short": lambda folder: (folder / "state.json").write_bytes(b'{"format":'),
    "the state is no text": lambda folder: (folder / "state.json").write_bytes(b"\xff\xfe"),
    "another version wrote it": lambda folder: forget_a_column(folder / "state.json"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_made_anew_from_the_log(tmp_path, log, damage):
    history(tmp_path, log)
    DAMAGES[damage](tmp_path)
    assert history(tmp_path, log).to_pylist() == expected(log)
    assert sorted(tmp_path.glob("*/*")) == sorted(day_files(tmp_path))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_a_log_from_a_backup_is_read_from_its_beginning(tmp_path, log, length):
    history(tmp_path, log)
    restored = Log(log.entries[:1])
    for step in range(1, length):
        restored.append(view(step * DAY, 7))
        restored.entries[-1] = Entry(seq=step + 1, at=9_000, kind="events", events=restored.entries[-1].events)
    assert history(tmp_path, restored).to_pylist() == expected(restored)


def test_a_crash_at_any_write_leaves_the_old_history_or_the_new(tmp_path, log, monkeypatch):
    write, writes = subject._write_synced, itertools.count()

    class Crash(BaseException):
        pass

    def crash_at(n: int) -> Any:
        left = itertools.count(n, -1)

        def crashing(path: Path, data: Any) -> None:
            if next(left) == 0:
                path.with_name(f".partial-{path.name}").write_bytes(b"half")
                raise Crash
            next(writes)
            write(path, data)

        return crashing

    for n in range(4):  # three days and the state
        folder = tmp_path / str(n)
        history(folder, log, 1)
        monkeypatch.setattr(subject, "_write_synced", crash_at(n))
        log_then = Log([*log.entries])
        log_then.append(view(HOUR, 8), view(3 * DAY, 8))
        try:
            history(folder, log_then)
        except Crash:
            pass
        else:
            pytest.fail("nothing was written")
        monkeypatch.setattr(subject, "_write_synced", write)
        assert history(folder, log_then).to_pylist() == expected(log_then)
        assert sorted(folder.glob("*/*")) == sorted(day_files(folder))
        assert sorted(path.name for path in folder.iterdir() if path.is_file()) == ["state.json"]
    assert next(writes) == 0 + 1 + 2 + 3


def test_erasing_a_visitor_rewrites_the_days_that_hold_them_and_no_others(tmp_path, log):
    history(tmp_path, log)
    before = day_files(tmp_path)
    assert erase(tmp_path, {visitor_key("w")}) == 1
    after = day_files(tmp_path)
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]
    assert not before[1].exists()
    left = [row for row in expected(log) if row["visitor"] != visitor_key("w")]
    assert history(tmp_path, log).to_pylist() == left
    assert erase(tmp_path, {visitor_key("nobody")}) == 0
    assert erase(tmp_path / "nowhere", {1}) == 0


def test_a_damaged_history_is_not_erased_in_but_made_anew(tmp_path, log):
    history(tmp_path, log)
    flip(day_files(tmp_path)[1])
    assert erase(tmp_path, {visitor_key("w")}) == 0
    assert day_files(tmp_path) == []
    assert history(tmp_path, log).to_pylist() == expected(log)


def test_days_past_their_age_go_and_stay_away(tmp_path, log):
    history(tmp_path, log)
    purge(tmp_path, START)
    left = [row for row in expected(log) if row["at"] >= START]
    assert history(tmp_path, log).to_pylist() == left
    assert len(left) == 4
    assert reached(tmp_path) == log.last()
    purge(tmp_path / "nowhere", START)
    assert reached(tmp_path / "nowhere") == 0


def test_an_engine_reads_the_same_events_from_the_files(tmp_path, log):
    table = history(tmp_path, log)
    with duckdb_engine(threads=1) as engine:
        found = engine.scanned_files("events", day_files(tmp_path))
        assert [*found.schema().names] == SCHEMA.names
        assert (
            found.order_by("at", "row").to_pyarrow().to_pylist()
            == table.sort_by([("at", "ascending"), ("row", "ascending")]).to_pylist()
        )


def test_the_newest_days_are_read_as_far_as_there_is_room(tmp_path):
    log = Log()
    for day in range(5):
        log.append(*(view(day * DAY + hour * HOUR, row=day) for hour in range(day + 1)))  # 1, 2, 3, 4, 5 events

    def rows(**bounds: int) -> list[int]:
        return event_history(tmp_path, log, log.last(), int, **bounds)["row"].to_pylist()

    assert rows(at_most=15) == [0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4]
    assert rows(at_most=9) == rows(at_most=11) == [3, 3, 3, 3, 4, 4, 4, 4, 4]
    assert rows(at_most=1) == [4, 4, 4, 4, 4]
    assert rows(at_most=5, before=START + 3 * DAY + 1) == [3, 3, 3, 3]
    assert rows(at_most=5, before=START + 3 * DAY) == [1, 1, 2, 2, 2]


def test_the_span_of_all_events_is_told_by_their_files(tmp_path, log):
    stamps = history(tmp_path, log)["at"].to_pylist()
    as_of = sorted(stamps)[len(stamps) // 2]
    past = [at for at in stamps if at < as_of]
    assert past
    assert span(day_files(tmp_path), as_of) == Span(len(past), len(stamps) - len(past), min(past), max(past))
    assert span([], as_of) == Span(0, 0, None, None)
