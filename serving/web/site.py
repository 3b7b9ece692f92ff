"""The demo newspaper: front, section, tag and article pages, rendered on the server from the API's answers.

The browser's last articles are kept in one cookie, a random visitor id in another; nothing else is remembered.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote_to_bytes

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from recsys.article import Article
from recsys.markup import html_to_text
from recsys.settings import Settings
from recsys.times import format_time, now_micros
from serving.web.bodies import excerpt, safe_body
from serving.web.source import Answer, Source
from serving.web.words import why

HISTORY = 20
FORM_BYTES = 200
COOKIE_BYTES = 3_800  # browsers keep 4,096 with name and attributes
YEAR = 365 * 24 * 3600
# Nothing but our own script and style runs. Images may lie elsewhere: a site's usually do.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_FOLDER = Path(__file__).parent


def site_routes(source: Callable[[], Source], settings: Settings) -> list[Route | Mount]:
    """The site's routes. Paths must reach them percent-encoded, so that an id with a slash stays one segment."""
    site = _Site(source, settings)
    return [
        Route("/", site.front),
        Route("/section/{name}", site.section),
        Route("/tag/{name}", site.tag),
        Route("/articles/{article_id}", site.article),
        Route("/articles/{article_id}/like", site.like, methods=["POST"]),
        Route("/forget", site.forget),
        Mount("/static", StaticFiles(directory=_FOLDER / "static")),
    ]


class _Site:
    def __init__(self, source: Callable[[], Source], settings: Settings) -> None:
        self._source = source
        self._settings = settings
        self._pages = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._pages.filters.update(segment=_segment, day=_day, iso=format_time)

    async def front(self, request: Request) -> Response:
        """The newest article of all, the next ones, Ranking, and the newest of each section."""
        source = self._source()
        newest = source.newest(5)
        return self._render(
            "front.html",
            request,
            lead=_teased(newest[0], 260) if newest else None,
            seconds=[_teased(article) for article in newest[1:]],
            ranking=source.ranking(8),
            by_section=[(name, source.newest(4, section=name)) for name in source.sections()],
        )

    async def section(self, request: Request) -> Response:
        """A section's newest articles and its Ranking."""
        name = _decoded(request, "name")
        articles = self._source().newest(20, section=name)
        return self._collection(request, "Section", name, articles, self._source().ranking(8, section=name))

    async def tag(self, request: Request) -> Response:
        """The newest articles with a tag and their Ranking."""
        name = _decoded(request, "name")
        articles = self._source().newest(20, tag=name)
        return self._collection(request, "Tag", name, articles, self._source().ranking(8, tag=name))

    async def article(self, request: Request) -> Response:
        """An article with its three lists; counts as a view unless the browser only fetches ahead."""
        source = self._source()
        article_id = _decoded(request, "article_id")
        article = source.article(article_id)
        if article is None:
            return self._missing(request)
        visitor = _visitor(request)
        history = [past for past in _history(request) if past != article_id]
        if not _fetched_ahead(request):
            await source.record("view", article_id, visitor)
        lists = source.page(article_id, history)
        response = self._render(
            "article.html",
            request,
            article=article,
            language=article.language or "en",
            body=safe_body(article.body),
            stats=source.stats(article_id),
            liked=source.has_liked(article_id, visitor),
            lists=lists,
            titles=_titles(source, lists),
        )
        _remember(response, visitor, [article_id, *history])
        return response

    async def like(self, request: Request) -> Response:
        """Likes, or takes the like back; answers JSON to the script and leads a plain form back to the article."""
        source = self._source()
        article_id = _decoded(request, "article_id")
        form = parse_qs((await _short_body(request)).decode("utf-8", "replace"))
        if source.article(article_id) is None or form.get("value", [""])[0] not in ("0", "1"):
            return self._missing(request)
        visitor = _visitor(request)
        liked = form["value"][0] == "1"
        await source.record("like", article_id, visitor, float(liked))
        likes = source.stats(article_id)["likes"]
        wants_json = "application/json" in request.headers.get("accept", "")
        back = RedirectResponse(f"/articles/{_segment(article_id)}", status_code=303)
        response = JSONResponse({"likes": likes, "liked": liked}) if wants_json else back
        _remember(response, visitor, _history(request))
        return response

    async def forget(self, request: Request) -> Response:
        """Deletes both cookies."""
        response = RedirectResponse("/", status_code=303)
        response.delete_cookie("history")
        response.delete_cookie("visitor")
        return response

    def _collection(
        self, request: Request, kind: str, name: str, articles: Sequence[Article], ranking: Answer
    ) -> Response:
        if not articles:
            return self._missing(request)
        teasers = [_teased(article) for article in articles]
        return self._render(
            "collection.html", request, kind=kind, name=name, here=name, articles=teasers, ranking=ranking
        )

    def _missing(self, request: Request) -> Response:
        return self._render("missing.html", request, status=404, ranking=self._source().ranking(8))

    def _render(self, template: str, request: Request, *, status: int = 200, **values: Any) -> Response:
        source = self._source()
        titles = values.pop("titles", {})
        own = values["article"].id if "article" in values else None
        page = self._pages.get_template(template)
        values.setdefault("here", None)
        values.setdefault("language", None)
        return HTMLResponse(
            page.render(
                site=self._settings,
                sections=source.sections(),
                model=source.version,
                today=_day(format_time(now_micros()), weekday=True),
                why=lambda item: why(item, titles, own),
                **values,
            ),
            status_code=status,
            headers={
                "cache-control": "private, no-cache",
                "vary": "cookie",
                "content-security-policy": POLICY,
                "x-content-type-options": "nosniff",
                "referrer-policy": "same-origin",
            },
        )


