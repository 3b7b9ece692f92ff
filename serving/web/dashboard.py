"""The dashboard: what the service knows of itself, for operators and editors; each page also as JSON, at `.json`.

A home without keys shows it to this machine. With keys somebody signs in with an admin's or an editor's key, or sends
one as a bearer: the gate in front lets these paths through, and every one is checked here by its row in PAGES.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from recsys.errors import NotFound, RecsysError
from recsys.items import WINDOWS, Window
from recsys.keys import Key
from recsys.record import wire_json
from serving.inspection.clicking import click_through
from serving.inspection.counting import DailyCounts
from serving.inspection.explorer import explained_absence, explored, ranked, side_by_side, some_articles
from serving.inspection.health import health
from serving.inspection.imports import past_imports, report
from serving.inspection.other_version import OtherVersion
from serving.inspection.overview import overview
from serving.inspection.versions import kept_versions
from serving.limits import Limits
from serving.problems import NO_ARTICLE, Problem
from serving.questions import PageQuestion
from serving.routes_models import make_active
from serving.security import DASHBOARD, FULFIL, Need
from serving.sending import Finished, json_reply
from serving.service import Service
from serving.web import charts
from serving.web.rendering import environment, form_of, page_response
from serving.web.rules_page import RulesPage
from serving.web.sessions import COOKIE, LIFETIME, Sessions
from serving.web.words import said

FORM_BYTES = 20_000
RULES_FORM_BYTES = 3_200_000  # a megabyte of rules, percent-encoded

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in. `key` is None where there are no keys; `token` goes into every form."""

    request: Request
    key: Key | None
    token: str

    def asked(self, name: str) -> str:
        """A value of the query, "" where it has none."""
        return self.request.query_params.get(name, "").strip()

    @property
    def is_admin(self) -> bool:
        """Whether more than the rules may be shown."""
        return self.key is None or self.key.scope == "admin"

    @property
    def name(self) -> str:
        """Who it is, for the history of the rules."""
        return "local" if self.key is None else self.key.name or self.key.id


Show = Callable[[Visit], Awaitable[Found]]
Act = Callable[[Visit, Mapping[str, str]], Awaitable[Response]]


def dashboard_routes(service: Service, secret: bytes) -> list[Route]:
    """The dashboard's routes. `secret` signs its cookies; processes of one server share it."""
    dashboard = _Dashboard(service, Sessions(service.keyring, secret))
    pages: dict[str, tuple[str, Show]] = {
        "/dashboard": ("overview", dashboard.overview),
        "/dashboard/versions": ("versions", dashboard.versions),
        "/dashboard/compare": ("compare", dashboard.compare),
        "/dashboard/explorer": ("explorer", dashboard.explorer),
        "/dashboard/ranking": ("ranking", dashboard.ranking),
        "/dashboard/lists": ("lists", dashboard.lists),
        "/dashboard/imports": ("imports", dashboard.imports),
        "/dashboard/health": ("health", dashboard.health),
        "/dashboard/rules": ("rules", dashboard.rules.shown),
    }
    acts: dict[str, tuple[Act, int]] = {
        "/dashboard/versions": (dashboard.activate, FORM_BYTES),
        "/dashboard/rules": (dashboard.put_rules, RULES_FORM_BYTES),
        "/dashboard/never": (dashboard.rules.never, FORM_BYTES),
        "/dashboard/sign-out": (dashboard.sign_out, FORM_BYTES),
    }
    routes = [
        Route("/dashboard/sign-in", dashboard.sign_in_form),
        Route("/dashboard/sign-in", dashboard.sign_in, methods=["POST"]),
    ]
    for path, (template, show) in pages.items():
        need = DASHBOARD["GET", path]
        routes.append(Route(path, dashboard.page(template, need, show)))
        routes.append(Route(f"{path}.json", dashboard.json(need, show)))
    for path, (act, limit) in acts.items():
        routes.append(Route(path, dashboard.deed(DASHBOARD["POST", path], act, limit), methods=["POST"]))
    return routes


