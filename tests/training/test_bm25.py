"""The lists of BM25 that Related is compared with."""

import numpy as np
import pytest

from tests.recsys.sites import article, stored
from training import bm25

TEXTS = {"title": "", "tags": ()}


def lists(bodies, asked, k=3, present=None):
    articles = stored([article(n, **TEXTS, body=body) for n, body in enumerate(bodies)])
    present = np.ones(len(bodies), np.bool_) if present is None else np.array(present)
    return list(bm25.bm25_lists(articles, present, asked, k))


def test_without_the_package_there_are_no_lists(monkeypatch):
    monkeypatch.setattr(bm25, "find_spec", lambda name: None)
    assert bm25.bm25_lists([], np.zeros(0, np.bool_), [], 3) is None
    assert "bm25s" in bm25.ABSENT


@pytest.fixture
def installed():
    pytest.importorskip("bm25s", reason="the package is not installed: it belongs to the benchmarks")


def test_the_article_of_the_rarest_common_words_comes_first(installed):
    bodies = ["tram bridge harbour", "tram bridge opened", "tram stop", "orchard apples"]
    assert lists(bodies, [0, 3]) == [[1, 2], []]


def test_articles_that_are_not_there_are_not_found(installed):
    assert lists(["tram", "tram bridge", "tram stop"], [0], present=[True, False, True]) == [[2]]


def test_a_site_of_empty_texts_has_empty_lists(installed):
    assert lists(["", ""], [0, 1]) == [[], []]
