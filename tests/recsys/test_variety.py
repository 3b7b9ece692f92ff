"""Diversity and the chance of the day choose among good candidates, and score and reasons stay what they are."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.carried import KIND, KINDS
from recsys.items import Wish
from recsys.recommendation import recommend
from recsys.times import DAY
from recsys.variety import POOL, ROTATION, chosen, uniform
from recsys.variety_kernel import picked
from tests.recsys.sites import NOW, Reading, article, model_of


@pytest.fixture(scope="module")
def site():
    articles = [article(n, authors=("Mira Holt",) if n % 2 else (f"author {n}",)) for n in range(48)]
    return model_of(articles, Reading().events)


def at(site, diversity):
    return replace(site, mix=replace(site.mix, diversity=diversity))


def choice(site, score, limit=8, **how):
    rows = np.arange(score.size, dtype=np.int32)
    return chosen(site, Wish(limit=limit), rows, score, **({"diversity": 0.0, "chance": None} | how)).tolist()


FALLING = np.linspace(1.0, 0.5, 48)


def plainly(site, score, buried, limit, diversity):
    """The plain twin of `chosen`: maximal marginal relevance with sets and sums."""
    pool = sorted(np.flatnonzero(score).tolist(), key=lambda row: (row in buried, -score[row], row))
    if not diversity or len(pool) <= limit:
        return pool[:limit]
    pool = pool[: POOL * limit]
    names = {row: [(code & KIND, code) for code in site.carrying.codes(row)] for row in pool}
    carriers = Counter(name for row in pool for name in names[row])
    weight = {name: math.log((1 + len(pool)) / count) for name, count in carriers.items()}
    length = {row: math.sqrt(sum(weight[name] ** 2 for name in names[row])) for row in pool}

    def likeness(one, other):
        both = length[one] * length[other]
        return sum(weight[name] ** 2 for name in {*names[one]} & {*names[other]}) / both if both else 0.0

    def capped(row):  # the most particular section, the last author
        last = dict(names[row])
        return {(KINDS[kind], last[kind]) for kind in last if KINDS[kind] != "tag"}

    best, found = max(score[row] for row in pool), []
    for _ in range(limit):
        taken = Counter(name for row in found for name in capped(row))
        full = {name for name, count in taken.items() if count >= max(1, math.ceil((1 - diversity) * limit))}
        left = [row for row in pool if row not in found]
        value = {
            row: (1 - diversity) * score[row] / best
            - diversity * max((likeness(row, other) for other in found), default=0.0)
            - 10 * len(full & capped(row))
            - 100 * (row in buried)
            for row in left
        }
        found.append(max(left, key=lambda row: (round(value[row], 9), -pool.index(row))))
    return sorted(found, key=lambda row: (row in buried, -score[row], row))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 99),
    limit=st.integers(1, 12),
    diversity=st.sampled_from([0.0, 0.25, 0.7, 1.0]),
    buried=st.frozensets(st.integers(0, 47), max_size=20),
)
def test_the_chosen_are_those_of_a_plain_look_at_all_pairs(site, *, seed, limit, diversity, buried):
    score = np.random.default_rng(seed).random(48) * (np.random.default_rng(seed + 1).random(48) < 0.8)
    rows, late = np.arange(48, dtype=np.int32), np.isin(np.arange(48), [*buried])
    capped = np.array([KINDS.index("section"), KINDS.index("author")])
    places = np.empty(limit, np.int64)
    m = picked(site.carrying.table, rows, score, score, late, 0.0, diversity, POOL * limit, capped, KIND, places)
    assert places[:m].tolist() == plainly(site, score, buried, limit, diversity)
    assert not site.carrying.table[2].any()  # for the next question


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
