"""Diversity and the chance of the day choose among good candidates, and score and reasons stay what they are."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.items import Wish
from recsys.recommendation import recommend
from recsys.times import DAY
from recsys.variety import ROTATION, chosen, uniform
from tests.recsys.sites import NOW, Reading, article, model_of


@pytest.fixture(scope="module")
def site():
    articles = [article(n, authors=("Mira Holt",) if n % 2 else (f"author {n}",)) for n in range(48)]
    return model_of(articles, Reading().events)


def at(site, diversity):
    return replace(site, mix=replace(site.mix, diversity=diversity))


def choice(site, score, limit=8, **how):
    rows = np.arange(score.size)
    return chosen(site, Wish(limit=limit), rows, score, **({"diversity": 0.0, "chance": None} | how)).tolist()


FALLING = np.linspace(1.0, 0.5, 48)


def test_without_diversity_and_chance_the_best_are_chosen(site):
    assert choice(site, FALLING) == list(range(8))


@pytest.mark.parametrize(("diversity", "most"), [(0.25, 6), (0.5, 4), (0.75, 2)])
def test_of_one_section_or_author_only_their_share_is_chosen(site, diversity, most):
    liked = np.where(np.arange(48) % 6 == 0, 1.0, 0.01) + FALLING / 100  # one section far ahead
    sections = [row % 6 for row in choice(site, liked, limit=6, diversity=diversity)]
    assert max(map(sections.count, sections)) <= np.ceil((1 - diversity) * 6)
    one_author = np.where(np.arange(48) % 2 == 1, 1.0, 0.5) + FALLING / 100
    assert sum(row % 2 for row in choice(site, one_author, diversity=diversity)) <= most


def test_caps_give_way_where_there_is_nothing_else(site):
    only = model_of([article(6 * n) for n in range(12)])
    assert len(choice(only, np.linspace(1.0, 0.5, 12), diversity=1.0)) == 8


def test_likeness_costs_an_article_its_place(site):
    """Rows 0, 6, 12.. tell of the harbour; a somewhat weaker article on something else is preferred to a third."""
    score = np.where(np.arange(48) % 6 == 0, 1.0, 0.1)
    score[1] = 0.9
    assert 1 in choice(site, score, limit=3, diversity=0.5)
    assert 1 not in choice(site, score, limit=3)


@settings(max_examples=50, deadline=None)
@given(
    diversity=st.floats(0.0, 1.0),
    chance=st.none() | st.integers(0, 2**64 - 1),
    limit=st.integers(1, 60),
    seed=st.integers(0, 99),
)
def test_the_chosen_are_as_many_as_there_are_places_distinct_and_in_order_of_score(
    site, *, diversity, chance, limit, seed
):
    score = np.random.default_rng(seed).random(48).round(1) + 0.1
    places = choice(site, score, limit=limit, diversity=diversity, chance=chance)
    assert len(set(places)) == len(places) == min(limit, 48)
    assert places == sorted(places, key=lambda place: (-score[place], place))
    assert places == choice(site, score, limit=limit, diversity=diversity, chance=chance)


def test_chance_is_uniform_and_another_for_each_seed():
    drawn = uniform(np.arange(100_000), 7)
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    assert np.histogram(drawn, 10, (0, 1))[0] == pytest.approx(10_000, rel=0.05)
    assert abs(np.corrcoef(drawn, uniform(np.arange(100_000), 8))[0, 1]) < 0.02


def test_chance_never_lifts_what_is_far_behind(site):
    score = np.where(np.arange(48) < 20, 1.0, (1.0 - ROTATION) * 0.99)
    assert all(max(choice(site, score, chance=seed)) < 20 for seed in range(50))


def test_a_visitor_who_reads_nothing_sees_other_articles_the_next_day_and_the_same_within_a_day(site):
    morning = NOW - NOW % DAY
    shown = [{i.row for i in recommend(site, Wish(limit=8), morning + d * DAY, visitor_id="v0")} for d in range(7)]
    assert len(set.union(*shown)) > 8
    again = recommend(site, Wish(limit=8), morning + 1000, visitor_id="v0")
    assert {item.row for item in again} == shown[0]


def test_reasons_sum_to_the_score_at_any_diversity(site):
    for diversity in (0.0, 0.5, 1.0):
        for item in recommend(at(site, diversity), Wish(limit=8), NOW, visitor_id="v3", history=[2]):
            assert sum(reason.weight for reason in item.reasons) == pytest.approx(item.score)
