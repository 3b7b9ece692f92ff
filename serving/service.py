"""What the routes work with: one record, made at start."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from recsys.errors import RecsysError
from recsys.settings import Settings
from recsys.store import Store
from recsys.times import SECOND
from serving.keys import Keyring
from serving.live import Live
from serving.overload import Pulse
from serving.senders import Sources
from serving.telemetry import Telemetry
from serving.writer import Writer


@dataclass(frozen=True, slots=True)
class Service:
    """One site's server. `clock` gives microseconds since the Unix epoch; `open_store` a connection of one's own."""

    live: Live
    keyring: Keyring
    writer: Writer
    settings: Settings
    bundles: Path
    telemetry: Telemetry
    open_store: Callable[[], Store]
    clock: Callable[[], int]
    sources: Sources = field(default_factory=Sources)
    pulse: Pulse = field(default_factory=Pulse)

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
