"""Articles are found by what people have at hand, within a bound, whatever is typed."""

import pytest

from serving.web import finding
from serving.web.finding import FOUND, articles_found


def ids(service, asked):
    return [found["id"] for found in articles_found(service, asked)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (" harbour-3 ", ["harbour-3"]),
        ("https://www.example.org/harbour/3/?utm_source=mail", ["harbour-3"]),
        ("http://localhost:8000/articles/with%2Fslash%20%C3%A9", ["with/slash é"]),
        ("with/slash é", ["with/slash é"]),
    ],
)
def test_an_id_or_an_address_names_one_article(service, asked, found):
    assert ids(service, asked) == found


def test_words_of_a_title_find_it_in_any_order_and_case_newest_first(service):
    assert ids(service, "QUAY vess")[0] == "harbour-9"
    assert ids(service, "number 7")[:3] == ["harbour-7", "council-7", "football-7"]


def test_more_matches_than_fit_are_the_newest(service):
    found = ids(service, "number")
    assert len(found) == FOUND
    assert found[:2] == ["embargoed", "harbour-0"]


def test_what_no_title_holds_is_looked_for_in_texts(service):
    found = ids(service, "derby3")
    assert found
    assert {one.split("-")[0] for one in found} == {"football"}


def test_titles_beyond_the_newest_are_found_by_their_texts(service, monkeypatch):
    monkeypatch.setattr(finding, "NEWEST", 1)
    assert "harbour-11" in ids(service, "number quay crane")


def test_it_is_said_whether_an_article_is_shown_now(service):
    told = {one: articles_found(service, one)[0]["shown"] for one in ("harbour-1", "unlisted", "expired", "embargoed")}
    assert told == {"harbour-1": True, "unlisted": False, "expired": False, "embargoed": False}


def test_a_changed_title_is_found_at_once_and_a_deleted_article_no_longer(api):
    record = {"id": "harbour-1", "title": "Straße \n nach Norden", "published_at": "2026-03-09T12:00:00Z"}
    assert api.put("/v1/articles/harbour-1", json=record).status_code in (200, 201)
    assert ids(api.service, "norden STRASSE") == ["harbour-1"]
    api.delete("/v1/articles/harbour-1")
    assert "harbour-1" not in ids(api.service, "norden STRASSE")


@pytest.mark.parametrize("asked", ["", " ", "zzz", "/nothing/here", "//[", "\x00/", "%", "\n", "a" * 10_000])
def test_what_names_nothing_finds_nothing(service, asked):
    assert ids(service, asked) == []
