"""Pages of other origins: which may ask a server with keys, and by what key."""

import pytest

from tests.serving.keyed import ORIGIN, Keyed, keyed

__all__ = ["keyed"]


def test_a_page_of_a_listed_origin_may_read_answers_and_refusals(keyed: Keyed) -> None:
    token = keyed.tokens["publishable"]
    for path, status in (
        ("/v1/ranking", 200),
        ("/v1/articles/nowhere", 404),
        ("/v1/models", 403),
        ("/v1/ranking?x=1", 422),
    ):
        answer = keyed.ask("GET", path, token, origin=ORIGIN)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["vary"] == "origin"
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin", ["https://example.com", "http://example.org", "null", "https://example.org.evil.example"]
)
def test_no_other_page_may(keyed: Keyed, origin: str) -> None:
    answer = keyed.ask("GET", "/v1/ranking", keyed.tokens["publishable"], origin=origin)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("scope", ["secret", "editor", "admin"])
def test_a_secret_key_in_a_page_is_refused(keyed: Keyed, scope: str) -> None:
    answer = keyed.ask("GET", "/v1/ranking", keyed.tokens[scope], origin=ORIGIN)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    assert keyed.ask("GET", "/v1/ranking", keyed.tokens[scope], origin="http://localhost").status_code == 200


def test_a_browser_that_asks_before_it_sends_is_answered_without_key(keyed: Keyed) -> None:
    for method, path in (("POST", "/v1/events"), ("GET", "/v1/articles/a%2Fb/related?limit=3")):
        answer = keyed.ask("OPTIONS", path, origin=ORIGIN, access_control_request_method=method)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-allow-methods"] == method
        assert "authorization" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize(
    ("method", "path", "origin"),
    [
        ("PUT", "/v1/articles/a", ORIGIN),
        ("DELETE", "/v1/visitors/a", ORIGIN),
        ("GET", "/v1/nowhere", ORIGIN),
        ("POST", "/v1/events", "https://example.com"),
        ("POST", "/v1/events", "null"),
        ("BREW", "/v1/events", ORIGIN),
    ],
)
def test_and_is_told_no_about_all_else(keyed: Keyed, method: str, path: str, origin: str) -> None:
    answer = keyed.ask("OPTIONS", path, origin=origin, access_control_request_method=method)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