class _Dashboard:
    def __init__(self, service: Service, sessions: Sessions) -> None:
        self._service = service
        self._sessions = sessions
        self._limits = Limits(0)
        self._counts = DailyCounts()
        self._other = OtherVersion(service)
        self.rules = RulesPage(service)
        self._pages = environment()
        self._pages.globals.update(charts=charts)
        self._pages.filters.update(number=_number, size=_size, said=said)

    # Letting in

    def page(self, template: str, need: Need, show: Show) -> Callable[[Request], Awaitable[Response]]:
        """Shows a page as HTML to whoever may see it."""

        async def answer(request: Request) -> Response:
            visit = self._visit(request)
            if visit is None:
                return RedirectResponse("/dashboard/sign-in", status_code=303)
            if not _may(visit, need):
                return self._refusal(visit, 403, "This page needs the key of an administrator.")
            try:
                found = await show(visit)
            except Problem as problem:
                return self._refusal(visit, problem.status, problem.detail)
            except NotFound:
                return self._refusal(visit, 404, NO_ARTICLE)
            except RecsysError as error:
                return self._refusal(visit, 503, str(error))
            return self._rendered(f"dashboard/{template}.html", visit, found, here=template)

        return answer

    def json(self, need: Need, show: Show) -> Callable[[Request], Awaitable[Response]]:
        """The same page as JSON."""

        async def answer(request: Request) -> Response:
            visit = self._visit(request)
            if visit is None:
                raise Problem(401, "Send an admin's or an editor's key as `Authorization: Bearer KEY`.")
            if not _may(visit, need):
                raise Problem(403, f"This needs a key of scope {' or '.join(sorted(FULFIL[need]))}.")
            return Finished(json_reply(wire_json(await show(visit))))

        return answer

    def deed(self, need: Need, act: Act, limit: int) -> Callable[[Request], Awaitable[Response]]:
        """Does what a form of ours asks for; of another site's page never."""

        async def answer(request: Request) -> Response:
            visit = self._visit(request)
            if visit is None:
                return RedirectResponse("/dashboard/sign-in", status_code=303)
            form = await form_of(request, limit)
            if not _is_own(request) or not self._sessions.is_form_token(form.get("token", ""), _cookie(request)):
                return self._refusal(visit, 403, "This form is not one of ours, or it is too old. Go back and reload.")
            if not _may(visit, need):
                return self._refusal(visit, 403, "This needs the key of an administrator.")
            try:
                return await act(visit, form)
            except Problem as problem:
                return self._refusal(visit, problem.status, problem.detail)
            except RecsysError as error:
                return self._refusal(visit, 409, str(error))

        return answer

    def _visit(self, request: Request) -> Visit | None:
        cookie = _cookie(request)
        key = None
        if not self._service.keyring.open:
            key = self._sessions.key(cookie) if cookie else self._bearer(request)
            if key is None or key.scope not in FULFIL["editor"]:
                return None
        return Visit(request, key, self._sessions.form_token(cookie))

    def _bearer(self, request: Request) -> Key | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = self._service.keyring.find(token.strip().encode("latin-1"))
        if key is None:
            self._count_failure(request)
        return key

    def _count_failure(self, request: Request) -> None:
        wait = self._limits.failed(request.client.host if request.client else "")
        if wait is not None:
            raise Problem(429, "Too many wrong keys. Try again later.", headers={"retry-after": str(wait)})

    # Signing in and out

    async def sign_in_form(self, request: Request) -> Response:
        """The form that takes a key."""
        if self._service.keyring.open:
            return RedirectResponse("/dashboard", status_code=303)
        return self._sign_in_page()

    async def sign_in(self, request: Request) -> Response:
        """Takes a key, and gives a cookie for it."""
        if not _is_own(request):
            return self._sign_in_page("This form was not sent from this page.", 403)
        token = (await form_of(request, FORM_BYTES)).get("key", "").strip()
        cookie = self._sessions.begin(token.encode())
        if cookie is None:
            try:
                self._count_failure(request)
            except Problem as problem:
                return self._sign_in_page(problem.detail, problem.status)
            return self._sign_in_page("This is no good key of an administrator or an editor.", 401)
        key = self._sessions.key(cookie)
        first = "/dashboard" if key is not None and key.scope == "admin" else "/dashboard/rules"
        response = RedirectResponse(first, status_code=303)
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=LIFETIME,
            path="/dashboard",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def sign_out(self, visit: Visit, form: Mapping[str, str]) -> Response:
        """Takes the cookie back."""
        response = RedirectResponse("/dashboard/sign-in", status_code=303)
        response.delete_cookie(COOKIE, path="/dashboard", httponly=True, samesite="strict")
        return response

    def _sign_in_page(self, fault: str = "", status: int = 200) -> Response:
        page = self._pages.get_template("dashboard/sign-in.html")
        return page_response(page.render(site=self._service.settings, fault=fault), status)

    # Pages

    async def overview(self, visit: Visit) -> Found:
        """How the site stands."""
        await self._counts.refresh(self._service.live.store)
        return await overview(self._service, self._counts)

    async def versions(self, visit: Visit) -> Found:
        """The versions that are kept; `before` is the one to roll back to."""
        found = await kept_versions(self._service)
        names = [version["version"] for version in found["versions"]]
        at = names.index(found["active"]) if found["active"] in names else len(names)
        return found | {"before": names[at + 1] if at + 1 < len(names) else None}

    async def activate(self, visit: Visit, form: Mapping[str, str]) -> Response:
        """Makes another version answer."""
        try:
            await make_active(self._service, form.get("version", ""))
        except NotFound:
            raise Problem(404, "There is no such model.") from None
        return RedirectResponse("/dashboard/versions", status_code=303)

    async def compare(self, visit: Visit) -> Found:
        """Two versions' lists for one article and reader."""
        names = [version["version"] for version in (await kept_versions(self._service))["versions"]]
        active = self._service.live.model.version
        others = [name for name in names if name != active]
        first = visit.asked("a") or (others[0] if others else active)
        second = visit.asked("b") or active
        article_id, question = self._page_asked(visit)
        found: Found = {"versions": names, "a": first, "b": second, **question.model_dump(), "compared": None}
        found |= {"article_id": article_id, "examples": self._examples()}
        if not names or not article_id:
            return found
        settings, now = self._service.settings, self._service.clock()
        try:
            async with self._other.models((first, second)) as models:
                compared = side_by_side(models, article_id, question, settings, now)
        except NotFound as error:
            raise Problem(404, str(error)) from None
        return found | {"compared": compared}

    async def explorer(self, visit: Visit) -> Found:
        """One article's lists with all reasons, and why another article is not in them."""
        article_id, question = self._page_asked(visit)
        other = visit.asked("why_not")
        model, now = self._service.live.model, self._service.clock()
        found: Found = {
            "article_id": article_id,
            "why_not": other,
            **question.model_dump(),
            "examples": self._examples(),
        }
        found |= {"found": None, "absence": None}
        if not article_id:
            return found
        found["found"] = explored(model, article_id, question, self._service.settings, now)
        if other:
            found["absence"] = explained_absence(model, article_id, other, now)
        return found

    async def ranking(self, visit: Visit) -> Found:
        """Ranking, with what readers did day by day."""
        await self._counts.refresh(self._service.live.store)
        asked = visit.asked("window")
        window: Window = next((name for name in WINDOWS if name == asked), "day")
        return ranked(self._service.live.model, window, self._counts, self._service.clock())

    async def lists(self, visit: Visit) -> Found:
        """Click-through by list and place."""
        return click_through(self._service.live.model.manifest)

    async def imports(self, visit: Visit) -> Found:
        """Reports of past imports, and the rows of one."""
        home = self._service.home
        asked = visit.asked("report")
        try:
            shown = await asyncio.to_thread(report, home, asked) if asked else None
        except NotFound:
            raise Problem(404, "There is no such report.") from None
        return {"imports": await asyncio.to_thread(past_imports, home), "report": shown}

    async def health(self, visit: Visit) -> Found:
        """What `recsys doctor` would say at once."""
        return await health(self._service)

    async def put_rules(self, visit: Visit, form: Mapping[str, str]) -> Response:
        """Saves the rules of the editor, or shows what they would change."""
        found = await self.rules.edited(visit, form)
        if found is None:
            return RedirectResponse("/dashboard/rules?saved=1", status_code=303)
        return self._rendered("dashboard/rules.html", visit, found, here="rules", status=200 if found["told"] else 422)

    # Parts of pages

    def _examples(self) -> list[Found]:
        return some_articles(self._service.live.model, self._service.clock())

    def _page_asked(self, visit: Visit) -> tuple[str, PageQuestion]:
        """The article and the reader that a page is about; raises Problem."""
        visitor = visit.asked("visitor_id") or None
        try:
            question = PageQuestion(history=visit.asked("history"), visitor_id=visitor)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise Problem(400, first["msg"].removeprefix("Value error, ")) from None
        return visit.asked("article"), question

    def _rendered(self, template: str, visit: Visit, found: Found, *, here: str, status: int = 200) -> Response:
        plain = msgspec.json.decode(wire_json(found))  # a page shows what its JSON holds, and nothing else
        page = self._pages.get_template(template)
        context = {"site": self._service.settings, "visit": visit, "here": here}
        return page_response(page.render(**context, data=plain), status)

    def _refusal(self, visit: Visit, status: int, said: str) -> Response:
        return self._rendered("dashboard/refusal.html", visit, {"said": said}, here="", status=status)


def _may(visit: Visit, need: Need) -> bool:
    return visit.key is None or visit.key.scope in FULFIL[need]


def _cookie(request: Request) -> str | None:
    return request.cookies.get(COOKIE)


def _is_own(request: Request) -> bool:
    """Whether a form came from a page of this server, as far as the browser says."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    same = origin is None or origin.partition("://")[2] == request.headers.get("host")
    return same and site in (None, "same-origin", "none")


def _number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _size(count: int) -> str:
    return f"{count / 2**20:,.1f} MB" if count < 2**30 else f"{count / 2**30:,.1f} GB"
