"""Two servers, as on two machines, on one PostgreSQL: what one is told, the other does. Versions are in a folder that
they share, or in a bucket.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recsys.home import Home
from recsys.store.postgres_move import move_store
from tests.serving.fleet import move_to_fleet
from tests.serving.process import ask, server

pytestmark = pytest.mark.slow

SOON = 1.0
FETCHED = 10.0  # a new model, from a bucket, on a busy machine
AT = "2026-03-10T11:00:00Z"


def _soon(url: str, seen: Callable[[int, Any], bool]) -> float:
    """Seconds until an answer is so."""
    began = time.monotonic()
    while not seen(*ask(url)):
        assert time.monotonic() - began < SOON + 10.0
        time.sleep(0.01)
    return time.monotonic() - began


@pytest.fixture(params=["folder", "bucket"])
def homes(
    request: pytest.FixtureRequest, home: Home, postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """The homes of two servers of one site."""
    if request.param == "bucket":
        move_to_fleet(home, postgres, request.getfixturevalue("bucket"), monkeypatch)
        return tmp_path / "one", tmp_path / "two"
    move_store(home.store, postgres, lambda *_: None)
    monkeypatch.setenv("RECSYS_STORE", postgres)
    return home.root, home.root


def test_what_is_said_to_one_server_holds_on_the_other_within_a_second(homes: tuple[Path, Path]) -> None:
    with server(homes[0]) as (one, _), server(homes[1]) as (two, _):
        for here, there, number in ((one, two, 4), (two, one, 7)):
            gone, ranked = f"council-{number}", "/v1/ranking?limit=100"
            article = f"/v1/articles/{gone}"
            like = {"id": f"like-{number}", "type": "like", "article_id": gone, "visitor_id": "v", "at": AT}
            assert ask(f"{here}/v1/events", like)[1]["accepted"] == 1
            assert _soon(f"{there}{article}/stats", lambda _, found: found["likes"] == 1) < SOON
            assert ask(f"{there}/v1/events", like)[1]["duplicates"] == 1
            assert ask(f"{there}{article}/stats")[1]["likes"] == 1

            own = f"/v1/recommendations?visitor_id=reader-{number}"
            assert any("fill" not in item for item in ask(there + own)[1]["items"])
            assert ask(f"{here}/v1/visitors/reader-{number}", method="DELETE")[1]["events"] == 6
            assert _soon(there + own, lambda _, found: all("fill" in item for item in found["items"])) < SOON

            pinned = f"football-{number}"
            rule = {"rules": [{"kind": "pin", "articles": {"ids": [pinned]}, "lists": ["ranking"]}]}
            assert ask(f"{here}/v1/rules", rule, "PUT", {"if-match": "*"})[0] == 200
            assert _soon(there + ranked, lambda _, found, p=pinned: found["items"][0]["id"] == p) < SOON
            assert ask(f"{there}/v1/rules", rule, "PUT", {"if-match": '"0"'})[0] == 412

            assert ask(here + article, method="DELETE")[0] == 204
            assert _soon(there + article, lambda status, _: status == 404) < SOON
            listed = _soon(there + ranked, lambda _, found, g=gone: all(item["id"] != g for item in found["items"]))
            assert listed < SOON
            back = {"id": gone, "title": "It is back", "published_at": AT}
            assert ask(there + article, back, "PUT")[0] in (200, 201)
            assert _soon(here + article, lambda status, found: status == 200 and found["title"] == "It is back") < SOON
        models = ask(f"{one}/v1/models")[1]
        (other,) = {model["version"] for model in models["models"]} - {models["active"]}
        assert ask(f"{one}/v1/models/{other}/activate", method="POST")[0] == 200
        fetched = FETCHED if homes[0] != homes[1] else SOON
        assert _soon(two + "/v1/ranking", lambda _, found: found["model"] == other) < fetched
