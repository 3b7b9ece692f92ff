"""Trained models: which there are, and which one answers."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from recsys.errors import NotFound
from recsys.record import wire_json
from recsys.registry import Registry, active_or_none, manifests
from serving.describing import answers
from serving.problems import Problem
from serving.sending import Finished, json_reply
from serving.service import Served, Service
from serving.shapes import Models, Version

router = APIRouter(tags=["models"])

VersionName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="A version's name.")]


@router.get("/v1/models", responses=answers(Models, 503), summary="List models")
async def get_models(served: Served) -> Response:
    """The models that are kept, and the one that answers."""
    return Finished(json_reply(await _models(served)))


@router.post(
    "/v1/models/{version}/activate", responses=answers(Models, 400, 404, 409, 503, 507), summary="Activate a model"
)
async def activate_model(served: Served, version: VersionName) -> Response:
    """Makes another model answer, after verifying it; one that is damaged is refused, and nothing changes."""
    await make_active(served, version)
    return Finished(json_reply(await _models(served)))


async def make_active(served: Service, version: str) -> None:
    """Activates a version and waits until it answers; raises Problem, BadBundle."""
    now = served.clock()
    try:
        await asyncio.to_thread(_activate, served.registry, version)
    except NotFound:
        raise Problem(404, "There is no such model.") from None
    await served.writer.run(lambda store: store.log.append_activation(version, now))
    await served.live.renew()
    if served.live.model.version != version:
        raise Problem(409, "The model is activated but could not be opened. See the server's log.")


def _activate(registry: Registry, version: str) -> None:
    registry.activate(version, after=active_or_none(registry))


async def _models(served: Service) -> bytes:
    kept = tuple(Version.of(manifest) for manifest in await asyncio.to_thread(manifests, served.registry))
    return wire_json(Models(active=served.live.model.version, models=kept))
