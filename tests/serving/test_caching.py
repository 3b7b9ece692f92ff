"""What caches are told: which articles an answer shows, and how long it may stand in for a server that fails."""

import dataclasses

import pytest

from recsys.settings import Settings
from serving.caching import ALL, TAGS_BYTES, cache_control, cache_tags
from serving.service import Service
from tests.serving.client import Client


def test_an_answer_names_every_article_that_it_shows(api: Client) -> None:
    answer = api.get("/v1/articles/council-4/page")
    tags = answer.headers["cache-tag"].split(",")
    shown = [item["id"] for name in ("related", "ranking", "recommendation") for item in answer.json()[name]["items"]]
    assert set(tags) == {"council-4", *shown}
    held = api.get("/v1/articles/council-4/page", headers={"if-none-match": answer.headers["etag"]})
    assert (held.status_code, held.headers["cache-tag"]) == (304, answer.headers["cache-tag"])
    assert "cache-tag" not in api.get("/v1/articles/council-4/page?history=council-5").headers


def test_tags_are_bounded_and_then_stand_for_all() -> None:
    assert cache_tags(["a/b, c", "a/b, c", "é"]) == b"a%2Fb%2C%20c,%C3%A9"
    long = cache_tags(f"{number}-{'x' * 500}" for number in range(100))
    assert len(long) <= TAGS_BYTES
    assert long.endswith(b"," + ALL.encode())
    assert max(map(len, long.split(b","))) == 64


@pytest.mark.parametrize(
    ("seconds", "personal", "control"),
    [
        (0, False, b"no-cache"),
        (0, True, b"private, no-cache"),
        (60, False, b"max-age=60, stale-if-error=3600"),
        (60, True, b"private, max-age=60, stale-if-error=3600"),
    ],
)
def test_a_stale_copy_may_stand_in_only_where_copies_may_be_kept_at_all(
    seconds: int, personal: bool, control: bytes
) -> None:
    assert cache_control(seconds, personal=personal) == control


def test_the_setting_reaches_the_answers(service: Service) -> None:
    with Client(dataclasses.replace(service, settings=Settings(cache_seconds=30))) as api:
        assert api.get("/v1/ranking").headers["cache-control"] == "max-age=30, stale-if-error=3600"
