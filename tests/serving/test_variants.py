"""An answer for a visitor names the visitor's variant where an experiment is set, and nothing else changes."""

import dataclasses
import json

import pytest

from recsys.experiment import variant_of
from recsys.settings import Settings
from serving.answers import recommendation_answer
from serving.questions import RecommendationQuestion
from tests.serving.client import Client
from tests.serving.conftest import NOW

SHARES = {"today": 0.5, "ours": 0.5}
PATHS = ("/v1/recommendations?visitor_id={}", "/v1/articles/harbour-3/page?visitor_id={}")


@pytest.fixture
def experimenting(service):
    settings = Settings(experiment="spring", variants=SHARES)
    with Client(dataclasses.replace(service, settings=settings)) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
def test_each_visitor_is_told_the_variant_that_the_settings_give(experimenting, path):
    named = {}
    for n in range(12):
        visitor = f"reader-{n}"
        first, again = (json.loads(experimenting.get(path.format(visitor)).content) for _ in range(2))
        assert first == again
        named[visitor] = first["variant"]
    assert named == {visitor: variant_of(visitor, "spring", SHARES) for visitor in named}
    assert {*named.values()} == {*SHARES}


def test_nobody_in_particular_has_no_variant(experimenting):
    for path in ("/v1/ranking", "/v1/recommendations", "/v1/articles/harbour-3/related"):
        assert "variant" not in json.loads(experimenting.get(path).content)


@pytest.mark.parametrize("path", PATHS)
def test_without_an_experiment_there_is_no_variant(api, path):
    assert "variant" not in json.loads(api.get(path.format("reader-1")).content)


def test_another_variant_is_another_answer_with_another_tag(service):
    model, question = service.live.model, RecommendationQuestion(visitor_id="reader-1")
    settings = (Settings(), Settings(variants={"today": 1.0}), Settings(variants={"ours": 1.0}))
    assert len({recommendation_answer(model, question, one, NOW).request_id for one in settings}) == 3
