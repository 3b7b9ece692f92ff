"""What the API says, made from what the library found: the same bytes for HTTP, for the command line and for the pages.

Articles stand in a list as cards that were written as JSON when the article arrived; an answer is those cards, joined.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from recsys.errors import NotFound
from recsys.event import ListName
from recsys.experiment import variant_of
from recsys.items import Item, Reason
from recsys.model import Model, fields_of
from recsys.page import page
from recsys.ranking import ranking
from recsys.recommendation import recommend
from recsys.related import related, related_to_text
from recsys.settings import Settings
from serving.caching import cache_tags
from serving.drafts import Draft
from serving.problems import NO_ARTICLE
from serving.questions import PageQuestion, Question, RankingQuestion, Reader, RecommendationQuestion, RelatedQuestion
from serving.telemetry import Tally, tally

_json, _lines = msgspec.json.Encoder().encode, msgspec.json.Encoder().encode_lines


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a list says of an article beside its card."""

    score: float
    fill: str | None = None
    reasons: tuple[Reason, ...]


class Answer(NamedTuple):
    """One answer of the API.

    request_id  a digest of the question and of the body: equal answers share it, so it is the ETag too
    settled     only a changed article, or one that appears or expires, can change it: no event, no passing of time
    personal    meant for one visitor
    given       what the answer adds to the counters
    tags        value of its Cache-Tag header
    """

    body: bytes
    request_id: str
    settled: bool = False
    personal: bool = False
    given: Tally = ()
    tags: bytes = b""


def related_answer(model: Model, article_id: str, question: RelatedQuestion, now: int) -> Answer:
    """The articles about the same thing; raises NotFound."""
    items = related(model, row_of(model, article_id, now), question.wish(model), now)
    settled = question.max_age is None and not any(item.fill for item in items)
    return list_answer(model, "related", items, question, article_id, settled=settled)


def draft_answer(model: Model, draft: Draft, question: RelatedQuestion, now: int) -> Answer:
    """The published articles about the same thing as a text that is not."""
    items = related_to_text(model, fields_of(draft.article(), model.main_language), question.wish(model), now)
    return list_answer(model, "related", items, question)


def ranking_answer(model: Model, question: RankingQuestion, now: int) -> Answer:
    """What readers favour now."""
    return list_answer(model, "ranking", ranking(model, question.window, question.wish(model), now), question)


def recommendation_answer(model: Model, question: RecommendationQuestion, settings: Settings, now: int) -> Answer:
    """What one reader should read next, with the variant of the experiment that the settings give the visitor."""
    items = recommend(
        model,
        question.wish(model),
        now,
        visitor_id=question.visitor_id,
        history=question.rows_read(model),
        row=None if question.article_id is None else model.articles.row(question.article_id),
    )
    return list_answer(
        model,
        "recommendation",
        items,
        question,
        question.article_id,
        personal=question.personal,
        variant=_variant(question, settings),
    )


def recommended_to_strangers(model: Model, question: RecommendationQuestion, now: int) -> Sequence[Item]:
    """What readers get of whom nothing is known."""
    return recommend(model, question.wish(model), now)


def spare_answer(model: Model, question: RecommendationQuestion, items: Sequence[Item]) -> Answer:
    """A Recommendation made of what strangers get."""
    here = None if question.article_id is None else model.articles.row(question.article_id)
    passed = {*question.wish(model).exclude, *question.rows_read(model), here}
    left = [item for item in items if item.row not in passed][: question.limit]
    return list_answer(model, "recommendation", left, question, question.article_id, personal=question.personal)


def page_answer(model: Model, article_id: str, question: PageQuestion, settings: Settings, now: int) -> Answer:
    """The three lists of one article's page, nothing repeated but as the settings say; raises NotFound."""
    row = row_of(model, article_id, now)
    found = page(
        model,
        row,
        now,
        order=settings.page_order,
        repeats=settings.page_repeats,
        visitor_id=question.visitor_id,
        history=question.rows_read(model),
        exclude=question.wish(model).exclude,
        fill_policy=question.fill,
    )
    items: dict[ListName, Sequence[Item]] = {
        "related": found.related,
        "ranking": found.ranking,
        "recommendation": found.recommendation,
    }
    lists = {name: list_answer(model, name, shown, question, article_id) for name, shown in items.items()}
    content = b",".join(_json(name) + b":" + answer.body for name, answer in lists.items())
    variant = _variant(question, settings)
    request_id = _digest("page", model, article_id, question, content, variant=variant)
    named = {} if variant is None else {"variant": variant}
    head = _head({"article_id": article_id, "model": model.version, "request_id": request_id, **named})
    return Answer(
        head + b"," + content + b"}",
        request_id,
        personal=question.personal,
        given=tuple(count for answer in lists.values() for count in answer.given),
        tags=b"" if question.personal else _tags(model, article_id, [i for shown in items.values() for i in shown]),
    )


def list_answer(
    model: Model,
    name: ListName,
    items: Sequence[Item],
    question: Question,
    article_id: str | None = None,
    *,
    settled: bool = False,
    personal: bool = False,
    variant: str | None = None,
) -> Answer:
    """A list as the API answers it."""
    content = items_json(model, items)
    request_id = _digest(name, model, article_id, question, content, variant=variant)
    about = {} if article_id is None else {"article_id": article_id}
    named = {} if variant is None else {"variant": variant}
    head = _head({"list": name, **about, "model": model.version, "request_id": request_id, **named})
    return Answer(
        head + b',"items":[' + content + b"]}",
        request_id,
        settled,
        personal,
        tally(name, items),
        b"" if personal else _tags(model, article_id, items),
    )


def items_json(model: Model, items: Sequence[Item]) -> bytes:
    """Of each item, between commas, the article's card with its score and the reasons that add up to it."""
    lines = _lines([Said(score=item.score, fill=item.fill, reasons=item.reasons) for item in items]).split(b"\n")
    said = zip(items, lines, strict=False)  # the last line is empty
    return b",".join([model.articles.marked_card(item.row)[:-1] + b"," + line[1:] for item, line in said])


def row_of(model: Model, article_id: str, now: int) -> int:
    """The row of an article that can be answered for; raises the same NotFound for all that can't."""
    row = model.articles.row(article_id)
    if row is None or not model.articles.exists(row, now):
        raise NotFound(NO_ARTICLE)
    return row


def _tags(model: Model, article_id: str | None, items: Iterable[Item]) -> bytes:
    ids = [model.articles.id(item.row) for item in items]
    return cache_tags(ids if article_id is None else [article_id, *ids])


def _head(fields: dict[str, Any]) -> bytes:
    return msgspec.json.encode(fields)[:-1]


def _variant(question: Reader, settings: Settings) -> str | None:
    if question.visitor_id is None:
        return None
    return variant_of(question.visitor_id, settings.experiment, settings.variants)


def _digest(
    name: str, model: Model, article_id: str | None, question: Question, content: bytes, *, variant: str | None = None
) -> str:
    """128 bits over all that an answer depends on and all that it says."""
    encoded = [name.encode(), model.version.encode(), (article_id or "").encode(), _json(vars(question))]
    sized = [len(part).to_bytes(4, "big") + part for part in encoded]
    last = b"" if variant is None else variant.encode()
    return sha256(b"".join((*sized, content, last))).hexdigest()[:32]
