"""A comparison says what the models' lists are worth, on the same questions, and replays."""

import pytest

from training.comparison import compare

TRUTH = [{1: 1.0}, {}, {2: 1.0, 3: 1.0}]


def test_a_perfect_model_has_one_everywhere_and_its_lead_is_reported():
    found = compare("related", "p", {"ours": [[1], [0], [3, 2]], "theirs": [[0, 1], [5], [4]]}, TRUTH, k=2, catalogue=6)
    assert found.questions == 2
    assert [found.value("ours", f"{m}@2") for m in ("ndcg", "recall", "mrr", "hit_rate")] == [1.0] * 4
    assert found.value("theirs", "recall@2") == 0.5
    lead = next(f for f in found.figures if f.against == "theirs" and f.metric == "recall@2")
    assert (lead.value, lead.low, lead.high) == (0.5, 0.0, 1.0)


def test_whole_site_figures_count_only_the_questions_that_were_judged():
    found = compare("related", "p", {"ours": [[1], [0], [3, 2]]}, TRUTH, k=2, catalogue=6)
    assert found.value("ours", "coverage") == 0.5
    assert found.value("ours", "gini") == 0.0


def test_the_same_lists_give_the_same_report():
    lists = {"ours": [[1], [0], [2]], "theirs": [[], [], []]}
    assert compare("related", "p", lists, TRUTH, k=2, catalogue=6) == compare(
        "related", "p", lists, TRUTH, k=2, catalogue=6
    )


def test_nothing_to_judge_by_is_said_and_not_scored():
    found = compare("ranking", "p", {"ours": [[1]]}, [{}], k=8, catalogue=6)
    assert (found.questions, found.figures) == (0, ())
    with pytest.raises(KeyError):
        found.value("ours", "ndcg@8")


def test_one_who_asks_often_counts_no_more_than_one_who_asks_once():
    lists = {"ours": [[1], [1], [1], [5]]}
    truth = [{1: 1.0}, {1: 1.0}, {1: 1.0}, {2: 1.0}]
    assert compare("recommendation", "p", lists, truth, k=1, catalogue=6).value("ours", "recall@1") == 0.75
    by_visitor = compare("recommendation", "p", lists, truth, k=1, catalogue=6, groups=[9, 9, 9, 4])
    assert (by_visitor.questions, by_visitor.value("ours", "recall@1")) == (4, 0.5)
