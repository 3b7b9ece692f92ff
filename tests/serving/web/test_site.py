"""The demo pages: every page answers, lists show what the API says, likes and history work without JavaScript."""

import re

import pytest

from recsys.record import Micros
from recsys.settings import Settings
from serving.app import App
from serving.run import open_service
from serving.site import ServiceSource
from serving.web.site import site_routes
from tests.serving.client import Client
from tests.serving.conftest import NOW, article

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}"


@pytest.fixture
def site(service):
    source = ServiceSource(service)
    with Client(service, App(service, site_routes(lambda: source, service.settings))) as client:
        yield client


def likes(page):
    return int(re.search(r'class="count" aria-live="polite">\((\d+)\)', page.text)[1])


def test_an_article_page_has_its_parts_and_full_lists(site):
    page = site.get("/articles/harbour-3")
    assert page.status_code == 200
    for part in ("Home", 'href="/section/News"', 'href="/section/Harbour"', "views</p>", "In:", "Like"):
        assert part in page.text
    lists = {name: page.text.count(f'data-list="{name}"') for name in ("related", "ranking", "recommendation")}
    assert lists == {"related": 10, "ranking": 8, "recommendation": 8}
    linked = re.findall(r'<a href="/articles/([^"]+)" data-list', page.text)
    assert len(linked) == len(set(linked))
    assert "harbour-3" not in linked


@pytest.mark.parametrize("path", ["/", "/section/Harbour", "/tag/football", "/articles/with%2Fslash%20%C3%A9"])
def test_every_kind_of_page_answers(site, path):
    page = site.get(path)
    assert page.status_code == 200
    assert "<title>" in page.text


@pytest.mark.parametrize(
    "path",
    ["/articles/nowhere", "/articles/embargoed", "/articles/expired", "/section/none", "/tag/none", "/articles/%ff"],
)
def test_what_is_not_to_be_seen_is_a_friendly_404(site, path):
    page = site.get(path)
    assert page.status_code == 404
    assert "There is no such page" in page.text


def test_a_like_without_javascript_counts_once_and_can_be_taken_back(site):
    first = site.get("/articles/harbour-3")
    before = likes(first)
    for value, expected in (("1", before + 1), ("1", before + 1), ("0", before)):
        answer = site.post("/articles/harbour-3/like", content=f"value={value}")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/articles/harbour-3"
        assert likes(site.get("/articles/harbour-3")) == expected


def test_the_script_gets_the_new_count_as_json(site):
    site.get("/articles/harbour-3")
    answer = site.post("/articles/harbour-3/like", content="value=1", headers={"accept": "application/json"})
    assert answer.json()["liked"] is True


@pytest.mark.parametrize("body", ["", "value=2", "value=1" * 100])
def test_a_malformed_like_changes_nothing(site, body):
    before = likes(site.get("/articles/harbour-3"))
    assert site.post("/articles/harbour-3/like", content=body).status_code == 404
    assert likes(site.get("/articles/harbour-3")) == before


def test_what_this_browser_read_changes_its_recommendations_and_can_be_forgotten(site):
    def recommended():
        page = site.get("/articles/council-2").text
        return re.findall(r'<a href="/articles/([^"]+)" data-list="recommendation"', page)

    fresh = recommended()
    for number in (1, 2, 3):
        site.get(f"/articles/football-{number}")
    assert recommended() != fresh
    assert not {"football-1", "football-2", "football-3"} & set(recommended())
    answer = site.get("/forget")
    assert all(
        "Max-Age=0" in cookie or "expires=" in cookie.lower() for cookie in answer.headers.get_list("set-cookie")
    )


