"""The four list routes: what each is asked and who answers, for FastAPI's routes and for the fast path alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from serving.answers import Answer, page_answer, ranking_answer, recommendation_answer, related_answer
from serving.questions import PageQuestion, Question, RankingQuestion, RecommendationQuestion, RelatedQuestion
from serving.sending import Reply, tagged_reply
from serving.service import Service

Q = TypeVar("Q", bound=Question)


@dataclass(frozen=True, slots=True)
class ListRoute(Generic[Q]):
    """One route. `answer` takes the article's id from the path, "" where the path has none, and the time."""

    template: str
    question: type[Q]
    answer: Callable[[Service, str, Q, int], Answer]


RELATED = ListRoute(
    "/v1/articles/{article_id}/related",
    RelatedQuestion,
    lambda service, article_id, question, now: related_answer(service.live.model, article_id, question, now),
)
RANKING = ListRoute(
    "/v1/ranking",
    RankingQuestion,
    lambda service, _, question, now: ranking_answer(service.live.model, question, now),
)
RECOMMENDATION = ListRoute(
    "/v1/recommendations",
    RecommendationQuestion,
    lambda service, _, question, now: recommendation_answer(service.live.model, question, now),
)
PAGE = ListRoute(
    "/v1/articles/{article_id}/page",
    PageQuestion,
    lambda service, article_id, question, now: page_answer(
        service.live.model, article_id, question, service.settings.page_order, now
    ),
)


def list_reply(service: Service, answer: Answer, if_none_match: bytes | None) -> Reply:
    """An answer with what caches need to know; only the news of "not modified" where the caller's copy still holds."""
    seconds = service.settings.cache_seconds
    keep = f"max-age={seconds}" if seconds else "no-cache"
    control = f"private, {keep}" if answer.personal else keep
    return tagged_reply(answer.body, answer.request_id, control.encode(), if_none_match)
