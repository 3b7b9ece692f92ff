"""data/sample is what its README and the record formats say."""

import json
import re
from collections import Counter
from datetime import UTC
from itertools import combinations
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from jsonschema import Draft202012Validator

from recsys.article import Article
from recsys.event import EVENT_TYPES, LIST_NAMES, Event
from recsys.event_reader import EventReader
from recsys.markup import html_to_text
from recsys.record import RecordReader
from recsys.times import DAY, parse_time
from training.simulate import SAMPLE_DAYS, SAMPLE_END

DATA = Path(__file__).parents[1] / "data"
NEAR_DUPLICATES = {
    frozenset({"lantern-bridge-closed", "lantern-bridge-closed-update"}),
    frozenset({"storm-hedda-warning", "storm-hedda-warning-evening"}),
}


def rows(name: str) -> list[dict[str, Any]]:
    with (DATA / "sample" / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def schema(name: str) -> Draft202012Validator:
    loaded = json.loads((DATA / "schema" / f"{name}.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(loaded)
    return Draft202012Validator(loaded)


ARTICLES = rows("articles.jsonl")
RELATED = rows("related.jsonl")
BY_ID = {article["id"]: article for article in ARTICLES}
TEXTS = {article["id"]: html_to_text(article["body"]) for article in ARTICLES}


def labelled(label: str) -> list[str]:
    return [article["id"] for article in ARTICLES if label in article.get("labels", ())]


def published(article: dict[str, Any]) -> int:
    return parse_time(article["published_at"])


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article["id"])
def test_article_is_valid_by_schema_and_by_the_reader_of_records(article):
    schema("article").validate(article)
    assert RecordReader(Article, UTC).from_mapping(article).id == article["id"]


def test_there_are_eighty_to_a_hundred_articles_with_ids_and_urls_of_their_own():
    assert 80 <= len(ARTICLES) <= 100
    assert len(BY_ID) == len(ARTICLES) == len({article["url"] for article in ARTICLES})
    assert any("/" in name for name in BY_ID)
    assert any(not name.isascii() for name in BY_ID)


def test_every_article_has_120_to_400_words():
    assert {name: count for name, text in TEXTS.items() if not 120 <= (count := len(text.split())) <= 400} == {}


def test_sections_have_one_or_two_levels_and_eight_names_at_the_top():
    assert len({article["section"][0] for article in ARTICLES}) == 8
    assert {len(article["section"]) for article in ARTICLES} == {1, 2}


def test_every_article_has_three_to_six_tags_an_author_and_an_address_in_a_reserved_domain():
    for article in ARTICLES:
        assert 3 <= len(set(article["tags"])) == len(article["tags"]) <= 6
        assert article["authors"]
        assert article["url"].startswith("https://harbour-courier.example/")


def test_news_comes_on_each_of_the_sixty_days_and_one_article_is_embargoed():
    ahead = [article["id"] for article in ARTICLES if published(article) > SAMPLE_END]
    days = {(SAMPLE_END - published(article)) // DAY for article in ARTICLES if article["id"] not in ahead}
    assert ahead == ["ada-venn-medal"]
    assert min(days) == 0
    assert max(days) == SAMPLE_DAYS - 1
    assert len(days) > SAMPLE_DAYS * 0.8


def test_one_article_has_expired_before_the_last_day():
    expired = [name for name, article in BY_ID.items() if "expires_at" in article]
    assert expired == ["lamps-ticket-ballot"]
    assert published(BY_ID[expired[0]]) < parse_time(BY_ID[expired[0]]["expires_at"]) < SAMPLE_END - DAY


def test_each_reserved_label_but_unlisted_has_its_case():
    assert labelled("sensitive") == ["maid-of-arden-lost"]
    assert labelled("sponsored") == ["tidegate-marina-open-weekend"]
    assert labelled("paid") == ["who-owns-the-strand"]


def test_a_dozen_articles_are_german_and_six_of_them_translations():
    languages = Counter(article["language"] for article in ARTICLES)
    translations = [article for article in ARTICLES if "translation_of" in article]
    assert set(languages) == {"en", "de"}
    assert languages["de"] == 12
    assert len(translations) == 6
    for article in translations:
        original = BY_ID[article["translation_of"]]
        assert (article["language"], original["language"]) == ("de", "en")
        assert published(article) > published(original)


def test_at_least_ten_guides_are_evergreen():
    assert sum(article.get("evergreen", False) for article in ARTICLES) >= 10


def test_only_the_two_intended_pairs_are_near_duplicates():
    """A pair is one when 80% of the shorter text's runs of four words stand in the other; all else shares under 5%."""
    runs = {name: set(zip(*(words[at:] for at in range(4)), strict=False)) for name, words in _words().items()}
    share = {
        frozenset(pair): len(runs[pair[0]] & runs[pair[1]]) / min(len(runs[pair[0]]), len(runs[pair[1]]))
        for pair in combinations(runs, 2)
    }
    assert {pair for pair, value in share.items() if value >= 0.8} == NEAR_DUPLICATES
    assert max(value for pair, value in share.items() if pair not in NEAR_DUPLICATES) < 0.05


def test_no_paragraph_repeats_outside_the_near_duplicates():
    homes: dict[str, set[str]] = {}
    for name, text in TEXTS.items():
        for paragraph in text.splitlines():
            homes.setdefault(paragraph, set()).add(name)
    shared = {frozenset(names) for paragraph, names in homes.items() if len(names) > 1 and len(paragraph.split()) > 3}
    assert shared == NEAR_DUPLICATES


def test_bodies_are_simple_html_and_link_only_to_articles_that_exist():
    elements = {name for article in ARTICLES for name in re.findall(r"</?([a-z0-9]+)", article["body"])}
    targets = {target for article in ARTICLES for target in re.findall(r'href="([^"]*)"', article["body"])}
    assert elements <= {"p", "h2", "ul", "li", "blockquote", "em", "strong", "a"}
    assert len(targets) >= 5
    for target in targets:
        assert target.startswith("/articles/")
        assert unquote(target.removeprefix("/articles/")) in BY_ID


def test_related_pairs_name_different_articles_once_and_cover_most_of_the_site():
    pairs = [frozenset((row["article_id"], row["related_id"])) for row in RELATED]
    assert all(set(row) == {"article_id", "related_id", "kind"} for row in RELATED)
    assert all(len(pair) == 2 and pair <= set(BY_ID) for pair in pairs)
    assert len(set(pairs)) == len(pairs)
    kinds = Counter(row["kind"] for row in RELATED)
    assert 90 <= kinds["linked"] <= 160
    assert len(frozenset().union(*pairs)) > 0.9 * len(ARTICLES)


def test_related_pairs_of_kind_translation_are_those_that_the_articles_declare():
    declared = {(article["id"], article["translation_of"]) for article in ARTICLES if "translation_of" in article}
    assert {(row["article_id"], row["related_id"]) for row in RELATED if row["kind"] == "translation"} == declared


@pytest.mark.parametrize(
    ("name", "reader"), [("article", RecordReader(Article, UTC)), ("event", EventReader(UTC, lambda url: None))]
)
def test_schema_has_exactly_the_fields_that_are_read(name, reader):
    assert set(schema(name).schema["properties"]) == reader.fields


def test_event_schema_knows_the_types_and_lists_of_the_record():
    properties = schema("event").schema["properties"]
    assert tuple(properties["type"]["enum"]) == EVENT_TYPES
    assert tuple(properties["list"]["enum"]) == (*LIST_NAMES, None)


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": ".."},
        {"id": "a\nb"},
        {"id": 7},
        {"title": None},
        {"published_at": "soon"},
        {"published_at": 1775106000},
        {"url": "javascript:alert(1)"},
        {"tags": "one"},
        {"tags": [1]},
        {"section": [""]},
        {"section": 3},
        {"views": -1},
        {"views": 1.5},
        {"evergreen": "yes"},
    ],
    ids=str,
)
def test_schema_and_reader_refuse_the_same_articles(change):
    bad = {"id": "a", "title": "A", "published_at": "2026-03-31T18:00:00Z"} | change
    assert not schema("article").is_valid(bad)
    with pytest.raises(Exception, match=next(iter(change))):
        RecordReader(Article, UTC).from_mapping(bad)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "gaze"},
        {"article_id": ""},
        {"at": "now"},
        {"type": "dwell"},
        {"type": "dwell", "value": -1},
        {"type": "rating"},
        {"value": "much"},
        {"list": "front"},
        {"position": 0},
    ],
    ids=str,
)
def test_schema_and_reader_refuse_the_same_events(change):
    bad = {"type": "view", "article_id": "a", "at": "2026-03-31T18:00:00Z"} | change
    assert not schema("event").is_valid(bad)
    with pytest.raises(Exception, match=r"."):
        RecordReader(Event, UTC).from_mapping(bad)


def _words() -> dict[str, list[str]]:
    return {name: re.findall(r"\w+", text.lower()) for name, text in TEXTS.items()}
