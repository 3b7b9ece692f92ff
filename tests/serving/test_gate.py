"""A server with keys: each route for each kind of key, and what no key opens."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.routing import Match

from recsys.keys import SCOPES
from recsys.store import Store
from serving.api import make_api
from serving.gate import SIGN_IN
from serving.security import FULFIL, NEEDS, PUBLIC, needs_at
from tests.serving.client import Client
from tests.serving.conftest import NOW
from tests.serving.keyed import VISITOR, Keyed, keyed, made

__all__ = ["keyed"]

IDS = {"{article_id}": "harbour-1", "{version}": "nope", "{visitor_id}": VISITOR}


def path_of(template: str) -> str:
    for name, value in IDS.items():
        template = template.replace(name, value)
    return template


def test_every_route_is_for_those_whose_keys_fulfil_its_need_and_nobody_else(keyed: Keyed) -> None:
    """A7. What a route does with a request that is let in is its own affair: it is neither 401 nor 403 then."""
    refused = {}
    for (method, template), need in NEEDS.items():
        for scope in (None, "revoked", *SCOPES):
            status = keyed.ask(method, path_of(template), keyed.tokens[scope] if scope else None).status_code
            if need == "anyone":
                expected = None
            elif scope in (None, "revoked"):
                expected = 401
            else:
                expected = None if scope in FULFIL[need] else 403
            if (status if status in (401, 403, 429) else None) != expected:
                refused[method, template, scope] = status
    assert refused == {}


def test_the_table_of_needs_says_who_may_do_what() -> None:
    """Written out once more, so that a slip in one place is seen."""
    may = {need: set(scopes) for need, scopes in FULFIL.items()}
    assert may["publishable"] == may["anyone"] == {"publishable", "secret", "editor", "admin"}
    assert may["secret"] == {"secret", "admin"}
    assert may["editor"] == {"editor", "admin"}
    assert may["admin"] == {"admin"}
    public = {path for (_, path), need in NEEDS.items() if need == "publishable"}
    assert not [path for path in public if "visitors" in path or "models" in path or "rules" in path]
    writes = {(method, path) for (method, path), need in NEEDS.items() if method != "GET" and need == "publishable"}
    assert writes == {("POST", "/v1/events")}
    assert {path for (_, path), need in NEEDS.items() if need == "anyone"} == {"/livez", "/readyz"}


def all_routes() -> list[Any]:
    """Every route that the application has, one by one."""
    found = []
    for route in make_api().routes:
        included = getattr(route, "original_router", None)
        found += [route] if included is None else included.routes
    return found


ROUTES = all_routes()


def test_every_route_that_the_server_has_is_in_the_table_or_for_admins_only() -> None:
    """Deny by default: a route without a row, and every page of the demo site, needs an admin key."""
    rows = set(NEEDS) | {(method, path) for path in PUBLIC for method in ("GET", "HEAD")}
    found = {(method, route.path) for route in ROUTES if hasattr(route, "methods") for method in route.methods}
    assert found - rows == set(), "give it a row in serving.security.NEEDS"
    assert set(NEEDS) - found == set(), "a row without a route"
    assert [route.path for route in ROUTES if not hasattr(route, "methods")] == ["/static-offline-docs"]
    for path in (
        b"/",
        b"/articles/harbour-1",
        b"/forget",
        b"/v1",
        b"/v2/ranking",
        b"//v1/ranking",
    ):
        assert needs_at(path) is None


SEGMENTS = [
    "v1",
    "articles",
    "ranking",
    "related",
    "page",
    "a",
    "",
    "%2F",
    "models",
    "activate",
    "visitors",
    "livez",
    "docs",
]


@given(
    st.one_of(
        st.sampled_from([path_of(path)[1:] for _, path in NEEDS]), st.lists(st.sampled_from(SEGMENTS)).map("/".join)
    )
)
def test_the_gate_and_the_router_agree_on_what_a_path_is(rest: str) -> None:
    """Else a path could be let in as one route and answered by another."""
    scope = {"type": "http", "method": "GET", "path": f"/{rest}", "root_path": ""}
    routed = {route.path for route in ROUTES if route.matches(scope)[0] is not Match.NONE}
    needs = needs_at(f"/{rest}".encode())
    assert (needs is None) == (not routed)
    for template in routed & {path for _, path in NEEDS}:
        assert needs == {method: need for (method, path), need in NEEDS.items() if path == template}


def test_without_a_good_key_all_get_the_same_answer(keyed: Keyed) -> None:
    answers = [
        keyed.ask("GET", "/v1/ranking"),
        keyed.ask("GET", "/v1/ranking", "secret_wrong"),
        keyed.ask("GET", "/v1/ranking", keyed.tokens["revoked"]),
        keyed.ask("GET", "/v1/ranking", authorization=f"Basic {keyed.tokens['secret']}"),
        keyed.ask("GET", f"/v1/ranking?key={keyed.tokens['secret']}"),
        keyed.ask("GET", f"/v1/ranking?key={keyed.tokens['publishable']}&key=x"),
        keyed.ask("DELETE", "/v1/articles/no-such-article"),
        keyed.ask("GET", "/"),
        keyed.ask("GET", "/nowhere"),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


def test_a_publishable_key_may_stand_in_the_query_and_is_no_parameter(keyed: Keyed) -> None:
    token = keyed.tokens["publishable"]
    plain = keyed.ask("GET", "/v1/ranking?limit=3", token)
    for query in (f"key={token}&limit=3", f"limit=3&key={token}"):
        answer = keyed.ask("GET", f"/v1/ranking?{query}")
        assert (answer.status_code, answer.content) == (200, plain.content)
    both = keyed.ask("GET", f"/v1/ranking?limit=3&key={token}", token)
    assert both.status_code == 422
    assert token not in both.text


def test_health_and_documentation_are_for_everybody(keyed: Keyed) -> None:
    for path in ("/livez", "/readyz", *PUBLIC):
        assert keyed.ask("GET", path).status_code == 200, path
    page = keyed.ask("GET", "/docs").text
    files = re.findall(r'"(/static-offline-docs/[^"]+)"', page)
    assert files
    assert all(keyed.ask("GET", path).status_code == 200 for path in files)
    assert keyed.ask("GET", "/static-offline-docs/..%2f..%2fcore.py").status_code == 404


def test_the_demo_site_is_for_the_open_mode_only(keyed: Keyed) -> None:
    for path in ("/", "/articles/harbour-1", "/section/News"):
        assert keyed.ask("GET", path).status_code == 401
        assert keyed.ask("GET", path, keyed.tokens["secret"]).status_code == 404
    assert keyed.ask("POST", "/articles/harbour-1/like", keyed.tokens["secret"]).status_code == 404


def test_a_method_that_is_not_taken_is_told_to_holders_of_keys(keyed: Keyed) -> None:
    answer = keyed.ask("DELETE", "/v1/ranking", keyed.tokens["admin"])
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert keyed.ask("DELETE", "/v1/ranking").status_code == 401


@pytest.mark.parametrize("path", ["/v1/articles/a%2F..%2F..%2Fv1%2Franking", "/v1/articles/..%2Franking/../x"])
def test_no_path_is_let_in_as_another(keyed: Keyed, path: str) -> None:
    assert keyed.ask("PUT", path, keyed.tokens["publishable"]).status_code in (403, 404, 405)


def test_a_revocation_and_a_new_key_are_in_force_within_a_second(keyed: Keyed, elsewhere: Store) -> None:
    import time

    key_id, token = made(elsewhere, "secret")
    time.sleep(0.5)
    assert keyed.ask("GET", "/v1/ranking", token).status_code == 200
    elsewhere.keys.revoke(key_id, NOW)
    time.sleep(0.5)
    assert keyed.ask("GET", "/v1/ranking", token).status_code == 401


def test_the_first_key_closes_an_open_server_and_revoking_it_opens_nothing(api: Client, elsewhere: Store) -> None:
    import time

    assert api.get("/v1/ranking").status_code == 200
    key_id, _ = made(elsewhere, "secret")
    time.sleep(0.5)
    assert api.get("/v1/ranking").status_code == 401
    elsewhere.keys.revoke(key_id, NOW)
    time.sleep(0.5)
    assert api.get("/v1/ranking").status_code == 401


def test_with_keys_any_host_and_any_proxy_will_do(keyed: Keyed) -> None:
    answer = keyed.ask("GET", "/v1/ranking", keyed.tokens["secret"], host="api.example.org", x_forwarded_for="1.2.3.4")
    assert answer.status_code == 200


def test_answers_say_that_they_are_what_their_type_says(keyed: Keyed, api: Client) -> None:
    for path in ("/v1/ranking", "/v1/articles/harbour-1/stats", "/livez", "/docs", "/v1/articles/nowhere", "/metrics"):
        assert keyed.ask("GET", path, keyed.tokens["admin"]).headers["x-content-type-options"] == "nosniff", path
        assert api.get(path).headers["x-content-type-options"] == "nosniff", path
    assert keyed.ask("GET", "/v1/ranking").headers["x-content-type-options"] == "nosniff"
    assert api.get("/docs").headers["content-security-policy"] == "frame-ancestors 'none'"


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def test_a_browser_without_a_key_is_shown_where_to_sign_in(keyed: Keyed) -> None:
    for path in ("/", "/articles/harbour-1", "/nothing/here"):
        answer = keyed.ask("GET", path, accept=BROWSER)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        assert f'href="{SIGN_IN}"' in answer.text
    assert needs_at(SIGN_IN.encode())["GET"] == "anyone"


def test_programs_and_questions_to_the_api_get_a_problem(keyed: Keyed) -> None:
    for path, accept, token in (
        ("/", "*/*", None),
        ("/", BROWSER, "wrong"),
        ("/?key=wrong", BROWSER, None),
        ("/v1/ranking", BROWSER, None),
    ):
        answer = keyed.ask("GET", path, token, accept=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_a_key_opens_the_pages_to_a_browser_that_brings_it(keyed: Keyed) -> None:
    assert keyed.ask("GET", "/", keyed.tokens["admin"], accept=BROWSER).status_code == 200
