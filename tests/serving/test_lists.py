"""The list routes: what stands in a list, what may be asked, and what an answer says of itself."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from serving.app import App
from serving.service import Service
from tests.serving.client import Client

LISTS = [
    "/v1/articles/harbour-1/related",
    "/v1/ranking",
    "/v1/recommendations",
    "/v1/recommendations?visitor_id=reader-3",
    "/v1/recommendations?history=harbour-1,council-2",
]
HIDDEN = {"embargoed", "expired", "unlisted"}


def _ids(answer: dict[str, Any]) -> list[str]:
    return [item["id"] for item in answer["items"]]


@pytest.fixture(scope="module")
def api(shared_api: Client) -> Client:
    """One server: it is only asked."""
    return shared_api


@pytest.mark.parametrize("path", LISTS)
def test_a_list_says_what_the_contract_names(api: Client, path: str) -> None:
    answer = api.get(path).json()
    assert set(answer) - {"article_id"} == {"list", "model", "request_id", "items"}
    assert len(answer["items"]) == (10 if "related" in path else 8)
    for item in answer["items"]:
        assert {"id", "title", "url", "section", "published_at", "score", "reasons"} <= set(item)
        assert sum(reason["weight"] for reason in item["reasons"]) == pytest.approx(item["score"], abs=1e-6)


@pytest.mark.parametrize("path", LISTS)
def test_no_list_holds_what_must_not_be_shown(api: Client, path: str) -> None:
    joined = "&" if "?" in path else "?"
    assert not HIDDEN & set(_ids(api.get(f"{path}{joined}limit=100&min_score=0").json()))


def test_related_articles_come_from_the_same_topic(api: Client) -> None:
    matches = [item for item in api.get("/v1/articles/council-4/related?limit=5").json()["items"] if "fill" not in item]
    assert matches
    assert all(item["id"].startswith("council") for item in matches)


def test_an_id_with_a_slash_is_one_segment(api: Client) -> None:
    answer = api.get(f"/v1/articles/{quote('with/slash é', safe='')}/related")
    assert answer.status_code == 200
    assert answer.json()["article_id"] == "with/slash é"
    assert api.get("/v1/articles/with/slash%20%C3%A9/related").status_code == 404


@pytest.mark.parametrize("article_id", ["nowhere", "embargoed", "expired"])
@pytest.mark.parametrize("last", ["related", "page", "stats", ""])
def test_unknown_embargoed_and_expired_articles_give_the_same_404(api: Client, article_id: str, last: str) -> None:
    refused = api.get(f"/v1/articles/{article_id}/{last}".rstrip("/"))
    assert refused.status_code == 404
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {"title": "Not Found", "status": 404, "detail": "There is no such article."}


def test_filters_act_before_the_cut(api: Client) -> None:
    everything = _ids(api.get("/v1/ranking?limit=100&section=Council").json())
    assert len(everything) == 12
    assert all(article_id.startswith("council") for article_id in everything)
    assert _ids(api.get("/v1/ranking?limit=3&tag=football").json())[0].startswith("football")


def test_excluded_articles_are_replaced_by_others(api: Client) -> None:
    first = _ids(api.get("/v1/ranking").json())
    left_out = ",".join(first[:3])
    second = _ids(api.get(f"/v1/ranking?exclude={left_out},nowhere").json())
    assert len(second) == 8
    assert not set(first[:3]) & set(second)


def test_without_fill_a_list_stays_short(api: Client) -> None:
    path = "/v1/articles/harbour-1/related?limit=100&min_score=0.9"
    assert any("fill" in item for item in api.get(path).json()["items"])
    assert all("fill" not in item for item in api.get(f"{path}&fill=none").json()["items"])


def test_fill_scores_nothing_and_follows_all_matches(api: Client) -> None:
    items = api.get("/v1/articles/harbour-1/related?limit=30").json()["items"]
    marks = ["fill" in item for item in items]
    assert marks == sorted(marks)
    assert all(item["score"] == 0 and len(item["reasons"]) == 1 for item in items if "fill" in item)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=",
        "limit=" + "9" * 5_000,
        "limit=1&limit=2",
        "nonsense=1",
        "window=year",
        "fill=maybe",
        "min_score=nan",
        "min_score=inf",
        "min_score=-1",
        "max_age=soon",
        "max_age=1y",
        "language=english%20",
        "section=",
        "tag=" + "x" * 301,
        "exclude=a,,b",
        "exclude=a%5Cb",
        "exclude=%00",
    ],
)
def test_a_parameter_that_is_not_understood_is_refused(api: Client, query: str) -> None:
    refused = api.get(f"/v1/ranking?{query}")
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_query_that_is_no_utf8_is_refused(api: Client) -> None:
    assert api.get("/v1/ranking?section=%ff").status_code == 400
    assert api.get("/v1/articles/%ff/related").status_code == 400


def test_an_answer_does_not_repeat_what_was_sent(api: Client) -> None:
    marker = "zq9zq9"
    for path in (
        f"/v1/ranking?{marker}=1",
        f"/v1/ranking?limit={marker}",
        f"/v1/ranking?max_age={marker}",
        f"/v1/ranking?window={marker}",
        f"/v1/articles/{marker}/related",
        f"/v1/{marker}",
        f"/v1/articles/%00{marker}/page",
    ):
        refused = api.get(path)
        assert 400 <= refused.status_code < 500
        assert marker not in refused.text


def test_visitor_and_history_exclude_each_other(api: Client) -> None:
    assert api.get("/v1/recommendations?visitor_id=a&history=b").status_code == 422


def test_somebody_unknown_gets_a_marked_ranking(api: Client) -> None:
    items = api.get("/v1/recommendations?visitor_id=nobody-knows-me").json()["items"]
    assert len(items) == 8
    assert all(item["fill"] for item in items)


def test_what_was_read_is_not_recommended(api: Client) -> None:
    recommended = _ids(api.get("/v1/recommendations?history=harbour-1,council-2&article_id=football-3").json())
    assert not {"harbour-1", "council-2", "football-3"} & set(recommended)


def test_nothing_stands_twice_on_a_page(api: Client) -> None:
    page = api.get("/v1/articles/harbour-1/page").json()
    assert list(page) == ["article_id", "model", "request_id", "related", "ranking", "recommendation"]
    ids = [article_id for name in ("related", "ranking", "recommendation") for article_id in _ids(page[name])]
    assert len(ids) == len(set(ids)) == 26
    assert "harbour-1" not in ids


def test_the_page_of_a_tragedy_shows_related_articles_only(api: Client) -> None:
    page = api.get("/v1/articles/sensitive/page").json()
    assert page["ranking"]["items"] == page["recommendation"]["items"] == []
    assert all("fill" not in item for item in page["related"]["items"])


def test_equal_questions_share_their_request_id_and_other_ones_do_not(api: Client) -> None:
    paths = ["/v1/ranking", "/v1/ranking?limit=8", "/v1/ranking?limit=7", "/v1/ranking?exclude=nowhere"]
    found = [api.get(path).json()["request_id"] for path in paths]
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_a_copy_that_still_holds_is_not_sent_again(api: Client) -> None:
    first = api.get("/v1/articles/harbour-1/related")
    assert first.headers["etag"] == f'"{first.json()["request_id"]}"'
    assert first.headers["cache-control"] == "no-cache"
    for condition in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = api.get("/v1/articles/harbour-1/related", headers={"if-none-match": condition})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == first.headers["etag"]
    assert api.get("/v1/articles/harbour-1/related", headers={"if-none-match": '"x"'}).status_code == 200


def test_what_is_meant_for_one_reader_is_kept_by_no_shared_cache(api: Client) -> None:
    assert api.get("/v1/recommendations?visitor_id=a").headers["cache-control"] == "private, no-cache"
    assert api.get("/v1/articles/harbour-1/page?history=council-1").headers["cache-control"] == "private, no-cache"
    assert api.get("/v1/articles/harbour-1/page").headers["cache-control"] == "no-cache"


def test_a_draft_gets_its_neighbours(api: Client) -> None:
    draft = {"title": "Harbour and crane", "body": "quay crane harbour ship tide pilot", "tags": ["harbour"]}
    answer = api.post("/v1/related?limit=3", json=draft).json()
    assert len(answer["items"]) == 3
    assert all(article_id.startswith("harbour") or "/" in article_id for article_id in _ids(answer))
    assert "article_id" not in answer


@pytest.mark.parametrize("draft", [{}, {"title": 1}, {"title": "x", "id": "y"}, [], "x", {"title": "x", "tags": "y"}])
def test_a_draft_that_is_none_is_refused(api: Client, draft: object) -> None:
    assert api.post("/v1/related", json=draft).status_code == 422


def test_the_fast_path_answers_as_fastapi_does(service: Service) -> None:
    """`serving.fast` and FastAPI decide alike: same status, same bytes, same headers."""
    app = App(service)
    app._lists.asked = lambda scope: None  # type: ignore[method-assign]
    paths = [
        *LISTS,
        "/v1/articles/with%2Fslash%20%C3%A9/page?fill=none",
        "/v1/articles/nowhere/related",
        "/v1/articles/%ff/related",
        "/v1/articles/%00/page",
        "/v1/ranking?section=%ff",
        "/v1/ranking?limit=1&limit=2",
        "/v1/ranking?limit=0&window=x&nonsense=1",
        "/v1/ranking?section=News+&tag=a%26b",
        "/v1/ranking?limit=007",
        "/v1/recommendations?visitor_id=a&history=b",
        "/v1/articles/harbour-1/related/",
        "/v1/articles//related",
    ]
    with Client(service) as fast:
        plain = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
        for path in paths:
            one, other = fast.get(path), fast.wait_for(plain.get(path))
            assert (one.status_code, one.content) == (other.status_code, other.content), path
            assert dict(one.headers) == dict(other.headers), path
