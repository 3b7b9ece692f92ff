"""What the routes work with: one record, made at start."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from recsys.settings import Settings
from serving.live import Live
from serving.telemetry import Telemetry
from serving.writer import Writer


@dataclass(frozen=True, slots=True)
class Service:
    """One site's server. `clock` gives microseconds since the Unix epoch."""

    live: Live
    writer: Writer
    settings: Settings
    bundles: Path
    telemetry: Telemetry
    clock: Callable[[], int]


def service_of(request: Request) -> Service:
    """The service behind the application that got the request."""
    found: Service = request.app.state.service
    return found


Served = Annotated[Service, Depends(service_of)]
