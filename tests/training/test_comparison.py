"""A comparison says what the models' lists are worth, on the same questions, and replays."""

import numpy as np
import pytest
from scipy import sparse

from recsys.times import DAY
from training.comparison import Answers, Known, compare, compared

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


def answers(lists, truth, **more):
    return Answers(lists=lists, truth=truth, **more)


def known(published=(0, 0, 0), readers=(4, 1, 0), vectors=((1.0, 0.0), (1.0, 0.0), (0.0, 1.0))):
    return Known(
        published=np.array(published) * DAY,
        readers=np.array(readers),
        visitors=4,
        vectors=sparse.csr_array(np.array(vectors)),
    )


def test_several_splits_are_pooled_and_told_apart():
    parts = [
        answers({"ours": [[1], [2]], "theirs": [[2], [2]]}, [{1: 1.0}, {2: 1.0}], begins=0),
        answers({"ours": [[5]], "theirs": [[1]]}, [{1: 1.0}], begins=DAY),
    ]
    found = compared("recommendation", "p", parts, depths=(1,), catalogue=6)
    assert found.questions == 3
    assert found.value("ours", "ndcg@1") == pytest.approx(2 / 3)
    assert [(part.begins, part.questions, part.values) for part in found.parts] == [
        ("1970-01-01T00:00:00Z", 2, {"ours": 1.0, "theirs": 0.5}),
        ("1970-01-02T00:00:00Z", 1, {"ours": 0.0, "theirs": 1.0}),
    ]


def test_a_visitor_of_two_splits_is_one_visitor():
    parts = [
        answers({"ours": [[1], [5]]}, [{1: 1.0}, {2: 1.0}], owners=[7, 8]),
        answers({"ours": [[1]]}, [{1: 1.0}], owners=[7]),
    ]
    assert compared("recommendation", "p", parts, depths=(1,), catalogue=6).value("ours", "recall@1") == 0.5


def test_a_model_that_one_split_lacks_is_left_out():
    parts = [answers({"ours": [[1]], "text": [[1]]}, [{1: 1.0}]), answers({"ours": [[1]]}, [{1: 1.0}])]
    found = compared("related", "p", parts, depths=(1,), catalogue=2)
    assert {figure.model for figure in found.figures} == {"ours"}


def test_lists_are_judged_at_every_depth_and_beyond_accuracy():
    lists = {"ours": [[0, 2], [0, 1]], "none": [[], [2]]}
    part = answers(lists, [{2: 1.0}, {0: 1.0}], now=[3 * DAY, DAY], known=known(published=(0, 0, 1)))
    found = compared("ranking", "p", [part], depths=(2, 1), catalogue=3)
    assert (found.value("ours", "hit_rate@2"), found.value("ours", "hit_rate@1")) == (1.0, 0.5)
    assert found.value("ours", "age_days") == pytest.approx((2.5 + 1) / 2)
    assert found.value("ours", "diversity") == pytest.approx((1 + 0) / 2)
    assert found.value("ours", "novelty") == pytest.approx(((0 + 2) / 2 + (0 + 2) / 2) / 2)
    # of the one list that has an item; none has two
    assert found.value("none", "age_days") == pytest.approx(0.0)
    with pytest.raises(KeyError):
        found.value("none", "diversity")


def test_the_test_of_no_difference_goes_with_the_difference():
    ours, theirs = [[1]] * 12, [[5]] * 12
    found = compare("related", "p", {"ours": ours, "theirs": theirs, "same": ours}, [{1: 1.0}] * 12, k=1, catalogue=6)
    p = {figure.against: figure.p for figure in found.figures if figure.metric == "ndcg@1" and figure.against}
    assert p["theirs"] < 0.01
    assert p["same"] == 1.0
    assert all(figure.p is None for figure in found.figures if figure.against is None)


def test_one_question_has_an_interval_of_no_width_and_a_test_that_says_nothing():
    found = compare("related", "p", {"ours": [[1]], "theirs": [[5]]}, [{1: 1.0}], k=1, catalogue=6)
    lead = next(figure for figure in found.figures if figure.against)
    assert (lead.value, lead.low, lead.high, lead.p) == (1.0, 1.0, 1.0, 1.0)