@pytest.mark.parametrize("header", [{"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}])
def test_fetching_ahead_is_no_view(site, header):
    before = site.get("/v1/articles/harbour-3/stats").json()["views"]
    site.get("/articles/harbour-3", headers=header)
    assert site.get("/v1/articles/harbour-3/stats").json()["views"] == before
    site.get("/articles/harbour-3")
    assert site.get("/v1/articles/harbour-3/stats").json()["views"] == before + 1


def test_hostile_text_is_shown_as_text(site, elsewhere):
    hostile = article(
        "harbour", 3, id=HOSTILE, title=HOSTILE, tags=(HOSTILE,), authors=(HOSTILE,), body=f"<p>{HOSTILE}</p>"
    )
    elsewhere.catalogue.put([hostile], NOW, restore=True)
    site.service.live.catch_up()
    row = site.service.live.model.articles.row(HOSTILE)
    assert row is not None
    from urllib.parse import quote

    for path in ("/", f"/articles/{quote(HOSTILE, safe='')}", f"/tag/{quote(HOSTILE, safe='')}", "/section/Harbour"):
        page = site.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img src=x onerror" not in page.text
        assert ">49<" not in page.text


def test_the_front_page_leads_with_the_newest_in_the_main_language(site, elsewhere):
    """A page in another language has short lists: no good first article of an English site."""
    put = [
        article("harbour", 0, id=name, language=language, published_at=Micros(NOW - age))
        for name, language, age in (("late-en", "en", 2), ("later-de", "de", 1))
    ]
    elsewhere.catalogue.put(put, NOW, restore=True)
    site.service.live.catch_up()
    assert re.findall(r'class="teaser lead">.*?href="/articles/([^"]+)"', site.get("/").text, re.DOTALL) == ["late-en"]


def test_an_article_without_a_title_can_be_followed_and_read(site):
    from serving.web.rendering import named

    untitled = {
        "id": "untitled",
        "title": "",
        "body": "A note.",
        "section": "News",
        "published_at": "2026-03-10T11:00:00Z",
    }
    assert site.put("/v1/articles/untitled", json=untitled).status_code == 201
    assert re.search(r'href="/articles/untitled"[^>]*>Untitled</a>', site.get("/section/News").text)
    assert '<h1 dir="auto">Untitled</h1>' in site.get("/articles/untitled").text
    assert (named("  "), named(None), named("Tides")) == ("Untitled", "Untitled", "Tides")


def test_text_runs_in_its_own_direction(site):
    arabic = {
        "id": "ar",
        "title": "مكتبة",
        "body": "مكتبة متنقلة.",
        "section": "ثقافة",
        "published_at": "2026-03-10T11:00:00Z",
    }
    assert site.put("/v1/articles/ar", json=arabic).status_code == 201
    page = site.get("/articles/ar").text
    assert '<h1 dir="auto">مكتبة</h1>' in page
    assert '<div class="body" dir="auto">' in page


def test_a_sensitive_article_stands_alone(site):
    page = site.get("/articles/sensitive")
    assert 'data-list="ranking"' not in page.text
    assert 'data-list="recommendation"' not in page.text
    assert 'class="fill"' not in page.text


def test_an_empty_site_says_what_to_do(tmp_path):
    from recsys.home import Home

    service = open_service(Home(tmp_path), Settings(), lambda: NOW)
    source = ServiceSource(service)
    with Client(service, App(service, site_routes(lambda: source, Settings()))) as client:
        page = client.get("/")
    assert page.status_code == 200
    assert "recsys import" in page.text


def test_an_article_put_before_any_training_has_a_page(tmp_path):
    from recsys.home import Home

    service = open_service(Home(tmp_path), Settings(), lambda: NOW)
    source = ServiceSource(service)
    with Client(service, App(service, site_routes(lambda: source, Settings()))) as client:
        record = {"id": "first", "title": "First", "published_at": "2026-03-01T00:00:00Z"}
        assert client.put("/v1/articles/first", json=record).status_code == 201
        assert client.get("/articles/first").status_code == 200
        assert "First" in client.get("/").text


def test_a_page_loads_nothing_from_elsewhere_and_no_inline_script(site):
    page = site.get("/articles/harbour-3").text
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.split("<main")[0])
    assert not re.findall(r"<script(?![^>]*src=)", page)
    assert "style=" not in page


def test_a_pages_policy_lets_nothing_but_the_sites_own_script_run(site):
    policy = site.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_a_search_finds_the_articles_nearest_by_text(site):
    page = site.get("/search?q=quay+crane+harbour")
    found = re.findall(r'<h3[^>]*><a href="/articles/([^"]+)"', page.text)
    assert len(found) > 5
    assert all(name.startswith(("harbour", "with", "sensitive")) for name in found)
    assert not {"embargoed", "expired", "unlisted"} & set(found)


@pytest.mark.parametrize(
    ("query", "said"), [("", "Type some words"), ("zyxw", "No article shares a word"), ("%ff", "")]
)
def test_a_search_that_finds_nothing_says_what_to_do(site, query, said):
    page = site.get(f"/search?q={query}")
    assert page.status_code == 200
    assert said in page.text


def test_what_is_searched_for_is_shown_as_text(site):
    page = site.get("/search", params={"q": HOSTILE})
    assert "<script>alert" not in page.text
    assert "onerror=alert(1)>" not in page.text


def test_one_can_read_as_somebody_else(site):
    def recommended():
        page = site.get("/articles/council-2").text
        return re.findall(r'<a href="/articles/([^"]+)" data-list="recommendation"', page)

    site.post("/as", content="reader=")
    nobody = recommended()
    answer = site.post("/as", content="reader=Football&article=council-2")
    assert answer.headers["location"] == "/articles/council-2"
    assert recommended() != nobody
    assert (
        site.post("/as", content="reader=&article=//example.org").headers["location"] == "/articles/%2F%2Fexample.org"
    )


def test_what_moved_since_the_last_click_is_marked_and_only_that(site):
    def shown(page):
        """Of the lists that are on every page: the places of the items, and their marks."""
        items = re.findall(
            r'<a href="/articles/([^"]+)" data-list="(ranking|recommendation)" data-position="(\d+)"[^>]*>[^<]*</a>'
            r'(?:<span class="move[^"]*">(new|[↑↓]\d+))?',
            page,
        )
        places = {(name, article_id): int(place) for article_id, name, place, _ in items}
        marks = {(name, article_id): mark for article_id, name, _, mark in items if mark}
        return places, marks

    before, marks = shown(site.get("/articles/council-2").text)
    assert marks == {}
    seen = []
    for article_id in ("football-1", "football-2", "harbour-3", "harbour-4"):
        after, marks = shown(site.get(f"/articles/{article_id}").text)
        assert marks.keys() == {item for item, place in after.items() if before.get(item) != place}
        for item, mark in marks.items():
            was, now = before.get(item), after[item]
            assert mark == ("new" if was is None else f"↑{was - now}" if was > now else f"↓{now - was}")
        seen += marks.values()
        before = after
    assert seen


def test_every_item_explains_itself_without_a_script(site):
    page = site.get("/articles/harbour-3").text
    items = page.count("data-list=")
    assert page.count('<details class="why">') == items
    assert page.count('<tr class="sum">') + page.count("It only completes the list") == items
