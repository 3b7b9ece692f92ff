"""Events: what readers do, sent by their browsers or by the site's backend."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from recsys.errors import BadRecord
from recsys.event import Event
from recsys.event_reader import EventReader
from recsys.model import Model
from recsys.record import URL_CHARACTERS, wire_json
from recsys.robots import as_stored
from recsys.times import DAY, MINUTE, SECOND, zone
from recsys.visitor_ids import UNGUESSABLE, is_unguessable
from serving.describing import EVENT_AT_ADDRESS, answers, body_of, reference
from serving.problems import Fault, Problem, fault_of
from serving.receiving import (
    EVENTS_BYTES,
    JSON,
    NDJSON,
    TEXT,
    media_type_of,
    read_body,
    strict_json,
    strict_lines,
)
from serving.security import is_browser, is_public
from serving.senders import nobody_looks
from serving.sending import Finished, json_reply
from serving.service import Served, Service
from serving.shapes import EventsAnswer

MOST = 5_000  # events in one request
BROWSER_PAST = 7 * DAY
CLOCKS_APART = 5 * MINUTE  # a sender's clock may be ahead by as much

router = APIRouter(tags=["events"])

# Each event is judged by itself, so the body as a whole is valid whatever its items are.
_ITEM = {"anyOf": [reference(Event), EVENT_AT_ADDRESS, {"type": "object"}]}
_BODY = {"anyOf": [*_ITEM["anyOf"], {"type": "array", "items": _ITEM}]}


@router.post(
    "/v1/events",
    status_code=202,
    responses=answers(
        EventsAnswer, 400, 408, 413, 415, 422, 503, 507, status=202, said="Stored, but for those rejected."
    ),
    openapi_extra=body_of(_BODY, JSON, NDJSON, TEXT),
    summary="Send events",
)
async def post_events(served: Served, request: Request) -> Response:
    """One event, an array, or one per line. An event with an id counts once, however often it is sent.

    An event names its article by `article_id`, or by its address as `url`.

    What robots do, and pages loaded ahead of their readers, is answered as `ignored` and kept nowhere.
    """
    body = await read_body(request, EVENTS_BYTES, JSON, NDJSON, TEXT)
    reader = EventReader(zone(served.settings.timezone), _addresses(served))
    now, browser = served.clock(), is_browser(request.scope)
    good, rejected = _sorted_out(
        _items(body, media_type_of(request)),
        reader,
        served.live.model,
        now,
        from_browser=browser,
        public=is_public(request.scope),
    )
    good, ignored = _of_readers(good, unseen=browser and nobody_looks(request.scope))
    if browser:
        source = served.sources.of(request.scope, now)
        good = [msgspec.structs.replace(event, source=source) for event in good]
    appended = await served.writer.append(good, now)
    served.live.catch_up(served.writer.newest)
    served.telemetry.count_delays((now - event.at) / SECOND for event in good)
    served.telemetry.count_events(appended.accepted, appended.duplicates, len(rejected), ignored)
    answer = EventsAnswer(
        accepted=appended.accepted, duplicates=appended.duplicates, rejected=tuple(rejected), ignored=ignored
    )
    return Finished(json_reply(wire_json(answer), 202))


def _items(body: bytes, media_type: str) -> Sequence[Any]:
    if media_type == NDJSON:
        items = list(strict_lines(body))
    else:
        value = strict_json(body)
        items = value if isinstance(value, list) else [value]
    if len(items) > MOST:
        raise Problem(413, f"Send at most {MOST:,} events at a time.")
    if not all(isinstance(item, dict) for item in items):
        raise Problem(422, "Expected an event, an array of events, or one event per line.")
    return items


def _addresses(served: Service) -> Callable[[str], str | None]:
    """What the addresses of one request lead to; each is looked up once."""
    catalogue = served.live.store.catalogue
    return cache(lambda url: catalogue.at_addresses([url]).get(url) if len(url) <= URL_CHARACTERS else None)


def _sorted_out(
    items: Iterable[Any], reader: EventReader, model: Model, now: int, *, from_browser: bool, public: bool
) -> tuple[list[Event], list[Fault]]:
    good, rejected = [], []
    for index, item in enumerate(items):
        try:
            event = reader.from_mapping(item)
            _check(event, model, now, from_browser=from_browser)
            if public and event.visitor_id is not None and not is_unguessable(event.visitor_id):
                raise BadRecord("visitor_id", UNGUESSABLE)
            good.append(event)
        except BadRecord as error:
            rejected.append(fault_of(error, reader.fields, index))
    return good, rejected


def _of_readers(events: list[Event], *, unseen: bool) -> tuple[list[Event], int]:
    """Those that readers made, as they are stored, and how many others there are."""
    kept = [] if unseen else [stored for event in events if (stored := as_stored(event)) is not None]
    return kept, len(events) - len(kept)


def _check(event: Event, model: Model, now: int, *, from_browser: bool) -> None:
    """What an event must fulfil beside being well formed; raises BadRecord."""
    if model.articles.row(event.article_id) is None:
        raise BadRecord("article_id", "is not an article of this site")
    if event.at > now + CLOCKS_APART:
        raise BadRecord("at", "is in the future")
    if from_browser and event.at < now - BROWSER_PAST:
        raise BadRecord("at", "is more than 7 days ago")
    if from_browser and event.type == "like" and event.visitor_id is None and event.session_id is None:
        raise BadRecord("visitor_id", "a like from a browser needs a visitor or a session")
    for name in ("source", "user_agent"):
        if from_browser and getattr(event, name) is not None:
            raise BadRecord(name, "is read from the request when a browser sends it")
