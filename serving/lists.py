"""The four list routes: what each is asked and who answers, for FastAPI's routes and for the fast path alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from recsys.settings import Settings
from serving.answers import Answer, page_answer, ranking_answer, recommendation_answer, related_answer
from serving.caching import cache_control
from serving.questions import PageQuestion, Question, RankingQuestion, RecommendationQuestion, RelatedQuestion
from serving.sending import Tagged
from serving.service import Service
from serving.telemetry import Tally

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
    lambda service, _, question, now: recommendation_answer(service.live.model, question, service.settings, now),
)
PAGE = ListRoute(
    "/v1/articles/{article_id}/page",
    PageQuestion,
    lambda service, article_id, question, now: page_answer(
        service.live.model, article_id, question, service.settings, now
    ),
)


class Ready(NamedTuple):
    """An answer as it goes out, and what giving it adds to the counters."""

    tagged: Tagged
    given: Tally


def ready(settings: Settings, answer: Answer) -> Ready:
    """An answer with what caches need to know."""
    control = cache_control(settings.cache_seconds, personal=answer.personal)
    tags = ((b"cache-tag", answer.tags),) if answer.tags else ()
    return Ready(Tagged.of(answer.body, answer.request_id, control, *tags), answer.given)