def _teased(article: Article, characters: int = 170) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "section": article.section,
        "labels": article.labels,
        "published_at": format_time(article.published_at),
        "excerpt": excerpt(html_to_text(article.body[:20_000]), characters),
    }


def _titles(source: Source, lists: Answer) -> dict[str, str]:
    """Titles of the articles that reasons name."""
    named = {
        reason["article_id"]
        for item in lists["recommendation"]["items"]
        for reason in item["reasons"]
        if "article_id" in reason
    }
    found = ((article_id, source.article(article_id)) for article_id in named)
    return {article_id: article.title for article_id, article in found if article is not None}


def _decoded(request: Request, name: str) -> str:
    return unquote_to_bytes(request.path_params[name]).decode("utf-8", "replace")


def _segment(text: str) -> str:
    return quote(text, safe="")


def _day(stamp: str | int, *, weekday: bool = False) -> str:
    moment = datetime.fromisoformat(stamp if isinstance(stamp, str) else format_time(stamp)).astimezone(UTC)
    return f"{moment:%A, }" * weekday + f"{moment.day} {moment:%B %Y}"


def _fetched_ahead(request: Request) -> bool:
    purpose = f"{request.headers.get('sec-purpose', '')} {request.headers.get('purpose', '')}"
    return "prefetch" in purpose or "prerender" in purpose


def _visitor(request: Request) -> str:
    known = request.cookies.get("visitor", "")
    return known if len(known) == 32 and known.isalnum() and known.isascii() else secrets.token_hex(16)


def _history(request: Request) -> list[str]:
    """Newest first."""
    parts = request.cookies.get("history", "").split(".")
    ids = [unquote_to_bytes(part.replace("~", "%")).decode("utf-8", "replace") for part in parts if part]
    return list(dict.fromkeys(ids))[:HISTORY]


def _remember(response: Response, visitor: str, history: Sequence[str]) -> None:
    kept = [_cookie_safe(article_id) for article_id in history[:HISTORY]]
    while len(".".join(kept)) > COOKIE_BYTES:
        kept.pop()
    for name, content in (("visitor", visitor), ("history", ".".join(kept))):
        response.set_cookie(name, content, max_age=YEAR, httponly=True, samesite="lax")


def _cookie_safe(text: str) -> str:
    """Percent-encoding with ~ for %, so that no character of an id needs quoting in a cookie."""
    return quote(text, safe="").replace(".", "%2E").replace("~", "%7E").replace("%", "~")


async def _short_body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            return b""
    return body
