"""A worker holds on to no more of the model's files than it may."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest

from serving import memory
from serving.live import Live


def test_pages_are_given_back_only_when_they_have_become_many(monkeypatch: pytest.MonkeyPatch) -> None:
    resident, given = [100], []

    def take(maps: object) -> None:
        given.append(maps)
        resident[0] = 100

    monkeypatch.setattr(memory, "resident_files", lambda: resident[0])
    monkeypatch.setattr(memory, "give_back", take)
    monkeypatch.setattr(memory, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(memory, "IDLE_SECONDS", 0.001)

    async def grow() -> None:
        keeping = asyncio.create_task(
            memory.keep_small(cast(Live, SimpleNamespace(model=SimpleNamespace(maps="m"))), 50)
        )
        await asyncio.sleep(0.02)
        resident[0] = 150
        await asyncio.sleep(0.02)
        assert given == []
        resident[0] = 151
        await asyncio.sleep(0.2)
        assert given == ["m"]
        keeping.cancel()

    asyncio.run(grow())
