"""What is measured after a cut knows nothing of what came after it."""

import dataclasses

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from recsys.items import Wish
from recsys.recommendation import recommend
from recsys.settings import Settings
from recsys.times import HOUR
from tests.recsys.sites import NOW, Reading, article, fitted, model_of, stored, view
from training.events import event_table
from training.fit import fit
from training.mix import fit_mix
from training.replay import Split, acts_of, play, time_cut, time_cuts

CUT = NOW - 4 * HOUR


def quiet(*_):
    pass


def table_of(events):
    return event_table(events, lambda article_id: int(article_id[1:]), NOW)


def model_at(articles, events, as_of):
    """It is given later events too."""
    return fitted(articles, events, as_of, until=NOW, with_totals=False)


@pytest.fixture(scope="module")
def articles():
    return stored([article(n) for n in range(48)])


@pytest.fixture(scope="module")
def events():
    return Reading().events


def test_the_cut_leaves_the_wanted_share_before_it(events):
    table = table_of(events)
    cut = time_cut(table, 0.8)
    assert 0.7 <= np.mean(table["at"].to_numpy() < cut) <= 0.8


@pytest.mark.parametrize("events", [[], [view("a", 1, 5)], [view("a", 1, 5), view("b", 2, 5)]])
def test_without_events_on_both_sides_there_is_no_cut(events):
    assert time_cut(table_of(events)) is None


@pytest.mark.slow
def test_nothing_at_or_after_the_cut_changes_a_model_of_before(articles, events):
    """Neither events, nor texts, nor totals of articles."""
    past = [event for event in events if event.at < CUT]
    later = [view(event.visitor_id, (7 * n) % 48, 3 - n / 100) for n, event in enumerate(events[:200])]
    changed = [
        dataclasses.replace(one, article=msgspec.structs.replace(one.article, views=9_999, likes=99), views_at=NOW)
        for one in articles
    ]
    changed.append(stored([article(n) for n in range(49)])[48])
    changed[48] = dataclasses.replace(
        changed[48], article=msgspec.structs.replace(changed[48].article, published_at=NOW - HOUR, body="tide ice")
    )
    before, _ = fit(articles, table_of(past), CUT, Settings(), with_totals=False)
    after, _ = fit(changed, table_of(past + later), CUT, Settings(), with_totals=False)
    for name in ("histories.rows", "covisits.after_rows", "covisits.learned_rows", "ranking.drawn", "text.idf"):
        assert np.array_equal(before[name], after[name]), name
    n = len(articles)
    assert np.array_equal(before["engagement.interest"], after["engagement.interest"][:, :n])
    assert np.array_equal(before["neighbours.rows"], after["neighbours.rows"][:n])
    assert {name: a.tolist() for name, a in before.items() if name.startswith("mix.")} == {
        name: a.tolist() for name, a in after.items() if name.startswith("mix.")
    }


@pytest.mark.slow
def test_later_events_change_no_list_made_at_the_cut(articles, events):
    past = [event for event in events if event.at < CUT]
    shuffled = [*past, *(view(f"v{n}", (5 * n) % 48, 3 - n / 8) for n in range(12))]
    lists = [
        [recommend(model, Wish(limit=10), CUT, visitor_id=visitor) for visitor in Reading.visitors]
        for model in (model_at(articles, past, CUT), model_at(articles, events, CUT), model_at(articles, shuffled, CUT))
    ]
    assert lists[0] == lists[1] == lists[2]


@pytest.mark.slow
def test_a_played_model_knows_what_a_model_of_later_knows(articles, events):
    model = model_at(articles, [event for event in events if event.at < CUT], CUT)
    acts = acts_of(table_of(events), model)
    play(model, acts.only(acts.at >= CUT))
    later = model_at(articles, events, NOW)
    for visitor in Reading.visitors:
        assert [p.tolist() for p in model.histories.of(visitor)] == [p.tolist() for p in later.histories.of(visitor)]


@pytest.mark.slow
def test_a_site_with_too_little_past_keeps_the_default_mix(articles, events):
    model = model_at(articles, events, CUT)
    acts = acts_of(table_of(events), model)
    assert np.array_equal(fit_mix(model, acts.only(acts.at < CUT), CUT, quiet), model.mix.weights)


def test_an_empty_table_has_no_acts(articles):
    acts = acts_of(table_of([]), model_at(articles, [], CUT))
    assert acts.row.size == 0
    assert Split(acts, CUT, NOW).past.row.size == Split(acts, CUT, NOW).later.row.size == 0
    assert isinstance(table_of([]), pa.Table)


def test_a_split_parts_at_the_very_moment_of_its_cut():
    events = [view("a", 1, 5), view("a", 2, 4), view("a", 3, 3), view("a", 4, 2)]
    acts = acts_of(table_of(events), model_of([article(n) for n in range(6)]))
    split = Split(acts, CUT, NOW - 2 * HOUR)
    assert (split.past.row.tolist(), split.later.row.tolist()) == ([1], [2, 3])


@pytest.mark.parametrize(
    ("splits", "shares"), [(1, [0.8]), (2, [0.6, 0.8]), (3, [0.5, 2 / 3, 5 / 6]), (5, [0.5, 0.6, 0.7, 0.8, 0.9])]
)
def test_every_split_has_half_of_the_events_to_learn_from(splits, shares):
    events = [view("a", n % 6, 300 - n) for n in range(300)]
    cuts = time_cuts(table_of(events), splits)
    assert [np.mean([event.at < cut for event in events]) for cut in cuts] == pytest.approx(shares)


def test_few_moments_give_few_cuts():
    assert time_cuts(table_of([]), 3) == []
    assert time_cuts(table_of([view("a", 1, 5)]), 3) == []
    assert len(time_cuts(table_of([view("a", 1, 5), view("a", 2, 4), view("a", 2, 4)]), 20)) == 1
