"""The list routes without FastAPI's cost per request: raw path and query in, finished bytes out.

Nothing is decided here that FastAPI's routes don't decide in the same way; a test holds the two against each other.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from starlette.types import Scope

from recsys.errors import RecsysError
from serving.finished import FinishedAnswers
from serving.ids import decode_segment
from serving.lists import PAGE, RANKING, RECOMMENDATION, RELATED, ListRoute, Ready, ready
from serving.overload import TURNED_AWAY
from serving.problems import Fault, Problem, of_error, of_validation
from serving.query_string import parse_query
from serving.questions import Reader, RecommendationQuestion
from serving.sending import Wired
from serving.service import Service
from serving.spare import SpareRecommendations

Asked = tuple[ListRoute[Any], bytes]  # and the segment of the path that is an article's id, b"" where there is none

_ARTICLES = b"/v1/articles/"
_OF_ARTICLE: Mapping[bytes, ListRoute[Any]] = {b"related": RELATED, b"page": PAGE}
_OF_SITE: Mapping[bytes, ListRoute[Any]] = {b"/v1/ranking": RANKING, b"/v1/recommendations": RECOMMENDATION}


class FastLists:
    """Answers list requests from the raw URL, and remembers the answers."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._finished = FinishedAnswers(service.live, lambda answer: ready(service.settings, answer))
        self._spare = SpareRecommendations(service.live)

    def asked(self, scope: Scope) -> Asked | None:
        """Which list is asked for; None where it is a request for something else."""
        return _route(scope["raw_path"]) if scope["method"] == "GET" else None

    def reply(self, asked: Asked, scope: Scope) -> Wired:
        """The answer to a list request."""
        route, segment = asked
        try:
            found = self._answer(route, segment, (scope["raw_path"], scope["query_string"]))
        except RecsysError as error:
            return Wired.of(of_error(error).reply())
        except Problem as problem:
            return Wired.of(problem.reply())
        if found is None:
            return TURNED_AWAY
        self._service.telemetry.gave(found.given)
        return found.tagged.for_holder(_if_none_match(scope))

    def _answer(self, route: ListRoute[Any], segment: bytes, key: tuple[bytes, bytes]) -> Ready | None:
        """None: there is no time for it."""
        service = self._service
        now = service.clock()
        kept = self._finished.get(key, now)
        if kept is not None:
            return kept
        late = service.pulse.late()
        if late and service.pulse.too_late():
            spare = self._finished.spare(key, now)
            if spare is not None:
                return spare
            service.telemetry.shed("list")
            return None
        article_id = _article_id(segment) if segment else ""
        question = _question(route, key[1])
        if late and isinstance(question, Reader) and question.personal:
            service.telemetry.shed("reader")
            if isinstance(question, RecommendationQuestion):
                return ready(service.settings, self._spare.answer(question, now))
            question = question.anonymous()
            key = (key[0], b"\0" + question.model_dump_json().encode())  # of nobody's own query: those hold no NUL
            kept = self._finished.get(key, now)
            if kept is not None:
                return kept
        return self._finished.keep(key, route.answer(service, article_id, question, now), now)


def _route(path: bytes) -> Asked | None:
    if path.startswith(_ARTICLES):
        segment, slash, last = path[len(_ARTICLES) :].partition(b"/")
        route = _OF_ARTICLE.get(last)
        return None if route is None or not segment or not slash else (route, segment)
    route = _OF_SITE.get(path)
    return None if route is None else (route, b"")


def _question(route: ListRoute[Any], query: bytes) -> Any:
    try:
        return route.question.model_validate(parse_query(query))
    except ValidationError as error:
        raise of_validation(error.errors(include_url=False, include_input=False)) from None


def _article_id(segment: bytes) -> str:
    try:
        return decode_segment(segment.decode("ascii"))
    except ValueError as error:
        raise Problem(400, f"article_id: {error}", (Fault("article_id", str(error)),)) from None


def _if_none_match(scope: Scope) -> bytes | None:
    for name, value in scope["headers"]:
        if name == b"if-none-match":
            found: bytes = value
            return found
    return None
