"""One evaluation of a site: every list, several cuts, lists made elsewhere; and never a look ahead."""

import dataclasses

import msgspec
import pytest

from recsys.settings import Settings
from recsys.times import HOUR
from tests.recsys.sites import NOW, Reading, article, model_of, stored, view
from training.comparison import Answers
from training.evaluate import Plan, cuts_of, evaluate_site, evaluate_summary, ranked_beside
from training.events import event_table
from training.other_lists import OtherLists
from training.progress import silent

ARTICLES = stored([article(n) for n in range(48)])
EVENTS = Reading().events


def table_of(events):
    return event_table(events, lambda article_id: int(article_id[1:]), NOW)


def measured(plan=Plan(), events=EVENTS, articles=ARTICLES, as_of=NOW):  # noqa: B008 - a frozen record
    return evaluate_site(articles, table_of(events), as_of, Settings(), plan, progress=silent)


@pytest.mark.slow
def test_every_list_is_measured_by_every_protocol_with_its_splits():
    told = []
    found = evaluate_site(
        ARTICLES, table_of(EVENTS), NOW, Settings(), Plan(splits=2), progress=lambda what, *_: told.append(what)
    )
    assert {one.list for one in found} == {"related", "ranking", "recommendation"}
    protocols = [one.protocol.partition(":")[0] for one in found if one.list == "recommendation"]
    assert protocols == ["split", "rolling"]
    for one in found:
        assert one.questions > 0
        assert "2 cuts from 2026-03-01" in one.protocol
        assert len(one.parts) == 2
        assert sum(part.questions for part in one.parts) == one.questions
        metrics = {figure.metric for figure in one.figures}
        assert {"ndcg@10", "recall@5", "mrr@10", "hit_rate@5", "coverage", "gini", "novelty", "age_days"} <= metrics
    assert {"Recommendation, split (1/2)", "Related (2/2)"} <= {*told}


@pytest.mark.slow
def test_totals_on_articles_and_what_is_at_or_after_the_as_of_change_no_figure():
    counted = [
        dataclasses.replace(one, article=msgspec.structs.replace(one.article, views=10**6 - n, likes=n), views_at=NOW)
        for n, one in enumerate(ARTICLES)
    ]
    as_of = NOW - 2 * HOUR
    plan = Plan(splits=1)
    before = measured(plan, as_of=as_of)
    assert measured(plan, articles=counted, as_of=as_of) == before
    later = [event for event in EVENTS if event.at < as_of] + [view("stuffer", 5, 2), view("stuffer", 6, 1)]
    assert measured(plan, events=later, as_of=as_of) == before


@pytest.mark.slow
def test_one_list_by_one_protocol_at_one_cut():
    cut = NOW - 3 * HOUR
    (found,) = measured(Plan(lists=frozenset({"recommendation"}), protocol="rolling", cut=cut))
    assert found.protocol.startswith("rolling")
    assert found.protocol.endswith("cut at 2026-03-01T09:00:00Z")
    assert found.parts == ()


@pytest.mark.slow
def test_lists_made_elsewhere_stand_beside_ours_with_the_warning():
    lists = {f"v{n}": tuple(f"a{number}" for number in range(n % 6, 48, 6)) for n in range(12)}
    today = OtherLists("today", recommendation=lists)
    (found,) = measured(Plan(lists=frozenset({"recommendation"}), others=(today,)))
    assert found.protocol.startswith("split")
    assert found.value("today", "recall@10") == 1.0
    assert any(figure.against == "today" and figure.low is not None for figure in found.figures)
    assert "what they were shown" in found.notes[-1]


@pytest.mark.slow
@pytest.mark.parametrize("events", [[], [view("one", 1, 5)], [view("one", n % 3, 5) for n in range(50)]])
def test_a_site_without_a_past_and_a_future_has_nothing_to_say(events):
    assert measured(events=events) == ()
    assert evaluate_summary(ARTICLES, table_of(events), NOW, Settings(), silent) == ((), None)


@pytest.mark.slow
def test_the_summary_of_a_training_has_one_split_and_no_model_that_reads_all_texts():
    found, _ = evaluate_summary(ARTICLES, table_of(EVENTS), NOW, Settings(), silent)
    assert {one.list for one in found} == {"ranking", "recommendation"}
    models = {figure.model for one in found for figure in one.figures}
    assert "ours" in models
    assert "TF-IDF (scikit-learn)" not in models


def test_cuts_are_those_of_the_plan():
    table = table_of(EVENTS)
    assert len(cuts_of(table, Plan(splits=3))) == 3
    assert cuts_of(table, Plan(cut=NOW - HOUR)) == [NOW - HOUR]
    assert cuts_of(table, Plan(cut=NOW - 1_000 * HOUR)) == []
    assert len(cuts_of(table, Plan(splits=3, others=(OtherLists("today"),)))) == 1


def test_a_day_is_judged_where_every_other_has_a_ranking_of_the_day_before():
    model = model_of([article(n) for n in range(6)])
    start = NOW - HOUR
    answers = Answers(
        lists={"ours": [[0], [1], [2]]},
        truth=[{0: 1.0}, {1: 1.0}, {2: 1.0}],
        now=[start, start + 24 * HOUR, start + 72 * HOUR],
    )
    made = {start - HOUR: [5, 4], start: [3, 2], start + 1: [1]}
    found = ranked_beside(answers, {"today": made}, model)
    assert found.now == [start, start + 24 * HOUR]
    assert found.lists == {"ours": [[0], [1]], "today": [[3, 2], [1]]}
    assert ranked_beside(answers, {}, model) is answers
