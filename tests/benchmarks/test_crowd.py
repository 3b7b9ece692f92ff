"""A crowd asks at its rate whatever the server does, and counts from when each was due."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from benchmarks.crowd import LOST, Asked, Crowd, Strain, milliseconds, run_crowd, strain

T = TypeVar("T")

ANSWER = b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n\r\n{}"
SLOW = 0.2


def _asked_of(answer: Callable[[int], Awaitable[int | None]], work: Callable[[Crowd], Awaitable[T]]) -> T:
    """What `work` finds on a server that gives the n-th request the status of `answer`, or hangs up at None."""
    numbers = itertools.count()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                status = await answer(next(numbers))
                if status is None:
                    break
                writer.write(ANSWER % status)
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    async def whole() -> T:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            crowd = Crowd(server.sockets[0].getsockname()[1], itertools.repeat("/"))
            found = await work(crowd)
            crowd.leave()
            await asyncio.sleep(0.01)
            return found

    return run_crowd(whole())


def test_it_does_not_wait_for_answers() -> None:
    async def answer(number: int) -> int:
        await asyncio.sleep(SLOW)
        return 200

    async def work(crowd: Crowd) -> list[Asked]:
        return await crowd.come(200, 0.5)

    found = _asked_of(answer, work)
    assert [one.status for one in found] == [200] * 100
    assert milliseconds(found, 1) > 0.9 * SLOW * 1_000


def test_what_a_server_holds_up_is_counted_from_when_it_was_due() -> None:
    async def answer(number: int) -> int:
        if number == 0:
            time.sleep(SLOW)  # the crowd itself stands still
        return 200

    async def work(crowd: Crowd) -> list[Asked]:
        return await crowd.come(100, 0.5)

    found = _asked_of(answer, work)
    assert len(found) == 50
    assert sum(one.took > SLOW / 2 for one in found) >= 5
    assert max(one.behind for one in found) > SLOW / 2


def test_who_gets_no_answer_is_counted_and_an_idle_connection_that_is_closed_costs_nobody_theirs() -> None:
    async def answer(number: int) -> int | None:
        return None if number % 5 == 1 else 200

    async def work(crowd: Crowd) -> list[Asked]:
        first = await crowd.come(1_000, 0.001)
        return first + await crowd.come(50, 0.2)

    statuses = [one.status for one in _asked_of(answer, work)]
    assert statuses[0] == 200
    assert set(statuses) <= {200, LOST}
    assert len(statuses) == 11


def test_strain_tells_who_was_turned_away_and_until_when() -> None:
    asked = itertools.count()

    async def answer(number: int) -> int:
        await asyncio.sleep(0.01)
        return 503 if crowded and number % 2 else 200

    crowded = False

    def cpu() -> float:
        nonlocal crowded
        calls = next(asked)
        crowded = calls == 2
        return float(calls)

    async def work(crowd: Crowd) -> Strain:
        return await strain(crowd, cpu, times=2, seconds=0.5)

    found = _asked_of(answer, work)
    assert 0 < found.peak <= 400
    assert 0 < found.good <= found.offered
    assert found.statuses.keys() == {200, 503}
    assert found.kept == pytest.approx(found.good / found.peak, rel=0.1)
    assert found.back == 0.0
