"""Writes are durable when they are answered, share commits, and fail alone."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recsys.errors import BadInput, StoreFull
from recsys.event import Event
from recsys.record import Micros
from recsys.store import AppendedEvents, Store
from recsys.store.sqlite import SqliteStore
from serving import writer as writer_module
from serving.problems import Problem
from serving.writer import Writer


def _append(name: str) -> Callable[[Store], AppendedEvents]:
    event = Event(id=name, type="view", article_id="a", at=Micros(1))
    return lambda store: store.log.append_events([event], now=2)


def _fail(store: Store) -> None:
    _append("half")(store)
    raise BadInput("no")


def _open(path: Path) -> Store:
    return SqliteStore(path / "store.db")


def _ids(path: Path) -> set[str | None]:
    store = _open(path)
    entries = store.log.read(0, 1_000)
    store.close()
    return {event.id for entry in entries for event in entry.events}


def test_many_writes_at_once_are_all_stored(tmp_path: Path) -> None:
    async def run() -> None:
        writer = Writer(lambda: _open(tmp_path))
        await asyncio.gather(*(writer.run(_append(f"e{i}")) for i in range(100)))
        await writer.close()

    asyncio.run(run())
    assert _ids(tmp_path) == {f"e{i}" for i in range(100)}


def test_events_of_many_requests_share_an_entry_and_each_is_told_of_its_own(tmp_path: Path) -> None:
    def some(*names: str) -> list[Event]:
        return [Event(id=name, type="view", article_id="a", at=Micros(1)) for name in names]

    async def run() -> list[object]:
        writer = Writer(lambda: _open(tmp_path))
        outcomes = await asyncio.gather(
            writer.append(some("a", "b"), 3),
            writer.append(some("b"), 2),
            writer.run(_append("between")),
            writer.append(some("c"), 4),
        )
        await writer.close()
        assert writer.newest == 3
        return list(outcomes)

    counts = [AppendedEvents(2, 0), AppendedEvents(0, 1), AppendedEvents(1, 0), AppendedEvents(1, 0)]
    assert asyncio.run(run()) == counts
    store = _open(tmp_path)
    entries = [(entry.at, [event.id for event in entry.events]) for entry in store.log.read(0, 9)]
    store.close()
    assert entries == [(3, ["a", "b"]), (2, ["between"]), (4, ["c"])]


def test_a_failing_write_takes_no_other_with_it(tmp_path: Path) -> None:
    async def run() -> list[object]:
        writer = Writer(lambda: _open(tmp_path))
        outcomes = await asyncio.gather(
            writer.run(_append("a")), writer.run(_fail), writer.run(_append("b")), return_exceptions=True
        )
        await writer.close()
        return list(outcomes)

    outcomes = asyncio.run(run())
    assert isinstance(outcomes[1], BadInput)
    assert _ids(tmp_path) == {"a", "b"}


def test_closing_finishes_what_waits(tmp_path: Path) -> None:
    async def run() -> None:
        writer = Writer(lambda: _open(tmp_path))
        pending = [asyncio.create_task(writer.run(_append(f"e{i}"))) for i in range(20)]
        await asyncio.sleep(0)
        await writer.close()
        await asyncio.gather(*pending)

    asyncio.run(run())
    assert len(_ids(tmp_path)) == 20


def test_too_many_waiting_writes_are_turned_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "WAITING", 3)

    async def run() -> list[object]:
        writer = Writer(lambda: _open(tmp_path))
        outcomes = await asyncio.gather(*(writer.run(_append(f"e{i}")) for i in range(5)), return_exceptions=True)
        await writer.close()
        return list(outcomes)

    turned_away = [outcome for outcome in asyncio.run(run()) if isinstance(outcome, Problem)]
    assert [problem.status for problem in turned_away] == [503, 503]
    assert _ids(tmp_path) == {"e0", "e1", "e2"}


def test_a_caller_that_left_stops_nobody(tmp_path: Path) -> None:
    async def run() -> None:
        writer = Writer(lambda: _open(tmp_path))
        gone = asyncio.create_task(writer.run(_append("gone")))
        stays = asyncio.create_task(writer.run(_append("stays")))
        await asyncio.sleep(0)
        gone.cancel()
        await stays
        await writer.close()

    asyncio.run(run())
    assert "stays" in _ids(tmp_path)


class _FailingCommit(SqliteStore):
    """A disk that fills up at the end of every outermost transaction."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        outermost = not self._database.in_transaction
        with super().transaction():
            yield
            if outermost:
                raise StoreFull("no space")


def test_a_failed_commit_is_told_to_everybody_in_it(tmp_path: Path) -> None:
    async def run() -> list[object]:
        writer = Writer(lambda: _FailingCommit(tmp_path / "store.db"))
        outcomes = await asyncio.gather(*(writer.run(_append(f"e{i}")) for i in range(3)), return_exceptions=True)
        await writer.close()
        return list(outcomes)

    assert [type(outcome) for outcome in asyncio.run(run())] == [StoreFull] * 3
    assert _ids(tmp_path) == set()
