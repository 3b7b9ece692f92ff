"""Whether the server lives, whether it can answer, and what it has counted."""

from fastapi import APIRouter
from fastapi.responses import Response

from recsys.errors import RecsysError
from recsys.record import wire_json
from serving.describing import answers
from serving.sending import Finished, Reply, json_reply
from serving.service import Served
from serving.shapes import Health

LAG = 1_000  # entries behind the change log at which a server should get no readers

router = APIRouter(tags=["operation"])


@router.get("/livez", responses={200: {"description": "The process answers.", "content": {"text/plain": {}}}})
async def livez() -> Response:
    """Whether the process answers."""
    return Response("ok\n", media_type="text/plain")


@router.get("/readyz", responses=answers(Health) | answers(Health, status=503, said="Not now."))
async def readyz(served: Served) -> Response:
    """Whether readers should be sent here: the store can be read and the model follows its change log."""
    try:
        lag = served.live.lag()
    except RecsysError:
        lag = -1
    ready = 0 <= lag < LAG and served.live.following
    health = Health(ready=ready, model=served.live.model.version, lag=lag)
    return Finished(json_reply(wire_json(health), 200 if ready else 503))


@router.get("/metrics", responses={200: {"description": "Prometheus metrics.", "content": {"text/plain": {}}}})
async def metrics(served: Served) -> Response:
    """Counters and timings in Prometheus' text format."""
    kind = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
    return Finished(Reply(200, served.telemetry.exposition(), (kind,)))
