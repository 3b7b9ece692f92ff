"""The rules of a site, said in words and made by a form or as JSON: tried before they are saved, and never saved over
what somebody else changed meanwhile.
"""

from typing import Any

import msgspec
from starlette.responses import RedirectResponse, Response

from recsys.errors import BadRules, Outdated
from recsys.event import LIST_NAMES
from recsys.record import wire_json
from recsys.rules.changes import Preview, difference, preview
from recsys.rules.rule import Rule, RuleSet, Selection, read_rules
from recsys.store import Store
from recsys.times import format_time, zone
from serving.inspection.explorer import title
from serving.problems import Problem
from serving.receiving import strict_json
from serving.service import Service
from serving.web import rule_form
from serving.web.finding import articles_found, named_article
from serving.web.pages import Pages
from serving.web.rendering import Form, segment
from serving.web.rule_words import sentence
from serving.web.visit import Visit

HISTORY = 10
_OUTDATED = "Somebody has changed the rules since you opened them. Yours stand below; open the page anew to see theirs."
_CHANGED = "Somebody has changed the rules since you opened this page. These are theirs: look again."
_KINDS = ("added", "moved", "gone")

Found = dict[str, Any]


class RulesPage:
    """Shows, tries and saves the rules of one site."""

    def __init__(self, service: Service, pages: Pages) -> None:
        self._service = service
        self._pages = pages
        self._zone = zone(service.settings.timezone)

    async def shown(self, visit: Visit) -> Found:
        """The rules in force or to come, and an empty form for another."""
        return self._page(saved=visit.asked("saved") == "1")

    async def edited(self, visit: Visit, form: Form) -> Response:
        """Shows what a form would change, or saves it where it asks for that and nothing is wrong with it."""
        if "remove" in form:
            found = self._removed(form)
        elif form.get("do") in ("find", "try"):
            found = self._made(form)
        else:
            put = await self._put(visit, form)
            if put is None:
                return RedirectResponse("/dashboard/rules?saved=1", status_code=303)
            found = put | {"as_json": True}
        return self._pages.page("rules", visit, found, status=422 if found["fault"] or found["unfinished"] else 200)

    async def never(self, visit: Visit, form: Form) -> Response:
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

    def _made(self, form: Form) -> Found:
        """The form as it was filled in, with articles to choose from, and what its rule would change."""
        asked, current = rule_form.filled(form), self._service.live.store.rules.current()
        if form.get("do") == "find" and asked["by"] == "ids" and asked["q"]:  # Enter in another field sends it too
            return self._page(form=asked)
        try:
            value = rule_form.written(asked)
            rules = self._read({"rules": [*msgspec.json.decode(wire_json(current.rules))["rules"], value]})
        except rule_form.Unfinished as error:
            return self._page(form=asked, unfinished=str(error))
        except BadRules as error:
            return self._page(form=asked, unfinished=f"{error.faults[0][1]}.")
        end = rules.rules[-1].ends_at
        if end is not None and end <= self._service.clock():
            return self._page(form=asked, unfinished="The time until which it holds has passed.")
        return self._page(_text(rules), current.number, form=asked, told=self._tried(rules))

    def _removed(self, form: Form) -> Found:
        """What would change without one of the rules."""
        current, place = self._service.live.store.rules.current(), _number(form.get("remove", ""))
        kept = current.rules.rules
        if _number(form.get("revision", "")) != current.number or not 0 <= place < len(kept):
            return self._page(fault=_CHANGED)
        rules = RuleSet(rules=kept[:place] + kept[place + 1 :])
        return self._page(_text(rules), current.number, told=self._tried(rules))

    async def _put(self, visit: Visit, form: Form) -> Found | None:
        """What rules as JSON would change, or what is wrong with them; None where they were saved."""
        text, revision = form.get("rules", ""), _number(form.get("revision", ""))
        try:
            rules = self._read(strict_json(text.encode("utf-8", "replace")))
        except BadRules as error:
            index, bad = error.faults[0]
            return self._page(text, revision, fault=str(bad) if index is None else f"Rule {index}: {bad}")
        except Problem as problem:
            return self._page(text, revision, fault=problem.detail)
        if form.get("do") != "save":
            return self._page(text, revision, told=self._tried(rules))
        try:
            await self._save(rules, visit.name, revision)
        except Outdated:
            return self._page(text, revision, fault=_OUTDATED)
        return None

    def _read(self, value: object) -> RuleSet:
        return read_rules(value, self._zone)

    async def _save(self, rules: RuleSet, by: str, expected: int) -> None:
        now = self._service.clock()
        # What was built here has not been counted yet: the document as a whole has bounds of its own.
        checked = self._read(msgspec.json.decode(wire_json(rules)))

        def put(store: Store) -> None:
            store.rules.replace(checked, by=by, now=now, expected=expected)

        await self._service.writer.run(put)
        self._service.live.catch_up()

    def _tried(self, rules: RuleSet) -> Found:
        """What the lists of the most read pages would be, with titles."""
        model = self._service.live.model
        added, removed = difference(self._service.live.store.rules.current().rules, rules)
        found: Found = msgspec.json.decode(wire_json(self._preview(rules)))
        named = {place["id"] for change in found["changes"] for kind in _KINDS for place in change.get(kind, ())}
        named |= set(found["pages"])
        return found | {
            "added": [self._said(rule) for rule in added],
            "removed": [self._said(rule) for rule in removed],
            "titles": {article_id: title(model, article_id) or article_id for article_id in sorted(named)},
        }

    def _preview(self, rules: RuleSet) -> Preview:
        settings, now = self._service.settings, self._service.clock()
        return preview(self._service.live.model, rules, now, order=settings.page_order, repeats=settings.page_repeats)

    def _said(self, rule: Rule) -> str:
        return sentence(rule, lambda article_id: title(self._service.live.model, article_id), self._zone)

    def _kept(self) -> list[Found]:
        """Each rule in words, and how it stands now: `in_force`, `to_come`, `over`, or `idle`: it touches nothing."""
        live, now = self._service.live, self._service.clock()
        live.catch_up()
        book = live.model.rules
        book.refresh(live.model.articles, now)
        return [
            {"said": self._said(rule), "note": rule.note, "state": _state(rule, touched and self._shows(rule), now)}
            for rule, touched in zip(book.rules, book.touched(), strict=True)
        ]

    def _shows(self, rule: Rule) -> bool:
        """Whether a pin has an article that can be shown; other rules may touch articles that can't."""
        if rule.kind != "pin" or rule.articles is None:
            return True
        return any(named_article(self._service, article_id)["shown"] for article_id in rule.articles.ids)

    def _page(
        self,
        text: str | None = None,
        revision: int | None = None,
        *,
        fault: str = "",
        told: Found | None = None,
        saved: bool = False,
        form: rule_form.Filled = rule_form.EMPTY,
        unfinished: str = "",
    ) -> Found:
        """All that the page shows. `text` and `revision` are of rules that are not saved yet; None: those that are."""
        history, current = self._service.live.store.rules.history(HISTORY), self._service.live.store.rules.current()
        kept = self._kept()  # after `current`: what is removed by a number of older rules is refused
        asked = form["q"] if form["by"] == "ids" else ""
        found = [one for one in articles_found(self._service, asked) if one["id"] not in form["articles"]]
        return {
            "text": _text(current.rules) if text is None else text,
            "revision": current.number if revision is None else revision,
            "current": current.number,
            "rules": kept,
            "idle": [index for index, rule in enumerate(kept) if rule["state"] == "idle"],
            "fault": fault,
            "told": told,
            "saved": saved,
            "form": form | {"found": found, "chosen": [named_article(self._service, one) for one in form["articles"]]},
            "unfinished": unfinished,
            "as_json": False,
            "zone": self._service.settings.timezone,
            "history": [
                {"revision": past.number, "at": format_time(past.at), "by": past.by, "rules": len(past.rules.rules)}
                for past in history
            ],
        }


def _state(rule: Rule, touched: bool, now: int) -> str:
    if rule.ends_at is not None and rule.ends_at <= now:
        return "over"
    if not touched:
        return "idle"
    return "in_force" if rule.in_force(now) else "to_come"


def _number(text: str) -> int:
    """A number of a form; -1 for what is none."""
    return int(text) if text.isdecimal() and len(text) < 16 else -1


def _text(rules: RuleSet) -> str:
    return msgspec.json.format(wire_json(rules), indent=2).decode()
