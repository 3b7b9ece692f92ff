"""The list routes as FastAPI sees them: documented and validated. `serving.fast` stands in front and answers first."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from recsys.record import RecordReader
from recsys.times import zone
from serving.answers import Answer, draft_answer
from serving.describing import answers, body_of, reference
from serving.drafts import Draft
from serving.ids import ArticleId
from serving.lists import PAGE, RANKING, RECOMMENDATION, RELATED, ready
from serving.query_string import parse_query
from serving.questions import PageQuestion, RankingQuestion, RecommendationQuestion, RelatedQuestion
from serving.receiving import DRAFT_BYTES, JSON, read_body, record_from, strict_json
from serving.sending import Finished, json_reply
from serving.service import Served
from serving.shapes import ListAnswer, PageAnswer


def strict_query(request: Request) -> None:
    """Refuses what FastAPI would let pass: bad UTF-8 and parameters given twice."""
    parse_query(request.scope["query_string"])


router = APIRouter(tags=["lists"], dependencies=[Depends(strict_query)])


@router.get(RELATED.template, responses=answers(ListAnswer, 400, 404, 422), summary="Related")
async def get_related(
    served: Served, request: Request, article_id: ArticleId, question: Annotated[RelatedQuestion, Query()]
) -> Response:
    """Articles about the same thing as this one, best first."""
    return _finished(served, request, RELATED.answer(served, article_id, question, served.clock()))


@router.get(RANKING.template, responses=answers(ListAnswer, 400, 422), summary="Ranking")
async def get_ranking(served: Served, request: Request, question: Annotated[RankingQuestion, Query()]) -> Response:
    """What readers favour now."""
    return _finished(served, request, RANKING.answer(served, "", question, served.clock()))


@router.get(RECOMMENDATION.template, responses=answers(ListAnswer, 400, 422), summary="Recommendation")
async def get_recommendations(
    served: Served, request: Request, question: Annotated[RecommendationQuestion, Query()]
) -> Response:
    """What one reader should read next. Somebody unknown gets the ranking, marked as fill."""
    return _finished(served, request, RECOMMENDATION.answer(served, "", question, served.clock()))


@router.get(PAGE.template, responses=answers(PageAnswer, 400, 404, 422), summary="Page")
async def get_page(
    served: Served, request: Request, article_id: ArticleId, question: Annotated[PageQuestion, Query()]
) -> Response:
    """The three lists of an article's page; nothing stands in two of them."""
    return _finished(served, request, PAGE.answer(served, article_id, question, served.clock()))


@router.post(
    "/v1/related",
    responses=answers(ListAnswer, 400, 408, 413, 415, 422),
    summary="Related to a draft",
    openapi_extra=body_of(reference(Draft), JSON),
)
async def post_related(served: Served, request: Request, question: Annotated[RelatedQuestion, Query()]) -> Response:
    """What a text is related to before it is published."""
    body = strict_json(await read_body(request, DRAFT_BYTES, JSON))
    draft = record_from(RecordReader(Draft, zone(served.settings.timezone)), body)
    return Finished(json_reply(draft_answer(served.live.model, draft, question, served.clock()).body))


def _finished(served: Served, request: Request, answer: Answer) -> Response:
    condition = request.headers.get("if-none-match")
    found = ready(served.settings, answer)
    served.telemetry.gave(found.given)
    return Finished(found.tagged.for_holder(None if condition is None else condition.encode("latin-1")).reply)
