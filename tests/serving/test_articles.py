"""Articles through the API: in the lists when the PUT is answered, nowhere when the DELETE is."""

import json
from typing import Any
from urllib.parse import quote

import pytest

from recsys.home import Home
from recsys.record import wire_json
from recsys.settings import Settings
from recsys.times import DAY, format_time
from serving.run import open_service
from tests.serving.client import Client
from tests.serving.conftest import NOW, PER_TOPIC, TOPICS, article

IDS = [f"{topic}-{number}" for topic in TOPICS for number in range(PER_TOPIC)]


def _new(**fields: Any) -> dict[str, Any]:
    """Of the same subject as council-0, in words of its own, from an hour ago."""
    wire: dict[str, Any] = json.loads(wire_json(article("council", 4)))
    wire |= {"id": "new/one é", "title": "Council and budget anew", "published_at": format_time(NOW - DAY // 24)}
    wire |= {
        "body": "A mayor asks for money: the budget vote of the council, committee1 and agenda1, in the town hall."
    }
    return wire | fields


def _path(article_id: str, last: str = "") -> str:
    return f"/v1/articles/{quote(article_id, safe='')}{last}"


def _ids(api: Client, path: str) -> list[str]:
    return [item["id"] for item in api.get(path).json()["items"]]


def _matches(api: Client, path: str) -> list[str]:
    return [item["id"] for item in api.get(path).json()["items"] if "fill" not in item]


def test_a_new_article_is_related_both_ways_when_the_put_is_answered(api: Client) -> None:
    put = api.put(_path("new/one é"), json=_new())
    assert (put.status_code, put.json()) == (201, {"added": 1, "updated": 0, "unchanged": 0, "rejected": []})
    assert "council-0" in _matches(api, _path("new/one é", "/related"))
    assert "new/one é" in _matches(api, _path("council-0", "/related"))


def test_what_was_put_is_there_after_a_restart(home: Home, api: Client) -> None:
    api.put(_path("new/one é"), json=_new())
    before = api.get(_path("council-4", "/related")).content
    with Client(open_service(home, Settings(), lambda: NOW)) as restarted:
        assert restarted.get(_path("council-4", "/related")).content == before


def test_a_put_changes_title_and_etag_of_the_lists_that_show_it(api: Client) -> None:
    before = api.get(_path("council-4", "/related"))
    shown = before.json()["items"][0]["id"]
    record = api.get(_path(shown)).json()
    put = api.put(_path(shown), json=record | {"title": "Quite another title"})
    assert (put.status_code, put.json()["updated"]) == (200, 1)
    after = api.get(_path("council-4", "/related"))
    titles = {item["id"]: item["title"] for item in after.json()["items"]}
    assert titles.get(shown, "Quite another title") == "Quite another title"
    assert before.headers["etag"] != after.headers["etag"]


def test_putting_the_same_again_changes_nothing(api: Client) -> None:
    api.put(_path("new/one é"), json=_new())
    assert api.put(_path("new/one é"), json=_new()).json()["unchanged"] == 1


def test_a_deleted_article_is_nowhere_when_the_delete_is_answered(api: Client) -> None:
    gone = _ids(api, _path("harbour-1", "/related"))[0]
    _ids(api, "/v1/ranking?limit=100")
    assert api.delete(_path(gone)).status_code == 204
    for article_id in IDS:
        if article_id != gone:
            page = api.get(_path(article_id, "/page")).json()
            assert gone not in json.dumps([page[name]["items"] for name in ("related", "ranking", "recommendation")])
    assert gone not in _ids(api, "/v1/ranking?limit=100")
    for last in ("", "/stats", "/related", "/page"):
        assert api.get(_path(gone, last)).status_code == 404
    assert api.delete(_path(gone)).status_code == 404


def test_a_put_brings_a_deleted_article_back_with_its_counts(api: Client) -> None:
    record = api.get(_path("harbour-2")).json()
    counts = api.get(_path("harbour-2", "/stats")).json()
    assert counts["views"] > 0
    api.delete(_path("harbour-2"))
    assert api.put(_path("harbour-2"), json=record).status_code < 300
    assert api.get(_path("harbour-2", "/stats")).json() == counts


def test_an_article_reads_as_it_was_put(api: Client) -> None:
    wire = _new(section=["News", "Council"], labels=["paid"], authors=["A. Writer"], views=7, evergreen=True)
    api.put(_path("new/one é"), json=wire)
    assert api.get(_path("new/one é")).json() == wire


def test_totals_count_from_the_record_and_views_add_to_them(api: Client) -> None:
    assert api.get(_path("with-totals", "/stats")).json() == {"article_id": "with-totals", "views": 1_000, "likes": 50}


def test_an_article_published_later_is_not_shown_before(api: Client) -> None:
    later = _new(published_at=format_time(NOW + DAY))
    assert api.put(_path("new/one é"), json=later).status_code == 201
    assert api.get(_path("new/one é")).status_code == 404
    assert "new/one é" not in _ids(api, "/v1/ranking?limit=100")


def test_unlisted_articles_are_read_and_in_no_list(api: Client) -> None:
    api.put(_path("new/one é"), json=_new(labels=["unlisted"]))
    assert api.get(_path("new/one é")).status_code == 200
    assert "new/one é" not in _ids(api, _path("council-4", "/related?limit=100&min_score=0"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": None}, "title"),
        ({"title": 7}, "title"),
        ({"published_at": "soon"}, "published_at"),
        ({"published_at": 1_700_000_000}, "published_at"),
        ({"views": -1}, "views"),
        ({"views": 1.5}, "views"),
        ({"tags": "one"}, "tags"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"id": "another"}, "id"),
        ({"section": [1]}, "section"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(api: Client, change: dict[str, Any], field: str) -> None:
    refused = api.put(_path("new/one é"), json=_new(**change))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
    assert api.get(_path("new/one é")).status_code == 404


def test_an_unknown_field_is_refused(api: Client) -> None:
    refused = api.put(_path("new/one é"), json=_new(zq9zq9=1))
    assert refused.status_code == 422
    assert "zq9zq9" not in refused.text


def test_of_many_articles_the_bad_ones_are_named_and_the_good_ones_stored(api: Client) -> None:
    many = [_new(id=f"bulk-{number}") for number in range(3)] + [_new(id="bulk-3", title=1)]
    answer = api.post("/v1/articles", json=many).json()
    assert (answer["added"], [fault["index"] for fault in answer["rejected"]]) == (3, [3])
    assert api.get(_path("bulk-2", "/related")).status_code == 200
    assert api.get(_path("bulk-3")).status_code == 404


def test_many_articles_may_come_one_per_line(api: Client) -> None:
    lines = b"\n".join(json.dumps(_new(id=f"bulk-{number}")).encode() for number in range(3))
    answer = api.post("/v1/articles", content=lines, headers={"content-type": "application/x-ndjson"})
    assert answer.json()["added"] == 3
