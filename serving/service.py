"""What the routes work with: one record, made at start."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from recsys.errors import RecsysError
from recsys.home import Home
from recsys.registry import Registry
from recsys.settings import Settings
from recsys.store import Store
from recsys.times import SECOND
from serving.keys import Keyring
from serving.live import Live
from serving.memory import MAPPED_BYTES
from serving.overload import Pulse
from serving.senders import Sources
from serving.telemetry import Telemetry
from serving.writer import Writer


@dataclass(frozen=True, slots=True)
class Service:
    """One site's server, or one of its workers.

    clock         microseconds since the Unix epoch
    open_store    a connection of one's own
    mapped_bytes  what it may have of the model's files in its page table
    """

    live: Live
    keyring: Keyring
    writer: Writer
    settings: Settings
    home: Home
    registry: Registry
    telemetry: Telemetry
    open_store: Callable[[], Store]
    clock: Callable[[], int]
    sources: Sources = field(default_factory=Sources)
    pulse: Pulse = field(default_factory=Pulse)
    mapped_bytes: int = MAPPED_BYTES

    def beat(self, late: float) -> None:
        """Tells the other workers and the operator how this one is."""
        model = self.live.model
        try:
            lag = self.live.lag()
        except RecsysError:
            lag = -1  # as /readyz has it: the log can't be read
        self.telemetry.beat(
            log_lag=lag,
            articles=len(model.articles),
            trained_at=model.manifest.as_of / SECOND,
            loop_lag=late,
            beat=time.time(),
        )


def service_of(request: Request) -> Service:
    """The service behind the application that got the request."""
    found: Service = request.app.state.service
    return found


Served = Annotated[Service, Depends(service_of)]
