"""The demo newspaper: front, section, tag and article pages, rendered on the server from the API's answers.

The browser's last articles are kept in one cookie, a random visitor id in another; nothing else is remembered.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from recsys.article import Article
from recsys.event import LIST_NAMES
from recsys.markup import html_to_text
from recsys.settings import Settings
from recsys.times import format_time, now_micros
from serving.web.bodies import excerpt, safe_body
from serving.web.moves import moved, remembered
from serving.web.rendering import FOLDER, day, environment, form_of, page_response, segment
from serving.web.source import Answer, Source
from serving.web.words import said, why

HISTORY = 20
FORM_BYTES = 4_000
QUERY_CHARACTERS = 300
FOUND = 20
READERS = 3  # simulated readers to choose from
READ = 4  # articles that each of them has read
COOKIE_BYTES = 3_800  # browsers keep 4,096 with name and attributes
YEAR = 365 * 24 * 3600


def site_routes(source: Callable[[], Source], settings: Settings) -> list[Route | Mount]:
    """The site's routes. Paths must reach them percent-encoded, so that an id with a slash stays one segment."""
    site = _Site(source, settings)
    return [
        Route("/", site.front),
        Route("/section/{name}", site.section),
        Route("/tag/{name}", site.tag),
        Route("/articles/{article_id}", site.article),
        Route("/articles/{article_id}/like", site.like, methods=["POST"]),
        Route("/search", site.search),
        Route("/as", site.change_reader, methods=["POST"]),
        Route("/forget", site.forget),
        Route("/widget.js", _widget),
        Mount("/static", StaticFiles(directory=FOLDER / "static")),
    ]


async def _widget(request: Request) -> Response:
    """The script that shows lists on other pages of the site; caches ask once an hour."""
    headers = {"cache-control": "public, max-age=3600", "cross-origin-resource-policy": "cross-origin"}
    return FileResponse(FOLDER / "static" / "widget.js", media_type="text/javascript", headers=headers)


class _Site:
    def __init__(self, source: Callable[[], Source], settings: Settings) -> None:
        self._source = source
        self._settings = settings
        self._pages = environment()

    async def front(self, request: Request) -> Response:
        """The newest article in the site's main language, the next ones, Ranking, and the newest of each section."""
        source = self._source()
        newest = source.leading(5)
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
        ids: dict[str, list[str]] = {name: [item["id"] for item in lists[name]["items"]] for name in LIST_NAMES}
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
            moves=moved(request.cookies.get("lists", ""), article_id, ids),
        )
        _remember(response, visitor, [article_id, *history])
        response.set_cookie("lists", remembered(article_id, ids), max_age=YEAR, httponly=True, samesite="lax")
        return response

    async def like(self, request: Request) -> Response:
        """Likes, or takes the like back; answers JSON to the script and leads a plain form back to the article."""
        source = self._source()
        article_id = _decoded(request, "article_id")
        value = (await form_of(request, FORM_BYTES)).get("value")
        if source.article(article_id) is None or value not in ("0", "1"):
            return self._missing(request)
        visitor = _visitor(request)
        liked = value == "1"
        await source.record("like", article_id, visitor, float(liked))
        likes = source.stats(article_id)["likes"]
        wants_json = "application/json" in request.headers.get("accept", "")
        back = RedirectResponse(f"/articles/{segment(article_id)}", status_code=303)
        response = JSONResponse({"likes": likes, "liked": liked}) if wants_json else back
        _remember(response, visitor, _history(request))
        return response

    async def search(self, request: Request) -> Response:
        """The articles whose text is nearest to what was typed."""
        query = request.query_params.get("q", "").strip()[:QUERY_CHARACTERS]
        source = self._source()
        found = [_teased(article) for article in source.search(query, FOUND)] if query else []
        return self._render("search.html", request, query=query, articles=found, ranking=source.ranking(8))

    async def change_reader(self, request: Request) -> Response:
        """Makes this browser a new reader: one who has read nothing, or the newest articles of a section."""
        form = await form_of(request, FORM_BYTES)
        name = form.get("reader", "")
        read = self._source().newest(READ, section=name) if name else []
        back = form.get("article", "")
        response = RedirectResponse(f"/articles/{segment(back)}" if back else "/", status_code=303)
        _remember(response, secrets.token_hex(16), [article.id for article in read])
        return response

    async def forget(self, request: Request) -> Response:
        """Deletes all cookies."""
        response = RedirectResponse("/", status_code=303)
        for name in ("history", "visitor", "lists"):
            response.delete_cookie(name)
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
        sections = source.sections()
        defaults: dict[str, Any] = {"here": None, "language": None, "query": "", "moves": {}}
        return page_response(
            page.render(
                site=self._settings,
                sections=sections,
                readers=sections[:READERS],
                read=len(_history(request)),
                own=own,
                model=source.version,
                today=day(format_time(now_micros()), weekday=True),
                why=lambda item: why(item, titles, own),
                because=lambda reason: said(reason, titles, own) or str(reason["kind"]).replace("_", " "),
                **defaults | values,
            ),
            status,
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
