"""Events through the API: counted once, in force when they are answered, refused one by one."""

import json
from typing import Any

import pytest

from recsys.home import Home
from recsys.settings import Settings
from recsys.times import DAY, MINUTE, format_time
from serving.run import open_service
from tests.serving.client import Client
from tests.serving.conftest import NOW

BROWSER = {"origin": "http://localhost"}


def _event(**fields: Any) -> dict[str, Any]:
    return {"type": "like", "article_id": "council-4", "visitor_id": "v", "at": format_time(NOW - MINUTE)} | fields


def _likes(api: Client, article_id: str = "council-4") -> int:
    found: int = api.get(f"/v1/articles/{article_id}/stats").json()["likes"]
    return found


def test_a_like_counts_when_it_is_answered(api: Client) -> None:
    answer = api.post("/v1/events", json=_event())
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "duplicates": 0, "rejected": []})
    assert _likes(api) == 1


def test_an_event_sent_again_counts_once(api: Client) -> None:
    api.post("/v1/events", json=[_event(id="a"), _event(id="a")])
    again = api.post("/v1/events", json=_event(id="a"))
    assert again.json() == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert _likes(api) == 1


def test_second_like_by_one_visitor_changes_no_count(api: Client) -> None:
    api.post("/v1/events", json=[_event(id="a"), _event(id="b")])
    assert _likes(api) == 1


def test_a_like_is_taken_back(api: Client) -> None:
    api.post("/v1/events", json=_event())
    api.post("/v1/events", json=_event(value=0, at=format_time(NOW)))
    assert _likes(api) == 0


def test_views_move_the_ranking(api: Client) -> None:
    path = "/v1/ranking?window=all"
    assert api.get(path).json()["items"][0]["id"] != "football-11"
    views = [_event(type="view", article_id="football-11", visitor_id=f"v{n}") for n in range(200)]
    api.post("/v1/events", json=views)
    assert api.get(path).json()["items"][0]["id"] == "football-11"
    assert api.get("/v1/articles/football-11/stats").json()["views"] >= 200


def test_counts_survive_a_restart(home: Home, api: Client) -> None:
    api.post("/v1/events", json=[_event(), _event(type="view")])
    before = api.get("/v1/articles/council-4/stats").json(), api.get("/v1/ranking").content
    with Client(open_service(home, Settings(), lambda: NOW)) as restarted:
        assert (restarted.get("/v1/articles/council-4/stats").json(), restarted.get("/v1/ranking").content) == before


@pytest.mark.parametrize("media_type", ["application/json", "text/plain", "text/plain;charset=UTF-8"])
def test_a_beacon_may_send_json_as_text(api: Client, media_type: str) -> None:
    body = json.dumps([_event()]).encode()
    assert api.post("/v1/events", content=body, headers={"content-type": media_type}).json()["accepted"] == 1


def test_events_may_come_one_per_line(api: Client) -> None:
    body = b"\n".join(json.dumps(_event(visitor_id=f"v{n}")).encode() for n in range(3)) + b"\n"
    answer = api.post("/v1/events", content=body, headers={"content-type": "application/x-ndjson"})
    assert answer.json()["accepted"] == 3


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (_event(article_id="nowhere"), "article_id"),
        (_event(at=format_time(NOW + 6 * MINUTE)), "at"),
        (_event(at="9999-12-31T23:59:59Z"), "at"),
        (_event(at="yesterday"), "at"),
        (_event(at=1_700_000_000), "at"),
        (_event(type="purchase"), "type"),
        (_event(type="rating"), "value"),
        (_event(type="dwell", value=-1), "value"),
        (_event(type="dwell", value="long"), "value"),
        (_event(position=0), "position"),
        (_event(visitor_id=""), "visitor_id"),
        (_event(visitor_id=7), "visitor_id"),
        (_event(zq9zq9=1), ""),
        ({}, "type"),
    ],
)
def test_a_bad_event_is_named_and_the_others_are_kept(api: Client, event: dict[str, Any], field: str) -> None:
    answer = api.post("/v1/events", json=[_event(visitor_id="good"), event])
    assert answer.status_code == 202
    found = answer.json()
    assert (found["accepted"], len(found["rejected"])) == (1, 1)
    assert (found["rejected"][0]["index"], found["rejected"][0]["field"]) == (1, field)
    for marker in ("purchase", "yesterday", "nowhere", "zq9zq9", "long"):
        assert marker not in answer.text


