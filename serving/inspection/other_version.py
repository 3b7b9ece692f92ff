"""Another version beside the one that answers, for comparing: opened when asked for, one kept open."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from recsys.model import Model
from serving.live import Replica, opened
from serving.service import Service


class OtherVersion:
    """Holds the version compared last, brought to the end of the change log by every use."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = asyncio.Lock()
        self._held: Replica | None = None

    @asynccontextmanager
    async def models(self, versions: Sequence[str]) -> AsyncIterator[list[Model]]:
        """The versions with all that the log holds; raises NotFound or BadBundle. Nobody else changes them meanwhile.

        cost  for one that is neither active nor held that of verifying a bundle and of the log since, in a thread
        """
        async with self._lock:
            yield [await self._model(version) for version in versions]

    async def _model(self, version: str) -> Model:
        if version == self._service.live.model.version:
            return self._service.live.model
        self._held = await asyncio.to_thread(self._brought_up, version, self._held)
        return self._held.model

    def _brought_up(self, version: str, held: Replica | None) -> Replica:
        store = self._service.open_store()
        try:
            if held is None or held.model.version != version:
                return opened(self._service.registry, store, version=version)
            held.finish(store)
            return held
        finally:
            store.close()
