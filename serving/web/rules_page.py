"""The rules in an editor: tried before they are saved, and never saved over what somebody else changed meanwhile."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import RedirectResponse, Response

from recsys.errors import BadRules, Outdated
from recsys.event import LIST_NAMES
from recsys.record import wire_json
from recsys.rules.changes import difference, preview
from recsys.rules.rule import Rule, RuleSet, Selection, read_rules
from recsys.store import Store
from recsys.times import format_time, zone
from serving.inspection.explorer import title
from serving.problems import Problem
from serving.receiving import strict_json
from serving.service import Service
from serving.web.rendering import segment

if TYPE_CHECKING:
    from serving.web.dashboard import Visit

HISTORY = 10
_OUTDATED = "Somebody has changed the rules since you opened them. Yours stand below; open the page anew to see theirs."

Found = dict[str, Any]


class RulesPage:
    """Shows, tries and saves the rules of one site."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def shown(self, visit: "Visit") -> Found:
        """The rules in force or to come, in an editor."""
        current = self._service.live.store.rules.current()
        return self._page(_text(current.rules), current.number, saved=visit.asked("saved") == "1")

    async def edited(self, visit: "Visit", form: Mapping[str, str]) -> Found | None:
        """What an edit would change, or what is wrong with it; None where it was saved."""
        text, asked = form.get("rules", ""), form.get("revision", "")
        revision = int(asked) if asked.isdecimal() and len(asked) < 16 else -1
        try:
            rules = read_rules(strict_json(text.encode("utf-8", "replace")), zone(self._service.settings.timezone))
        except BadRules as error:
            index, bad = error.faults[0]
            place = "" if index is None else f"Rule {index + 1}: "
            return self._page(text, revision, fault=place + str(bad))
        except Problem as problem:
            return self._page(text, revision, fault=problem.detail)
        if form.get("do") != "save":
            return self._page(text, revision, told=self._tried(rules))
        try:
            await self._save(rules, visit.name, revision)
        except Outdated:
            return self._page(text, revision, fault=_OUTDATED)
        return None

    async def never(self, visit: "Visit", form: Mapping[str, str]) -> Response:
        """Adds a rule that keeps one article out of a list of another's page, and leads back to that page."""
        page, item, name = form.get("article", ""), form.get("item", ""), form.get("list", "")
        model = self._service.live.model
        if name not in LIST_NAMES or model.articles.row(page) is None or model.articles.row(item) is None:
            raise Problem(400, "There is no such article or list.")
        rule = Rule(
            kind="filter",
            lists=(name,),
            articles=Selection(ids=(item,)),
            pages=Selection(ids=(page,)),
            note=f"never here, by {visit.name}",
        )
        current = self._service.live.store.rules.current()
        try:
            await self._save(RuleSet(rules=(*current.rules.rules, rule)), visit.name, current.number)
        except Outdated:
            raise Problem(409, "Somebody changed the rules at the same moment. Go back and try again.") from None
        return RedirectResponse(f"/dashboard/explorer?article={segment(page)}&never={segment(item)}", status_code=303)

    async def _save(self, rules: RuleSet, by: str, expected: int) -> None:
        now = self._service.clock()
        # What was built here has not been counted yet: the document as a whole has bounds of its own.
        checked = read_rules(msgspec.json.decode(wire_json(rules)), zone(self._service.settings.timezone))

        def put(store: Store) -> None:
            store.rules.replace(checked, by=by, now=now, expected=expected)

        await self._service.writer.run(put)
        self._service.live.catch_up()

    def _tried(self, rules: RuleSet) -> Found:
        """What the lists of the most read pages would be, with titles."""
        settings, model = self._service.settings, self._service.live.model
        added, removed = difference(self._service.live.store.rules.current().rules, rules)
        told = preview(model, rules, self._service.clock(), order=settings.page_order, repeats=settings.page_repeats)
        found: Found = msgspec.json.decode(wire_json(told))
        named = {place["id"] for change in found["changes"] for kind in _KINDS for place in change.get(kind, ())}
        named |= set(found["pages"])
        return found | {
            "added": len(added),
            "removed": len(removed),
            "titles": {article_id: title(model, article_id) or article_id for article_id in sorted(named)},
        }

    def _page(
        self, text: str, revision: int, *, fault: str = "", told: Found | None = None, saved: bool = False
    ) -> Found:
        newest = self._service.live.store.rules.history(HISTORY)
        history = [
            {"revision": past.number, "at": format_time(past.at), "by": past.by, "rules": len(past.rules.rules)}
            for past in newest
        ]
        return {"text": text, "revision": revision, "fault": fault, "told": told, "saved": saved, "history": history}


_KINDS = ("added", "moved", "gone")


def _text(rules: RuleSet) -> str:
    return msgspec.json.format(wire_json(rules), indent=2).decode()
