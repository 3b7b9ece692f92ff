"""Visitors: what is stored of one, and its erasure."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from fastapi import APIRouter
from fastapi.responses import Response

from recsys.record import wire_json
from recsys.registry import manifests
from recsys.store import Store
from serving.describing import answers
from serving.ids import VisitorId
from serving.sending import Finished, json_reply
from serving.service import Served, Service
from serving.shapes import Erased, Visitor

router = APIRouter(tags=["visitors"])

T = TypeVar("T")


@router.get("/v1/visitors/{visitor_id}", responses=answers(Visitor, 400, 503), summary="Export a visitor")
async def get_visitor(served: Served, visitor_id: VisitorId) -> Response:
    """Every event of a visitor. Somebody unknown has none."""
    events = await _beside(served, lambda store: store.visitors.events(visitor_id))
    return Finished(json_reply(wire_json(Visitor(visitor_id=visitor_id, events=tuple(events)))))


@router.delete("/v1/visitors/{visitor_id}", responses=answers(Erased, 400, 503, 507), summary="Erase a visitor")
async def delete_visitor(served: Served, visitor_id: VisitorId) -> Response:
    """Forgets a visitor at once and takes their events out of the store; the next training makes models without them.

    Backups are not reached. Where this fails, send it again: it ends what it began.
    """
    now = served.clock()
    kept = tuple(manifest.version for manifest in await asyncio.to_thread(manifests, served.registry))
    gone = await _beside(served, lambda store: store.visitors.erase(visitor_id, now))
    served.live.catch_up()
    return Finished(json_reply(wire_json(Erased(events=gone, models=kept))))


async def _beside(served: Service, work: Callable[[Store], T]) -> T:
    """Works on a connection and in a thread of its own: this reads the whole log."""

    def run() -> T:
        store = served.open_store()
        try:
            return work(store)
        finally:
            store.close()

    return await asyncio.to_thread(run)
