"""The list routes without FastAPI's cost per request: raw path and query in, finished bytes out.

Nothing is decided here that FastAPI's routes don't decide in the same way; a test holds the two against each other.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from pydantic import ValidationError
from starlette.types import Scope

from recsys.errors import RecsysError
from serving.answers import Answer
from serving.finished import FinishedAnswers
from serving.ids import decode_segment
from serving.lists import PAGE, RANKING, RECOMMENDATION, RELATED, ListRoute, list_reply
from serving.problems import Fault, Problem, of_error, of_validation
from serving.sending import Reply
from serving.service import Service

_ARTICLES = b"/v1/articles/"
_OF_ARTICLE: Mapping[bytes, ListRoute[Any]] = {b"related": RELATED, b"page": PAGE}
_OF_SITE: Mapping[bytes, ListRoute[Any]] = {b"/v1/ranking": RANKING, b"/v1/recommendations": RECOMMENDATION}


class FastLists:
    """Answers list requests from the raw URL, and remembers the answers."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._finished = FinishedAnswers(service.live)

    def reply(self, scope: Scope) -> tuple[str, Reply] | None:
        """The route's template and the answer to a list request; None where it is a request for something else."""
        path: bytes = scope["raw_path"]
        found = _route(path)
        if found is None or scope["method"] != "GET":
            return None
        route, segment = found
        try:
            answer = self._answer(route, segment, (path, scope["query_string"]))
            return route.template, list_reply(self._service, answer, _if_none_match(scope))
        except RecsysError as error:
            return route.template, of_error(error).reply()
        except Problem as problem:
            return route.template, problem.reply()

    def _answer(self, route: ListRoute[Any], segment: bytes, key: tuple[bytes, bytes]) -> Answer:
        now = self._service.clock()
        kept = self._finished.get(key, now)
        if kept is not None:
            return kept
        article_id = _article_id(segment) if segment else ""
        answer = route.answer(self._service, article_id, _question(route, key[1]), now)
        self._finished.keep(key, answer, now)
        return answer


def parse_query(raw: bytes) -> dict[str, str]:
    """The parameters of a query string; raises Problem where it is not UTF-8 or names one twice."""
    found: dict[str, str] = {}
    for pair in raw.split(b"&"):
        if not pair:
            continue
        name, _, value = pair.partition(b"=")
        try:
            decoded = _decoded(name)
            twice = decoded in found
            found[decoded] = _decoded(value)
        except UnicodeDecodeError:
            raise Problem(400, "The query is not percent-encoded UTF-8.") from None
        if twice:
            raise Problem(422, "A query parameter is given twice.", (Fault("", "a parameter is given twice"),))
    return found


def _decoded(part: bytes) -> str:
    return unquote_to_bytes(part.replace(b"+", b" ")).decode()


def _route(path: bytes) -> tuple[ListRoute[Any], bytes] | None:
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
