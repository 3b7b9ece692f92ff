"""The dashboard: what the service knows of itself, for operators and editors; each page also as JSON, at `.json`."""

import asyncio
from typing import Any, NamedTuple

from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from recsys.errors import NotFound
from recsys.items import WINDOWS, Window
from serving.inspection.clicking import click_through
from serving.inspection.counting import DailyCounts
from serving.inspection.explorer import explained_absence, explored, ranked, side_by_side, some_articles
from serving.inspection.health import health
from serving.inspection.imports import past_imports, report
from serving.inspection.other_version import OtherVersion
from serving.inspection.overview import overview
from serving.inspection.versions import kept_versions
from serving.problems import Problem
from serving.questions import PageQuestion
from serving.routes_models import make_active
from serving.security import DASHBOARD, SIGN_IN
from serving.service import Service
from serving.web.access import FORM_BYTES, Access, Act, Show
from serving.web.finding import articles_found
from serving.web.pages import Pages
from serving.web.rendering import Form
from serving.web.rules_page import RulesPage
from serving.web.visit import Visit

RULES_FORM_BYTES = 3_200_000  # a megabyte of rules, percent-encoded

Found = dict[str, Any]


def dashboard_routes(service: Service, secret: bytes) -> list[Route]:
    """The dashboard's routes. `secret` signs its cookies; processes of one server share it."""
    pages = Pages(service.settings)
    access = Access(service.keyring, secret, pages)
    dashboard, rules = _Dashboard(service), RulesPage(service, pages)
    shown: dict[str, tuple[str, Show]] = {
        "/dashboard": ("overview", dashboard.overview),
        "/dashboard/versions": ("versions", dashboard.versions),
        "/dashboard/compare": ("compare", dashboard.compare),
        "/dashboard/explorer": ("explorer", dashboard.explorer),
        "/dashboard/ranking": ("ranking", dashboard.ranking),
        "/dashboard/lists": ("lists", dashboard.lists),
        "/dashboard/imports": ("imports", dashboard.imports),
        "/dashboard/health": ("health", dashboard.health),
        "/dashboard/rules": ("rules", rules.shown),
    }
    acts: dict[str, tuple[Act, int]] = {
        "/dashboard/versions": (dashboard.activate, FORM_BYTES),
        "/dashboard/rules": (rules.edited, RULES_FORM_BYTES),
        "/dashboard/never": (rules.never, FORM_BYTES),
        "/dashboard/sign-out": (access.sign_out, FORM_BYTES),
    }
    routes = [
        Route(SIGN_IN, access.sign_in_form),
        Route(SIGN_IN, access.sign_in, methods=["POST"]),
    ]
    for path, (template, show) in shown.items():
        need = DASHBOARD["GET", path]
        routes.append(Route(path, access.page(template, need, show)))
        routes.append(Route(f"{path}.json", access.json(need, show)))
    for path, (act, limit) in acts.items():
        routes.append(Route(path, access.deed(DASHBOARD["POST", path], act, limit), methods=["POST"]))
    return routes


class _Asked(NamedTuple):
    """The article and the reader that a page is about; `matches` are those to choose from where no id is known."""

    article_id: str
    matches: list[Found]
    question: PageQuestion


class _Dashboard:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._counts = DailyCounts()
        self._other = OtherVersion(service)

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

    async def activate(self, visit: Visit, form: Form) -> Response:
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
        asked = self._page_asked(visit)
        question, article_id = asked.question, asked.article_id
        found: Found = {"versions": names, "a": first, "b": second, "compared": None} | self._told(asked)
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
        asked = self._page_asked(visit)
        question, article_id = asked.question, asked.article_id
        other, others = self._meant(visit.asked("why_not"))
        model, now = self._service.live.model, self._service.clock()
        found: Found = {"why_not": other, "others": others, "found": None, "absence": None} | self._told(asked)
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

    def _page_asked(self, visit: Visit) -> _Asked:
        """Raises Problem."""
        visitor = visit.asked("visitor_id") or None
        try:
            question = PageQuestion(history=visit.asked("history"), visitor_id=visitor)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise Problem(400, first["msg"].removeprefix("Value error, ")) from None
        return _Asked(*self._meant(visit.asked("article")), question)

    def _meant(self, asked: str) -> tuple[str, list[Found]]:
        """The id of the article that was asked for; where only words were typed that several may have, "" and those."""
        if not asked or self._service.live.model.articles.row(asked) is not None:
            return asked, []
        found = articles_found(self._service, asked)
        if len(found) > 1:
            return "", found
        return (found[0]["id"] if found else asked), []

    def _told(self, asked: _Asked) -> Found:
        """What the form that asks for a page shows of it."""
        return {
            "article_id": asked.article_id,
            "matches": asked.matches,
            **asked.question.model_dump(),
            "examples": some_articles(self._service.live.model, self._service.clock()),
        }
