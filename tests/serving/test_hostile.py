"""Hostile requests: every one is refused with a problem document that repeats nothing, and changes nothing."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.serving.client import Client

MARK = "zq9zq9"
GOOD: dict[str, Any] = {"id": "hostile", "title": "A title", "published_at": "2026-03-01T00:00:00Z"}
JSON = {"content-type": "application/json"}

# As they stand in the bytes of a JSON document, each as the value of every field of an article and of an event.
VALUES = [
    b"9223372036854775808",
    b"-9223372036854775809",
    b"1" + b"0" * 30,
    b"1" * 5_000,
    b"1e400",
    b"-1e400",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b'"nan"',
    rb'"\ud800"',
    rb'"\udfff\ud800"',
    b'"\\u0000"',
    b'"\x00"',
    b'"\xff"',
    b'"\xc0\x80"',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[[[[1]]]]",
    b'{"a": {"a": 1, "a": 2}}',
    b"true",
    b"[]",
    b"{}",
    b"1.5",
    b'"' + b"x" * 600_000 + b'"',
]
ARTICLE_FIELDS = [
    "id",
    "title",
    "body",
    "section",
    "tags",
    "language",
    "published_at",
    "expires_at",
    "views",
    "evergreen",
]
EVENT_FIELDS = ["id", "type", "article_id", "visitor_id", "at", "value", "position"]
BODIES = [
    b"",
    b" ",
    b"null",
    b"1",
    b'"x"',
    b"{",
    b"}",
    b"[",
    b"[1]",
    b"[null]",
    b"[[]]",
    b"{'id': 1}",
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b"{}{}",
    b'{"id": "a", "id": "b", "title": "x", "published_at": "2026-03-01"}',
    b'{"\\ud800": 1}',
    b'{"' + MARK.encode() + b'": 1}',
    b"[" * 100_000 + b"]" * 100_000,
    b"\x00" * 100,
]


@pytest.fixture(scope="module")
def api(shared_api: Client) -> Client:
    """One server for all that is thrown at it."""
    return shared_api


def _with(record: dict[str, Any], field: str, value: bytes) -> bytes:
    pairs = [f"{json.dumps(name)}:{json.dumps(other)}".encode() for name, other in record.items() if name != field]
    return b"{" + b",".join([*pairs, json.dumps(field).encode() + b":" + value]) + b"}"


def _refused(api: Client, method: str, path: str, body: bytes, headers: dict[str, str]) -> None:
    answer = api.send(method, path, content=body, headers=headers)
    assert 400 <= answer.status_code < 500, (answer.status_code, body[:60])
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    assert MARK not in answer.text
    assert len(answer.content) < 2_000


@pytest.mark.parametrize("field", ARTICLE_FIELDS)
def test_no_value_of_an_articles_field_breaks_the_server(api: Client, field: str) -> None:
    for value in VALUES:
        answer = api.send("PUT", "/v1/articles/hostile", content=_with(GOOD, field, value), headers=JSON)
        assert answer.status_code < 500, value[:60]
        if answer.status_code < 300:
            assert api.get("/v1/articles/hostile").status_code == 200
            api.delete("/v1/articles/hostile")
        else:
            assert answer.headers["content-type"] == "application/problem+json"
            assert api.get("/v1/articles/hostile").status_code == 404


@pytest.mark.parametrize("field", EVENT_FIELDS)
def test_no_value_of_an_events_field_breaks_the_server(api: Client, field: str) -> None:
    event = {"type": "view", "article_id": "harbour-1", "at": "2026-03-10T11:00:00Z"}
    for value in VALUES:
        answer = api.send("POST", "/v1/events", content=_with(event, field, value), headers=JSON)
        assert answer.status_code in (202, 400), value[:60]
        if answer.status_code == 202:
            assert answer.json()["accepted"] + len(answer.json()["rejected"]) == 1


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/articles/hostile"), ("POST", "/v1/articles"), ("POST", "/v1/related"), ("POST", "/v1/events")],
)
def test_what_is_no_record_is_refused(api: Client, method: str, path: str, body: bytes) -> None:
    if path == "/v1/events" and body in BODIES[-4:-2]:
        return  # an object: refused as an item, not as a body
    _refused(api, method, path, body, JSON)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": ""},
        {"content-type": "text/html"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "text/plain"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": "application/json", "content-encoding": MARK},
    ],
)
def test_a_body_of_another_type_is_refused(api: Client, headers: dict[str, str]) -> None:
    answer = api.put("/v1/articles/hostile", content=json.dumps(GOOD).encode(), headers=headers)
    assert answer.status_code == 415
    assert api.get("/v1/articles/hostile").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        ("POST", "/v1/events", 1_000_000),
        ("PUT", "/v1/articles/hostile", 16_000_000),
        ("POST", "/v1/articles", 16_000_000),
    ],
)
def test_a_body_that_is_too_long_is_refused_and_the_connection_closed(
    api: Client, method: str, path: str, limit: int
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(limit // 100_000 + 1):
            yield b" " * 100_000

    for body in (b" " * (limit + 1), chunks()):
        answer = api.send(method, path, content=body, headers=JSON)
        assert answer.status_code == 413
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("length", ["9" * 30, "-1", "x", "1_0"])
def test_a_length_that_is_none_does_no_harm(api: Client, length: str) -> None:
    answer = api.post("/v1/events", content=b"{}", headers=JSON | {"content-length": length})
    assert answer.status_code < 500


@pytest.mark.parametrize(
    "article_id",
    [
        "%00",
        "%ff",
        "%C0%AF",
        "%0a",
        "%7f",
        "%2e",
        "%2E%2e",
        "a" * 513,
        "%F0%9F%98%80" * 129,
        "%ED%A0%80",
        "%",
    ],
)
def test_an_id_that_can_be_none_is_refused(api: Client, article_id: str) -> None:
    for last in ("", "/related", "/page", "/stats"):
        answer = api.get(f"/v1/articles/{article_id}{last}")
        assert answer.status_code in (400, 404)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v1/articles/",
        "/v1/articles/a/b/c",
        "/v1/articles/harbour-1/related/x",
        "/v1/ranking/",
        "/v2/ranking",
        "//v1/ranking",
        "/static-offline-docs/..%2f..%2fcore.py",
        "/static-offline-docs/%2e%2e/core.py",
        "/v1/%72anking",
    ],
)
def test_an_address_that_is_none_is_not_found(api: Client, path: str) -> None:
    assert api.get(path).status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "TRACE", "HEAD", "BREW", "DELETE"])
def test_a_method_that_is_not_taken_is_refused(api: Client, method: str) -> None:
    answer = api.send(method, "/v1/ranking")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE articles; --",
        '" OR 1=1 --',
        "\\'; SELECT 1",
        "%' AND 1=0 UNION SELECT * FROM log --",
        "${jndi:ldap://x}",
        "{{7*7}}",
        "<script>alert(1)</script>",
        "a\u202eb",
        "🎈" * 50,
        "\u0301" * 100,
    ],
)
def test_hostile_text_is_kept_as_text(api: Client, text: str) -> None:
    from urllib.parse import quote

    record = GOOD | {"id": text, "title": text, "tags": [text], "section": [text], "labels": [text], "language": "en"}
    path = f"/v1/articles/{quote(text, safe='')}"
    assert api.put(path, json=record).status_code == 201
    assert api.get(path).json() == record
    ranked = api.get("/v1/ranking", params={"section": text, "tag": text, "label": text}).json()["items"]
    assert [item["id"] for item in ranked] == [text]
