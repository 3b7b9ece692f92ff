"""A rule reads as an editor would say it."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from recsys.rules.rule import read_rules
from recsys.times import parse_time
from serving.web.rule_words import sentence, when

TITLES = {"a": "Bridge opens", "b": "Tide tables", "none": " "}


def said(**rule):
    (read,) = read_rules({"rules": [rule]}, UTC).rules
    return sentence(read, TITLES.get, UTC)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            {"kind": "pin", "articles": {"ids": ["a", "b"]}, "position": 2, "lists": ["related", "ranking"]},
            "Pin “Bridge opens” and “Tide tables” at place 2 of Related and Ranking.",
        ),
        ({"kind": "pin", "articles": {"ids": ["none"]}}, "Pin “none” at place 1 of all lists."),
        (
            {"kind": "boost", "articles": {"sections": ["News"]}, "factor": 1.5},
            "Push articles in the section “News” up in all lists: scores times 1.5.",
        ),
        (
            {"kind": "boost", "articles": {"authors": ["Ann", "Bo"]}, "factor": 0.5},
            "Hold articles by “Ann” or “Bo” back in all lists: scores times 0.5.",
        ),
        (
            {"kind": "bury", "articles": {"ids": ["a", "b"], "labels": ["paid"]}, "ends_at": "2026-04-01T18:00"},
            (
                "Move “Bridge opens” or “Tide tables” if labelled “paid” to the end of all lists, "
                "until 1 April 2026, 18:00 (UTC)."
            ),
        ),
        (
            {"kind": "filter", "articles": {"tags": ["x"], "max_age": "14d"}, "pages": {"sections": ["News"]}},
            (
                "Never show articles tagged “x” and newer than 2 weeks in all lists, "
                "on the pages of articles in the section “News”."
            ),
        ),
        (
            {"kind": "filter", "except_articles": {"ids": ["gone"]}, "except_pages": {"min_age": "36h"}},
            (
                "Never show anything but an article that is not there (id gone) in all lists, "
                "not on the pages of articles older than 36 hours."
            ),
        ),
        (
            {"kind": "filter", "pages": {"tags": ["obituary"]}, "lists": ["ranking"]},
            "Never show anything in Ranking, on the pages of articles tagged “obituary”.",
        ),
        (
            {"kind": "label", "articles": {"title_words": ["found dead"]}, "label": "sensitive"}
            | {"except_articles": {"ids": ["a"]}, "starts_at": "2026-04-01"},
            (
                "Label articles with the words “found dead”, but not “Bridge opens” as “sensitive”, "
                "from 1 April 2026, 00:00 (UTC)."
            ),
        ),
        (
            {"kind": "allow", "pages": {"ids": ["a"]}, "lists": ["ranking"]},
            "Allow Ranking on sensitive pages, on the pages of “Bridge opens”.",
        ),
        (
            {"kind": "bury", "articles": {"tags": list("abcdefg"), "min_age": "90s"}},
            "Move articles tagged “a”, “b”, “c”, “d”, “e” or 2 more and older than 90s to the end of all lists.",
        ),
    ],
)
def test_a_rule_in_words(rule, told):
    assert said(**rule) == told


def test_a_moment_is_told_in_the_zone_of_the_site_with_its_name():
    assert when(parse_time("2026-04-01T16:00:00Z"), ZoneInfo("Europe/Berlin")) == "1 April 2026, 18:00 (CEST)"


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:00Z"])
def test_a_moment_at_the_edge_of_the_calendar_is_told_all_the_same(edge):
    for name in ("America/New_York", "Asia/Tokyo"):
        assert when(parse_time(edge), ZoneInfo(name))
