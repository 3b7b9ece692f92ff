"""The rules of editors: read, tried, put in force. Nobody's change is lost: whoever puts says what they have read."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from recsys.errors import BadRules, Outdated
from recsys.record import wire_json
from recsys.rules.changes import difference, preview
from recsys.rules.rule import DOCUMENT_BYTES, Rule, RuleSet, read_rules
from recsys.store import Revision, Store
from recsys.times import zone
from serving.answers import row_of
from serving.describing import answers, body_of, reference
from serving.ids import LIST_SCHEMA, split_ids
from serving.problems import Problem, fault_of
from serving.questions import IdList
from serving.receiving import JSON, read_body, strict_json
from serving.routes_lists import strict_query
from serving.sending import Finished, Reply, Tagged, json_reply
from serving.service import Served
from serving.shapes import RulesAnswer

LOCAL = "local"  # who changes the rules of a home without keys
MOST_PAGES = 20  # in one dry run
_TAG = re.compile(r'"([0-9]{1,15})"')

router = APIRouter(tags=["rules"])


class RulesQuestion(BaseModel):
    """What becomes of the rules that are put."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dry_run: Annotated[bool, Field(description="Change nothing, and tell what would change.")] = False
    articles: Annotated[
        IdList,
        Field(
            description=f"In a dry run: ids of up to {MOST_PAGES} articles whose pages are compared, separated by "
            "commas as in `exclude`; none: those of the most read.",
            json_schema_extra=LIST_SCHEMA,
        ),
    ] = ""


@router.get("/v1/rules", responses=answers(RuleSet), summary="Read the rules")
async def get_rules(served: Served, request: Request) -> Response:
    """The rules in force or to come. The ETag names their revision: send it as If-Match with what you put."""
    found = served.live.store.rules.current()
    condition = request.headers.get("if-none-match")
    return Finished(
        Tagged.of(wire_json(found.rules), str(found.number), b"no-cache")
        .for_holder(None if condition is None else condition.encode("latin-1"))
        .reply
    )


@router.put(
    "/v1/rules",
    dependencies=[Depends(strict_query)],
    responses=answers(RulesAnswer, 400, 404, 408, 412, 413, 415, 422, 428, 503, 507),
    openapi_extra=body_of(reference(RuleSet), JSON)
    | {
        "parameters": [
            {
                "name": "If-Match",
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "description": "The ETag of the rules that these replace, or `*`. A dry run needs none.",
            }
        ]
    },
    summary="Put the rules",
)
async def put_rules(served: Served, request: Request, question: Annotated[RulesQuestion, Query()]) -> Response:
    """Replaces all rules; they are in force when this answers. One bad rule, and none is taken."""
    rules = _rules(strict_json(await read_body(request, DOCUMENT_BYTES, JSON)), served)
    condition = request.headers.get("if-match")
    if question.dry_run:
        return Finished(json_reply(_tried(served, rules, condition, question)))
    if condition is None:
        raise Problem(428, "Send If-Match with the ETag of the rules that you have read, so that no change is lost.")
    now, by = served.clock(), _who(request)

    def put(store: Store) -> tuple[Revision, Revision]:
        before = store.rules.current()
        return before, store.rules.replace(rules, by=by, now=now, expected=_expected(condition, before))

    try:
        before, made = await served.writer.run(put)
    except Outdated:
        raise _outdated() from None
    served.live.catch_up()
    added, removed = difference(before.rules, made.rules)
    answer = RulesAnswer(revision=made.number, added=len(added), removed=len(removed))
    return Finished(_tagged(wire_json(answer), made))


def _tried(served: Served, rules: RuleSet, condition: str | None, question: RulesQuestion) -> bytes:
    now, model, known = served.clock(), served.live.model, served.live.store.rules.current()
    if condition is not None and _expected(condition, known) != known.number:
        raise _outdated()
    ids = split_ids(question.articles)
    if len(ids) > MOST_PAGES:
        raise Problem(422, f"articles: expected at most {MOST_PAGES} ids")
    settings = served.settings
    added, removed = difference(known.rules, rules)
    told = preview(
        model,
        rules,
        now,
        rows=[row_of(model, article_id, now) for article_id in ids] or None,
        order=settings.page_order,
        repeats=settings.page_repeats,
    )
    return wire_json(RulesAnswer(revision=known.number, added=len(added), removed=len(removed), preview=told))


def _rules(value: object, served: Served) -> RuleSet:
    try:
        return read_rules(value, zone(served.settings.timezone))
    except BadRules as error:
        faults = tuple(fault_of(bad, (*Rule.__struct_fields__, "rules"), index) for index, bad in error.faults[:20])
        first = faults[0]
        place = "" if first.index is None else f"rule {first.index}: "
        detail = place + (f"{first.field}: {first.reason}" if first.field else first.reason)
        raise Problem(422, detail, faults) from None


def _expected(condition: str, newest: Revision) -> int:
    """The revision that an If-Match asks for: the newest one's number where it does; RFC 9110 section 13.1.1."""
    tags = [tag.strip() for tag in condition.split(",")]
    asked = [int(found[1]) for tag in tags if (found := _TAG.fullmatch(tag))]
    if tags == ["*"] or newest.number in asked:
        return newest.number
    return asked[0] if asked else -1


def _who(request: Request) -> str:
    key = request.scope.get("key")
    return LOCAL if key is None else key.name or key.id


def _outdated() -> Problem:
    return Problem(412, "The rules have been changed since. Read them again, and put yours on top of that.")


def _tagged(body: bytes, revision: Revision) -> Reply:
    return json_reply(body, 200, (b"etag", f'"{revision.number}"'.encode()))