@pytest.mark.parametrize(
    "url", ["https://example.org/council/4", "http://www.example.org/council/4/?utm=x#top", "/council/4"]
)
def test_an_event_may_name_the_address_of_its_article(api: Client, url: str) -> None:
    by_url = {name: value for name, value in _event(url=url).items() if name != "article_id"}
    assert api.post("/v1/events", json=by_url).json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert _likes(api) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "https://example.org/nowhere"},
        {"url": "/a" * 2_000},
        {"url": 7},
        {"url": "/council/4", "article_id": "a"},
    ],
)
def test_an_address_that_leads_nowhere_or_stands_beside_an_id_is_refused(api: Client, fields: dict[str, Any]) -> None:
    sent = {name: value for name, value in _event().items() if name != "article_id"} | fields
    answer = api.post("/v1/events", json=sent)
    assert [fault["field"] for fault in answer.json()["rejected"]] == ["url"]
    assert "nowhere" not in answer.text


def test_a_site_may_send_events_of_any_age(api: Client) -> None:
    assert api.post("/v1/events", json=_event(at="2001-01-01T00:00:00Z")).json()["accepted"] == 1


@pytest.mark.parametrize(
    ("event", "field"),
    [(_event(at=format_time(NOW - 8 * DAY)), "at"), (_event(visitor_id=None), "visitor_id")],
)
def test_a_browser_may_send_less_than_a_site(api: Client, event: dict[str, Any], field: str) -> None:
    given = {name: value for name, value in event.items() if value is not None}
    assert api.post("/v1/events", json=given).json()["accepted"] == 1
    refused = api.post("/v1/events", json=given | {"id": "again"}, headers=BROWSER).json()
    assert [fault["field"] for fault in refused["rejected"]] == [field]


def test_an_event_of_an_article_that_is_gone_is_still_counted(api: Client) -> None:
    record = api.get("/v1/articles/council-4").json()
    api.delete("/v1/articles/council-4")
    assert api.post("/v1/events", json=_event()).json()["accepted"] == 1
    api.put("/v1/articles/council-4", json=record)
    assert _likes(api) == 1


def test_the_outcomes_are_counted_in_the_metrics(api: Client) -> None:
    api.post("/v1/events", json=[_event(id="a"), _event(id="a"), {}])
    metrics = api.get("/metrics").text
    for outcome in ("accepted", "duplicate", "rejected"):
        assert f'recsys_events_total{{outcome="{outcome}"}} 1.0' in metrics


READER = BROWSER | {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"}


@pytest.mark.parametrize(
    "headers", [{"user-agent": "Mozilla/5.0 (compatible; bingbot/2.0)"}, {"sec-purpose": "prefetch;prerender"}]
)
def test_robots_and_prefetches_of_browsers_are_answered_and_never_counted(api: Client, headers: dict[str, str]) -> None:
    answer = api.post("/v1/events", json=[_event(), _event(article_id="nowhere")], headers=READER | headers)
    assert answer.status_code == 202
    found = answer.json()
    assert (found["accepted"], found["ignored"], len(found["rejected"])) == (0, 1, 1)
    assert _likes(api) == 0
    assert 'recsys_events_total{outcome="ignored"} 1.0' in api.get("/metrics").text


def test_a_backend_names_the_agents_of_its_readers_and_they_are_not_stored(api: Client) -> None:
    events = [_event(user_agent="GPTBot/1.2"), _event(user_agent=READER["user-agent"])]
    assert api.post("/v1/events", json=events).json() == {
        "accepted": 1,
        "duplicates": 0,
        "rejected": [],
        "ignored": 1,
    }
    stored = api.service.live.store.log.read(0, 100)[-1].events
    assert [event.user_agent for event in stored] == [None]
    assert _likes(api) == 1


@pytest.mark.parametrize("field", ["source", "user_agent"])
def test_a_browser_can_not_say_where_it_comes_from(api: Client, field: str) -> None:
    found = api.post("/v1/events", json=_event(**{field: "anything"}), headers=READER).json()
    assert found["rejected"][0]["field"] == field
    assert api.post("/v1/events", json=_event(**{field: "anything"})).json()["accepted"] == 1
