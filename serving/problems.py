"""Errors as RFC 9457 problem documents. They say what is expected, and repeat nothing of what was sent."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from recsys.errors import BadRecord, NotFound, RecsysError, Refused, StoreFailed, StoreFull
from serving.sending import Headers, Reply

log = logging.getLogger(__name__)

MEDIA_TYPE = b"application/problem+json"

NO_ARTICLE = "There is no such article."

# Reasons written for the report of an import quote the value at hand; an answer over HTTP must not.
_QUOTED = re.compile(r',? got ".*$', re.DOTALL)
_ENUM = re.compile(r"^invalid enum value .*$", re.DOTALL)


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a request; `index` counts the items of a body from 0."""

    field: str
    reason: str
    index: int | None = None


class Document(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of an answer that says no."""

    title: str
    status: int
    detail: str
    errors: tuple[Fault, ...] = ()


class Problem(Exception):
    """Ends a request with a problem document."""

    def __init__(
        self, status: int, detail: str, errors: tuple[Fault, ...] = (), *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}

    def reply(self) -> Reply:
        """The document, ready to be sent."""
        title = HTTPStatus(self.status).phrase
        body = msgspec.json.encode(Document(title=title, status=self.status, detail=self.detail, errors=self.errors))
        headers: Headers = tuple((name.encode(), value.encode()) for name, value in self.headers.items())
        return Reply(self.status, body, ((b"content-type", MEDIA_TYPE), (b"cache-control", b"no-store"), *headers))


def fault_of(error: BadRecord, known: Iterable[str], index: int | None = None) -> Fault:
    """The fault that a bad record is. Only fields that the record has are named.

    known  the fields of the record
    """
    parts = re.split(r"[.\[]", error.field, maxsplit=1)
    name = error.field if parts[0] in frozenset(known) and len(error.field) <= 80 else ""
    reason = _ENUM.sub("is not one of the values allowed", _QUOTED.sub("", error.reason))
    return Fault(field=name, reason=reason, index=index)


def of_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """What pydantic found wrong with a path or query, as one problem."""
    faults = tuple(Fault(field=_place(error), reason=_reason(error)) for error in errors[:20])
    in_path = any(error["loc"][:1] == ("path",) for error in errors)
    first = faults[0]
    detail = f"{first.field}: {first.reason}" if first.field else first.reason
    return Problem(400 if in_path else 422, detail, faults)


def of_error(error: RecsysError) -> Problem:
    """The problem that one of the library's own errors is to a caller."""
    match error:
        case NotFound():
            return Problem(404, str(error))
        case StoreFull():
            return Problem(507, "There is no space left to store this. Lists are still answered.")
        case StoreFailed():
            return Problem(503, "The store can't take this now. Send it again later.", headers={"retry-after": "5"})
        case Refused():
            return Problem(409, str(error))
        case _:
            log.error("a request failed: %s", error)
            return Problem(500, "The server could not do this.")


def _place(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return ""
    return ".".join(str(part) for part in error["loc"] if part not in ("query", "path", "body"))


def _reason(error: Mapping[str, Any]) -> str:
    if error["type"] == "extra_forbidden":
        return "a query parameter is not one of this route's. See /docs."
    reason: str = error["msg"].removeprefix("Value error, ")
    return reason[:1].lower() + reason[1:]
