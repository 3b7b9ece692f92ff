"""Articles: put, read, taken down, counted."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from recsys.article import Article
from recsys.errors import BadRecord, NotFound
from recsys.record import RecordReader, wire_json
from recsys.store import PutArticles
from recsys.times import zone
from serving.answers import row_of
from serving.describing import answers, body_of, reference, refusals
from serving.ids import ArticleId
from serving.problems import NO_ARTICLE, Fault, Problem, fault_of
from serving.receiving import (
    ARTICLE_BYTES,
    JSON,
    NDJSON,
    media_type_of,
    read_body,
    record_from,
    strict_json,
    strict_lines,
)
from serving.sending import Finished, Reply, json_reply
from serving.service import Served
from serving.shapes import PutAnswer, Stats

MOST = 2_000  # articles in one request

router = APIRouter(tags=["articles"])


def article_reader(served: Served) -> RecordReader[Article]:
    """Reads articles as this site's settings say."""
    return RecordReader(Article, zone(served.settings.timezone))


Reader = Annotated[RecordReader[Article], Depends(article_reader)]


@router.get("/v1/articles/{article_id}", responses=answers(Article, 400, 404), summary="Read an article")
async def get_article(served: Served, article_id: ArticleId) -> Response:
    """The article's record."""
    row_of(served.live.model, article_id, served.clock())
    found = served.live.store.catalogue.get([article_id]).get(article_id)
    if found is None or found.deleted_at is not None:
        raise NotFound(NO_ARTICLE)
    return Finished(json_reply(wire_json(found.article)))


@router.get("/v1/articles/{article_id}/stats", responses=answers(Stats, 400, 404), summary="Count views and likes")
async def get_stats(served: Served, article_id: ArticleId) -> Response:
    """What readers made of the article, up to now."""
    model = served.live.model
    row = row_of(model, article_id, served.clock())
    stats = Stats(
        article_id=article_id, views=model.engagement.views.count(row), likes=model.engagement.likes.count(row)
    )
    return Finished(json_reply(wire_json(stats)))


@router.put(
    "/v1/articles/{article_id}",
    responses=answers(PutAnswer, 400, 408, 413, 415, 422, 503, 507)
    | answers(PutAnswer, status=201, said="The article is new, or is back."),
    openapi_extra=body_of(reference(Article), JSON),
    summary="Put an article",
)
async def put_article(served: Served, request: Request, reader: Reader, article_id: ArticleId) -> Response:
    """Adds or replaces the article; it stands in the lists when this answers. Brings back one that was deleted."""
    article = record_from(reader, strict_json(await read_body(request, ARTICLE_BYTES, JSON)))
    if article.id != article_id:
        raise Problem(422, "id: is not the id in the path", (Fault("id", "is not the id in the path"),))
    put = await _stored(served, [article])
    return Finished(json_reply(_put_answer(put, ()), 201 if put.added else 200))


@router.post(
    "/v1/articles",
    responses=answers(PutAnswer, 400, 408, 413, 415, 422, 503, 507),
    openapi_extra=body_of(
        {"type": "array", "items": {"anyOf": [reference(Article), {"type": "object"}]}}, JSON, NDJSON
    ),
    summary="Put many articles",
)
async def post_articles(served: Served, request: Request, reader: Reader) -> Response:
    """An array, or one article per line. Those that can't be taken are named; the others are stored together."""
    body = await read_body(request, ARTICLE_BYTES, JSON, NDJSON)
    items: Any = list(strict_lines(body)) if media_type_of(request) == NDJSON else strict_json(body)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Problem(422, "Expected an array of articles, or one article per line.")
    if len(items) > MOST:
        raise Problem(413, f"Send at most {MOST:,} articles at a time.")
    good, rejected = [], []
    for index, item in enumerate(items):
        try:
            good.append(reader.from_mapping(item))
        except BadRecord as error:
            rejected.append(fault_of(error, reader.fields, index))
    return Finished(json_reply(_put_answer(await _stored(served, good), tuple(rejected))))


@router.delete(
    "/v1/articles/{article_id}",
    status_code=204,
    responses=refusals(400, 404, 503, 507) | {204: {"description": "Gone from every list."}},
    summary="Take an article down",
)
async def delete_article(served: Served, article_id: ArticleId) -> Response:
    """Takes the article out of every answer. A PUT brings it back, with its counts."""
    now = served.clock()
    gone = await served.writer.run(lambda store: store.catalogue.delete([article_id], now))
    served.live.catch_up()
    if not gone:
        raise NotFound(NO_ARTICLE)
    return Finished(Reply(204, b"", ()))


async def _stored(served: Served, articles: list[Article]) -> PutArticles:
    now = served.clock()
    put = await served.writer.run(lambda store: store.catalogue.put(articles, now, restore=True))
    served.live.catch_up()
    return put


def _put_answer(put: PutArticles, rejected: tuple[Fault, ...]) -> bytes:
    answer = PutAnswer(added=put.added, updated=put.updated, unchanged=put.unchanged, rejected=rejected)
    return wire_json(answer)
