"""OpenAPI schemas of the records and answers, made from their one definition."""

from typing import Any

import msgspec

from recsys.article import BODY_CHARACTERS, NAME_CHARACTERS, TITLE_CHARACTERS, Article
from recsys.event import Event
from recsys.record import URL_CHARACTERS, Micros, SectionPath
from recsys.rules.rule import RuleSet
from serving.drafts import LANGUAGE_CHARACTERS, Draft
from serving.ids import ID_SCHEMA
from serving.problems import MEDIA_TYPE, Document
from serving.receiving import JSON
from serving.shapes import (
    Erased,
    EventsAnswer,
    Health,
    ListAnswer,
    Models,
    PageAnswer,
    PutAnswer,
    RulesAnswer,
    Stats,
    Version,
    Visitor,
)

_KINDS = (
    Article,
    Event,
    Draft,
    ListAnswer,
    PageAnswer,
    EventsAnswer,
    PutAnswer,
    RuleSet,
    RulesAnswer,
    Stats,
    Visitor,
    Erased,
    Version,
    Models,
    Health,
    Document,
)
_URL = r"^(https?://|/(?![/\\]))[^\u0000-\u001f\u007f-\u009f\[\]]*$"

# Bounds that the records check themselves when they are made, by field.
_SENT = (Article, Event, Draft)
_BOUNDS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        ("id", "article_id", "translation_of", "visitor_id", "session_id", "request_id", "variant"), ID_SCHEMA
    ),
    "title": {"maxLength": TITLE_CHARACTERS},
    "body": {"maxLength": BODY_CHARACTERS},
    **{field: {"maxLength": NAME_CHARACTERS} for field in ("tags", "authors", "labels")},
    "language": {"maxLength": LANGUAGE_CHARACTERS},
    **{field: {"maxLength": URL_CHARACTERS, "pattern": _URL} for field in ("url", "image_url")},
}
_SAID = {
    400: "The path, the query or the body can't be read.",
    401: "No good key was sent.",
    403: "The key is not good for this, or not on this page.",
    404: "There is no such article or model.",
    408: "The body did not arrive in time.",
    409: "Understood, and refused.",
    412: "The rules have been changed since they were read.",
    413: "The body is too long.",
    415: "The body is of another type than this route takes.",
    422: "A parameter or a field is not what is expected.",
    428: "If-Match is missing.",
    429: "Too many requests from this address: again after Retry-After.",
    503: "Too much is asked at the moment, or the store can't be written now: again after Retry-After.",
    507: "No space is left to store this.",
}

# An event whose article is named by its address.
EVENT_AT_ADDRESS = {"$ref": "#/components/schemas/EventAtAddress"}

Responses = dict[int | str, dict[str, Any]]


def reference(kind: type) -> dict[str, str]:
    """A reference to the schema of a record or answer."""
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


def answers(kind: type, *problems: int, status: int = 200, said: str = "Done.") -> Responses:
    """The documentation of a route that answers with `kind` in JSON, or with one of the problems."""
    good: Responses = {status: {"description": said, "content": {JSON: {"schema": reference(kind)}}}}
    return good | refusals(*problems)


def refusals(*problems: int) -> Responses:
    """The documentation of the problems that a route answers with."""
    content = {MEDIA_TYPE.decode(): {"schema": reference(Document)}}
    return {status: {"description": _SAID[status], "content": content} for status in problems}


def body_of(schema: dict[str, Any], *media_types: str) -> dict[str, Any]:
    """The documentation of a route's body."""
    content = {media_type: {"schema": schema} for media_type in media_types}
    return {"requestBody": {"required": True, "content": content}}


def component_schemas() -> dict[str, Any]:
    """The schemas of all records and answers, by name."""
    _, components = msgspec.json.schema_components(
        _KINDS, schema_hook=_schema, ref_template="#/components/schemas/{name}"
    )
    for kind in _SENT:
        schema = components[kind.__name__]
        schema["additionalProperties"] = False
        for field, bounds in _BOUNDS.items():
            if field in schema["properties"]:
                _bind(schema["properties"][field], bounds)
    components["RuleSet"]["required"] = ["rules"]  # a default of the record, not of what is sent
    components["EventAtAddress"] = _at_address(components["Event"])
    return dict(components)


def _at_address(event: dict[str, Any]) -> dict[str, Any]:
    """The schema of an event that names its article by `url`."""
    properties = {name: schema for name, schema in event["properties"].items() if name != "article_id"}
    required = [name for name in event["required"] if name != "article_id"]
    address = {"type": "string", "maxLength": URL_CHARACTERS, "description": "Leads to an article of the site."}
    return event | {
        "title": "EventAtAddress",
        "properties": properties | {"url": address},
        "required": [*required, "url"],
    }


def _bind(schema: dict[str, Any], bounds: dict[str, Any]) -> None:
    """Adds the bounds to the strings that a schema allows: itself, its alternatives, its items."""
    for part in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
        if part.get("type") == "string":
            part.update(bounds)


def _schema(kind: type) -> dict[str, Any]:
    if kind is Micros:
        return {"type": "string", "format": "date-time"}
    if kind is SectionPath:
        name = {"type": "string", "pattern": r"\S"}
        path = {"type": "array", "items": name}
        return {"anyOf": [name, path], "description": "From the general to the particular."}
    raise NotImplementedError(kind)
