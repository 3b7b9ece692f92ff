"""The dashboard: every page answers twice."""

import re
from urllib.parse import quote

import msgspec
import pytest

from recsys.home import Home
from recsys.settings import Settings
from serving.run import open_service
from tests.serving.conftest import NOW
from tests.serving.web.asking import PAGES, client_of, post, token_on


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_as_html_and_as_json(dashboard, path):
    page = dashboard.get(path)
    assert page.status_code == 200
    assert "<h1>" in page.text
    found = dashboard.get(f"{path}.json")
    assert found.headers["content-type"] == "application/json"
    assert isinstance(found.json(), dict)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_nothing_inline(dashboard, path):
    page = dashboard.get(path)
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text)
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert len(page.content) < 150_000


def test_the_overview_counts_what_there_is(dashboard):
    found = dashboard.get("/dashboard.json").json()
    assert found["articles"] == {"known": 42, "shown": 39, "deleted": 0}
    assert found["events"]["in_model"] == 180
    assert found["daily"]["types"] == ["view"]
    assert sum(day["view"] for day in found["daily"]["days"]) == 180
    for share in found["fill"]["lists"].values():
        assert sum(share.values()) == pytest.approx(1.0, abs=1e-3)


def test_events_that_come_are_counted_at_the_next_look(dashboard):
    before = dashboard.get("/dashboard.json").json()["daily"]["days"][-1]["view"]
    event = {"type": "view", "article_id": "harbour-3", "at": "2026-03-10T11:59:00Z"}
    assert dashboard.post("/v1/events", json=event).status_code == 202
    assert dashboard.get("/dashboard.json").json()["daily"]["days"][-1]["view"] == before + 1


def test_the_explorer_shows_the_lists_of_the_api_with_shares_that_sum_to_all(dashboard):
    told = dashboard.get("/dashboard/explorer.json?article=harbour-3").json()["found"]
    page = dashboard.get("/v1/articles/harbour-3/page").json()
    for name, items in told["lists"].items():
        assert [item["id"] for item in items] == [item["id"] for item in page[name]["items"]]
        for item in items:
            if not item.get("fill"):
                assert sum(reason["share"] for reason in item["reasons"]) == pytest.approx(1.0, abs=1e-3)
                assert sum(reason["weight"] for reason in item["reasons"]) == pytest.approx(item["score"])


def test_the_explorer_says_why_an_article_is_not_in_a_list(dashboard):
    page = dashboard.get("/dashboard/explorer?article=harbour-3&why_not=football-1")
    told = dashboard.get("/dashboard/explorer.json?article=harbour-3&why_not=football-1").json()["absence"]
    assert told["verdict"] in ("nothing_shared", "too_far", "below_floor", "outscored")
    assert told["why"].split(".")[0] in page.text
    unknown = dashboard.get("/dashboard/explorer.json?article=harbour-3&why_not=nothing").json()["absence"]
    assert unknown["verdict"] == "unknown"


def test_the_explorer_takes_words_of_a_title_or_an_address_in_place_of_an_id(dashboard):
    by_id = dashboard.get("/dashboard/explorer.json?article=harbour-3").json()["found"]
    address = quote("https://example.org/harbour/3")
    by_address = dashboard.get(f"/dashboard/explorer.json?article={address}").json()
    assert by_address["article_id"] == "harbour-3"
    assert by_address["found"] == by_id

    page = dashboard.get("/dashboard/explorer?article=number+3&history=council-1")
    assert 'href="?history=council-1&amp;article=council-3"' in page.text
    told = dashboard.get("/dashboard/explorer.json?article=number+3").json()
    assert [match["id"] for match in told["matches"]][:3] == ["harbour-3", "council-3", "football-3"]
    assert told["found"] is None

    page = dashboard.get("/dashboard/explorer?article=harbour-3&why_not=number+4")
    assert 'href="?article=harbour-3&amp;why_not=football-4"' in page.text
    assert 'class="verdict"' not in page.text


@pytest.mark.parametrize("path", ["explorer?article=nowhere", "compare?article=nowhere", "imports?report=../store.db"])
def test_what_is_not_there_is_a_404_that_says_so(dashboard, path):
    page = dashboard.get(f"/dashboard/{path}")
    assert page.status_code == 404
    assert "There is no such" in page.text


