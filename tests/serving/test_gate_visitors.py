"""Of which visitors a page may ask and tell, where a server has keys."""

from typing import Any

import pytest

from tests.serving.keyed import VISITOR, Keyed, keyed

__all__ = ["keyed"]


@pytest.mark.parametrize("visitor_id", ["7", "reader-1", "somebody%40example.org", "0" * 32])
def test_a_page_asks_about_no_visitor_whose_id_can_be_guessed(keyed: Keyed, visitor_id: str) -> None:
    for path in ("/v1/recommendations", "/v1/articles/harbour-1/page"):
        for query in (f"visitor_id={visitor_id}", f"limit=3&visitor%5fid={visitor_id}" if "rec" in path else ""):
            if query:
                answer = keyed.ask("GET", f"{path}?{query}", keyed.tokens["publishable"])
                assert answer.status_code == 422
                assert answer.json()["errors"][0]["field"] == "visitor_id"
        assert keyed.ask("GET", f"{path}?visitor_id={VISITOR}", keyed.tokens["publishable"]).status_code == 200
        assert keyed.ask("GET", f"{path}?visitor_id={visitor_id}", keyed.tokens["secret"]).status_code == 200


def test_a_page_sends_no_event_of_a_visitor_whose_id_can_be_guessed(keyed: Keyed) -> None:
    event = {"type": "like", "article_id": "council-4", "at": "2026-03-10T11:59:00Z"}
    events = [event | {"visitor_id": VISITOR}, event | {"visitor_id": "reader-1"}, event]

    def send(token: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}", "user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
        found: dict[str, Any] = keyed.api.post("/v1/events", json=events, headers=headers).json()
        return found

    public = send(keyed.tokens["publishable"])
    assert public["accepted"] == 1
    assert [(fault["index"], fault["field"]) for fault in public["rejected"]] == [(1, "visitor_id"), (2, "visitor_id")]
    assert send(keyed.tokens["secret"])["accepted"] == 3
