"""Templates to pages: one environment and one set of headers for the newspaper and the dashboard."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote

import jinja2
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse

from recsys.times import format_time

FOLDER = Path(__file__).parent
FIELDS = 100  # in a form

# The fields of a form: `get` gives the last value of a name, `getlist` all of them.
Form = ImmutableMultiDict[str, str]

# Nothing but our own script and style runs. Images may lie elsewhere: a site's usually do.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "cache-control": "private, no-cache",
    "vary": "cookie",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


def environment() -> jinja2.Environment:
    """Templates that escape whatever they show, and fail on a name that they don't know."""
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    pages.filters.update(segment=segment, day=day, iso=format_time, named=named)
    return pages


def page_response(html: str, status: int = 200) -> HTMLResponse:
    """A page with the headers that all have."""
    return HTMLResponse(html, status_code=status, headers=_HEADERS)


def segment(text: str) -> str:
    """A text as one segment of a path, or as a value in a query."""
    return quote(text, safe="")


def named(title: str | None) -> str:
    """What stands for an article: its title, or that it has none, as a link without words can't be followed."""
    return (title or "").strip() or "Untitled"


def day(stamp: str | int, *, weekday: bool = False) -> str:
    """The UTC day of a moment, as people write it."""
    moment = datetime.fromisoformat(stamp if isinstance(stamp, str) else format_time(stamp)).astimezone(UTC)
    return f"{moment:%A, }" * weekday + f"{moment.day} {moment:%B %Y}"


async def form_of(request: Request, limit: int) -> Form:
    """The fields of a form that was posted; none where the body is longer than `limit` bytes or has too many fields."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            return ImmutableMultiDict()
    try:
        return ImmutableMultiDict(
            parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS)
        )
    except ValueError:
        return ImmutableMultiDict()
