"""The FastAPI application: routes, documentation, and every error as a problem document."""

from functools import cache
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from recsys import __version__
from recsys.errors import RecsysError
from serving import (
    routes_articles,
    routes_events,
    routes_health,
    routes_lists,
    routes_models,
    routes_rules,
    routes_visitors,
)
from serving.describing import component_schemas, refusals
from serving.problems import Problem, of_error, of_validation
from serving.security import NEEDS
from serving.sending import Finished

_ABOUT = """Related, Ranking and Recommendation lists for a site that publishes articles.

An id in a path is one percent-encoded segment (`a/b` is `a%2Fb`). Times are ISO 8601. Unknown parameters and fields are
refused. Errors are problem documents (RFC 9457). `x-needs` names the key that a route asks for once the site has keys.
"""
_NEVER_SHED = ("/livez", "/readyz", "/metrics")
_SAID = {404: "There is nothing at this address.", 405: "This address doesn't take that method."}


def make_api() -> FastAPI:
    """The application without a service: `app.state.service` must be set before it is asked anything."""
    api: FastAPI = FastAPIOffline(
        title="recsys", version=__version__, description=_ABOUT, redoc_url=None, redirect_slashes=False
    )
    for routes in (
        routes_lists,
        routes_events,
        routes_articles,
        routes_visitors,
        routes_rules,
        routes_models,
        routes_health,
    ):
        api.include_router(routes.router)
    api.exception_handler(Problem)(_on_problem)
    api.exception_handler(RecsysError)(_on_error)
    api.exception_handler(RequestValidationError)(_on_invalid)
    api.exception_handler(HTTPException)(_on_http)
    api.exception_handler(Exception)(_on_bug)
    api.openapi = cache(lambda: _openapi(api))  # type: ignore[method-assign]
    return api


def _openapi(api: FastAPI) -> dict[str, Any]:
    document = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            need = operation["x-needs"] = NEEDS[method.upper(), path]
            if path not in _NEVER_SHED:
                operation["responses"].setdefault("503", refusals(503)[503])
            if need != "anyone":
                # Without any: a home that has no keys, on loopback.
                operation["security"] = [{}, {"bearer": []}, *([{"query": []}] if need == "publishable" else [])]
                for status, refusal in refusals(401, 403, 429).items():
                    operation["responses"].setdefault(str(status), refusal)
            if operation["responses"].get("422", {}).get("description") == "Validation Error":
                del operation["responses"]["422"]  # FastAPI's own, which this API never sends
    document.setdefault("components", {})["schemas"] = component_schemas()
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "Any key, as `recsys keys create` shows it."},
        "query": {"type": "apiKey", "in": "query", "name": "key", "description": "A publishable key."},
    }
    return document


async def _on_problem(_: Request, error: Problem) -> Response:
    return Finished(error.reply())


async def _on_error(_: Request, error: RecsysError) -> Response:
    return Finished(of_error(error).reply())


async def _on_invalid(_: Request, error: RequestValidationError) -> Response:
    return Finished(of_validation(error.errors()).reply())


async def _on_http(_: Request, error: HTTPException) -> Response:
    said = _SAID.get(error.status_code, "This request can't be answered.")
    return Finished(Problem(error.status_code, said, headers=dict(error.headers or {})).reply())


async def _on_bug(_: Request, __: Exception) -> Response:
    return Finished(Problem(500, "The server failed. Its log says how.").reply())