def test_a_version_is_activated_and_rolled_back(dashboard, versions):
    active, other = versions
    page = dashboard.get("/dashboard/versions")
    assert active in page.text
    assert other in page.text
    assert post(dashboard, "/dashboard/versions", token=token_on(page), version=other).status_code == 303
    assert dashboard.get("/v1/models").json()["active"] == other
    again = dashboard.get("/dashboard/versions.json").json()
    assert again["active"] == other
    assert again["before"] == active
    assert f"Roll back to {active}" in dashboard.get("/dashboard/versions").text
    assert post(dashboard, "/dashboard/versions", token=token_on(page), version=active).status_code == 303
    assert dashboard.get("/v1/models").json()["active"] == active


@pytest.mark.parametrize("version", ["", "none", "../../etc", "a" * 80])
def test_no_other_version_can_be_activated(dashboard, version):
    token = token_on(dashboard.get("/dashboard/versions"))
    assert post(dashboard, "/dashboard/versions", token=token, version=version).status_code == 404


@pytest.mark.parametrize(
    ("questions", "told"), [(3, "3 lists; so few tell nothing"), (20, "20 lists; the line is the")]
)
def test_figures_of_few_lists_are_told_as_such(dashboard, monkeypatch, questions, told):
    """An interval over three lists looks sharp and is chance."""
    from serving.web import dashboard as module

    figure = {"model": "ours", "value": 0.5, "low": 0.4, "high": 0.6}
    measured = {"list": "ranking", "metric": "ndcg@8", "asks": "a", "protocol": "p", "questions": questions}
    kept = module.kept_versions

    async def evaluated(service):
        found = await kept(service)
        measures = [measured | {"ours": figure, "figures": [figure]}]
        return found | {"versions": [version | {"evaluation": measures} for version in found["versions"]]}

    monkeypatch.setattr(module, "kept_versions", evaluated)
    page = dashboard.get("/dashboard/versions").text
    assert told in page
    assert (f"({questions} lists only)" in page) == (questions < 20)


def test_two_versions_stand_side_by_side(dashboard, versions):
    active, other = versions
    told = dashboard.get(f"/dashboard/compare.json?article=harbour-3&a={other}&b={active}").json()["compared"]
    assert told["versions"] == [other, active]
    for name, found in told["lists"].items():
        places = [item["after"] for item in found["items"] if item["after"] is not None]
        assert places == list(range(1, len(places) + 1))
        assert found["overlap"] + found["came"] == len(places), name
    # What came since both were trained stands in both.
    record = {"id": "late", "title": "Quay crane harbour ship tide", "published_at": "2026-03-10T11:00:00Z"}
    dashboard.put("/v1/articles/late", json=record)
    again = dashboard.get(f"/dashboard/compare.json?article=late&a={other}&b={active}").json()["compared"]
    assert again["lists"]["related"]["overlap"] > 0


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_home_says_on_every_page_what_to_do_next(tmp_path, path):
    service = open_service(Home(tmp_path), Settings(), lambda: NOW)
    with client_of(service) as client:
        page = client.get(path)
    assert page.status_code == 200
    assert "recsys " in page.text or path == "/dashboard/rules"


def test_with_articles_and_no_model_the_next_step_is_to_train(tmp_path):
    service = open_service(Home(tmp_path), Settings(), lambda: NOW)
    with client_of(service) as client:
        client.put("/v1/articles/one", json={"id": "one", "title": "One", "published_at": "2026-03-01T00:00:00Z"})
        told = [step["run"] for step in client.get("/dashboard.json").json()["next"]]
        assert told == ["recsys import --articles articles.jsonl", "recsys import access.log", "recsys train"]
        assert client.get("/dashboard/explorer?article=one").status_code == 200
        assert client.get("/dashboard/compare?article=one").status_code == 200
        assert client.get("/dashboard/ranking").status_code == 200


def test_reports_of_imports_are_shown_row_by_row(dashboard, home):
    home.reports.mkdir()
    row = {"file": "a.jsonl", "line": 7, "field": "title", "reason": "is missing <b>"}
    name = "import-2026-03-10T120000Z.jsonl"
    (home.reports / name).write_bytes(msgspec.json.encode(row) + b"\n")
    (home.reports / "other.html").write_text("x")
    assert dashboard.get("/dashboard/imports.json").json()["imports"] == [{"report": name, "bad_rows": 1}]
    page = dashboard.get(f"/dashboard/imports?report={quote(name)}")
    assert "is missing &lt;b&gt;" in page.text
    assert dashboard.get(f"/dashboard/imports.json?report={quote(name)}").json()["report"]["rows"] == [row]
