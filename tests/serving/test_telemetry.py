"""Metrics: what an operator reads is what happened, in every worker, and tells nothing of readers."""

import json
import logging
from typing import Any

import pytest

from recsys.times import parse_time
from serving.app import App
from serving.logs import JsonLines
from serving.service import Service
from serving.site import ServiceSource
from serving.telemetry import ELSEWHERE, PAGES, Telemetry, new_counts
from serving.web.dashboard import dashboard_routes
from serving.web.sessions import new_secret
from serving.web.site import site_routes
from tests.serving.client import Client
from tests.serving.conftest import NOW


def _values(text: str) -> dict[str, float]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_workers_are_counted_together_and_told_apart() -> None:
    counts = new_counts(2)
    first, second = Telemetry(counts, 0), Telemetry(counts, 1)
    for telemetry, seconds in ((first, 0.002), (second, 0.3), (second, 99.0)):
        telemetry.answered("/v1/ranking", 200, seconds)
    first.beat(log_lag=3, beat=1.0)
    second.beat(log_lag=0, beat=2.0)
    found = _values(second.exposition().decode())
    assert found == _values(first.exposition().decode())
    assert found['recsys_requests_total{route="/v1/ranking",status="200"}'] == 3
    assert found['recsys_request_seconds_count{route="/v1/ranking"}'] == 3
    assert found['recsys_request_seconds_bucket{le="0.0025",route="/v1/ranking"}'] == 1
    assert found['recsys_request_seconds_bucket{le="1.0",route="/v1/ranking"}'] == 2
    assert found['recsys_request_seconds_bucket{le="+Inf",route="/v1/ranking"}'] == 3
    assert found['recsys_request_seconds_sum{route="/v1/ranking"}'] == pytest.approx(99.302)
    assert [found[f'recsys_log_lag{{worker="{worker}"}}'] for worker in (0, 1)] == [3, 0]


def test_an_unknown_route_or_status_makes_no_new_series() -> None:
    telemetry = Telemetry()
    telemetry.answered("/articles/{article_id:path}", 299, 0.1)
    assert f'recsys_requests_total{{route="{PAGES}",status="other"}} 1.0' in telemetry.exposition().decode()


def test_pages_are_counted_as_pages_and_what_is_nowhere_as_elsewhere(service: Service) -> None:
    source = ServiceSource(service)
    routes = [*dashboard_routes(service, new_secret()), *site_routes(lambda: source, service.settings)]
    with Client(service, App(service, routes)) as api:
        pages = ("/", "/articles/council-4", "/search?q=bridge", "/dashboard", "/docs", "/openapi.json", "/widget.js")
        for path in pages:
            assert api.get(path).status_code == 200
        assert api.get("/articles/nope").status_code == 404
        for path in ("/nothing", "/nothing/at/all"):
            assert api.get(path).status_code == 404
        found = _values(api.get("/metrics").text)
    counted = {name: value for name, value in found.items() if name.startswith("recsys_requests_total")}
    assert counted == {
        f'recsys_requests_total{{route="{PAGES}",status="200"}}': len(pages),
        f'recsys_requests_total{{route="{PAGES}",status="404"}}': 1,
        f'recsys_requests_total{{route="{ELSEWHERE}",status="404"}}': 2,
    }


def test_lists_and_fills_are_counted_each_time_they_are_given(api: Client) -> None:
    for _ in range(2):
        assert len(api.get("/v1/articles/council-4/related?limit=3").json()["items"]) == 3
    related = api.get("/v1/articles/council-4/related?limit=30").json()["items"]
    fills = sum("fill" in item for item in related)
    api.get("/v1/recommendations?visitor_id=nobody-known")
    found = _values(api.get("/metrics").text)
    assert found['recsys_lists_total{list="related",made="matches"}'] == 2
    assert found['recsys_lists_total{list="related",made="partly_filled"}'] == 1
    assert found['recsys_lists_total{list="recommendation",made="filled"}'] == 1
    assert found['recsys_items_total{kind="fill",list="related"}'] == fills
    assert found['recsys_items_total{kind="match",list="related"}'] == 6 + len(related) - fills


def test_what_the_operator_watches_is_there(api: Client) -> None:
    event = {"type": "view", "article_id": "council-4", "at": "2026-03-10T11:59:00Z"}
    api.post("/v1/events", json=event)
    found = _values(api.get("/metrics").text)
    assert found['recsys_model_as_of_seconds{worker="0"}'] == NOW / 1_000_000
    assert found['recsys_articles{worker="0"}'] > 40
    assert found["recsys_store_bytes"] > 10_000
    assert found["recsys_event_delay_seconds_sum"] == (NOW - parse_time("2026-03-10T11:59:00Z")) / 1_000_000
    assert found["recsys_refused_bundles_total"] == 0


def test_a_log_line_has_the_id_of_its_answer_and_nothing_of_the_reader(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "serving.app")
    secret = "visitor-4711"
    with Client(service, App(service, access_log=True)) as api:
        ids = [
            api.get(path, headers={"user-agent": secret}).headers["x-request-id"]
            for path in (f"/v1/recommendations?visitor_id={secret}", f"/v1/visitors/{secret}", "/livez")
        ]
    lines: list[dict[str, Any]] = [
        json.loads(JsonLines().format(record)) for record in caplog.records if record.name == "serving.app"
    ]
    assert [line["request_id"] for line in lines] == ids
    assert len(set(ids)) == 3
    assert [line["route"] for line in lines] == ["/v1/recommendations", "/v1/visitors/{visitor_id}", "/livez"]
    assert all(line["status"] == 200 and line["ms"] >= 0 and line["level"] == "info" for line in lines)
    assert secret not in json.dumps(lines)
