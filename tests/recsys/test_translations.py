"""Translations of one article are one article: on the sample site, on a real bilingual one, and as they arrive."""

import gzip
import json
import os
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from recsys.article import Article
from recsys.items import Wish
from recsys.model import Model
from recsys.page import page
from recsys.record import RecordReader
from recsys.related import related
from recsys.store import StoredArticle
from recsys.why_not import why_not
from tests.recsys.sites import NOW, article, model_of

SAMPLE = Path(__file__).parents[2] / "data" / "sample" / "articles.jsonl"
CDS = Path(os.environ.get("RECSYS_DATASETS", "../shared/datasets")) / "cds"
ALL = Wish(limit=100, min_score=0.0, fill="none")


def read(lines: Sequence[bytes]) -> list[Article]:
    reader = RecordReader(Article, UTC)
    return [reader.from_json(line) for line in lines]


def bilingual_blog() -> list[Article]:
    """The posts of cds; each French one that is paired with an English one is told to be its translation."""
    with gzip.open(CDS / "related.jsonl.gz") as lines:
        pairs = [pair for pair in map(json.loads, lines) if pair.get("kind") == "translation"]
    with gzip.open(CDS / "articles.jsonl.gz") as lines:
        articles = read(list(lines))
    language = {one.id: one.language for one in articles}
    original = {}
    for pair in pairs:
        one, other = sorted((pair["article_id"], pair["related_id"]), key=lambda name: language[name] or "")
        original[other] = one
    return [replace(one, translation_of=original.get(one.id)) for one in articles]


@pytest.fixture(scope="module", params=["sample", "cds"])
def site(request: pytest.FixtureRequest) -> tuple[Model, list[Article]]:
    if request.param == "cds" and not CDS.is_dir():
        pytest.skip(f"no data in {CDS}")
    articles = read(SAMPLE.read_bytes().splitlines()) if request.param == "sample" else bilingual_blog()
    return model_of(articles), articles


def pairs(site: tuple[Model, list[Article]]) -> list[tuple[int, int]]:
    """Rows of translation and original."""
    model, articles = site
    rows = [
        (model.articles.row(one.id), model.articles.row(one.translation_of)) for one in articles if one.translation_of
    ]
    return [(one, two) for one, two in rows if one is not None and two is not None]


def test_a_list_holds_no_version_of_its_article_in_any_language(site: tuple[Model, list[Article]]) -> None:
    model, articles = site
    assert len(pairs(site)) >= 5
    for one, two in pairs(site):
        for row, version in ((one, two), (two, one)):
            for language in (None, *{str(other.language) for other in articles}):
                shown = [item.row for item in related(model, row, replace(ALL, language=language), NOW)]
                assert version not in shown


def test_a_list_in_another_language_holds_articles_but_each_once(site: tuple[Model, list[Article]]) -> None:
    model, _ = site
    for translation, original in pairs(site):
        wish = replace(ALL, language=model.articles.language(translation))
        shown = np.array([item.row for item in related(model, original, wish, NOW)], np.int64)
        assert {model.articles.language(row) for row in shown.tolist()} <= {wish.language}
        assert np.unique(model.stories.of(shown)).size == shown.size


def test_lists_stay_in_the_language_of_the_article(site: tuple[Model, list[Article]]) -> None:
    model, _ = site
    for pair in pairs(site):
        for row in pair:
            assert all(
                model.articles.language(item.row) == model.articles.language(row)
                for item in related(model, row, replace(ALL, fill="ranking"), NOW)
            )


def test_a_page_holds_no_version_of_its_article(site: tuple[Model, list[Article]]) -> None:
    model, _ = site
    for translation, original in pairs(site):
        if model.articles.exists(original, NOW):
            lists = page(model, original, NOW)
            rows = [item.row for part in (lists.related, lists.ranking, lists.recommendation) for item in part]
            assert translation not in rows


def test_why_not_says_that_a_translation_is_the_same_story(site: tuple[Model, list[Article]]) -> None:
    model, _ = site
    shown = [pair for pair in pairs(site) if model.articles.shown(np.array(pair), NOW).all()]
    assert shown
    for translation, original in shown:
        for row, other in ((translation, original), (original, translation)):
            told = why_not(model, row, model.articles.id(other), Wish(language=model.articles.language(other)), NOW)
            assert told.verdict == "same_story"


@pytest.mark.parametrize("first", ["original", "translation"])
def test_a_translation_that_arrives_later_is_no_match_of_its_original(first: str) -> None:
    model = model_of([article(n) for n in range(48)])
    original, translation = article(48), article(54, language="de", translation_of="a48")
    for row, one in enumerate((original, translation) if first == "original" else (translation, original), start=48):
        model.put(StoredArticle(article=one, row=row, views_at=0, likes_at=0))
    for row, language in ((48, None), (48, "de"), (48, "en"), (49, "en"), (49, "de")):
        assert not {48, 49} & {item.row for item in related(model, row, replace(ALL, language=language), NOW)}
