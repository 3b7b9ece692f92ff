"""Every accuracy figure is the one that trec_eval would print, and every interval replays."""

import math

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from recsys.metrics import (
    bootstrap,
    bootstraps,
    capped_recall,
    coverage,
    diversity,
    gains_of,
    gini,
    hit_rate,
    ideal_gains,
    median_age,
    ndcg,
    novelty,
    padded,
    paired_difference,
    precision,
    recall,
    reciprocal_rank,
    sign_flip_test,
)

items = st.integers(0, 30)
questions = st.lists(
    st.tuples(st.lists(items, unique=True, max_size=14), st.dictionaries(items, st.integers(1, 4), min_size=1)),
    min_size=1,
    max_size=6,
)


def by_trec_eval(measure, lists, truth):
    """One value per list, 0 for lists that are empty, as trec_eval -c has it."""
    run = [
        ir_measures.ScoredDoc(str(q), str(item), float(-place))
        for q, found in enumerate(lists)
        for place, item in enumerate(found)
    ]
    judged = [
        ir_measures.Qrel(str(q), str(item), gain) for q, relevant in enumerate(truth) for item, gain in relevant.items()
    ]
    values = dict.fromkeys(map(str, range(len(lists))), 0.0)
    values |= {m.query_id: m.value for m in ir_measures.iter_calc([measure], judged, run)} if run else {}
    return [values[str(q)] for q in range(len(lists))]


@given(questions, st.sampled_from([1, 5, 10]))
def test_accuracy_agrees_with_ir_measures(asked, k):
    lists, truth = zip(*asked, strict=True)
    gains = gains_of(padded(lists, k), truth)
    relevant = np.array([len(t) for t in truth])
    ours = {
        ir_measures.R @ k: recall(gains, relevant),
        ir_measures.P @ k: precision(gains),
        ir_measures.Success @ k: hit_rate(gains),
        ir_measures.RR @ k: reciprocal_rank(gains),
        ir_measures.nDCG @ k: ndcg(gains, ideal_gains(truth, k)),
    }
    for measure, values in ours.items():
        assert_allclose(values, by_trec_eval(measure, lists, truth), atol=1e-9, err_msg=str(measure))


def test_capped_recall_of_a_perfect_list_is_one_where_more_is_relevant_than_fits():
    truth = [dict.fromkeys(range(20), 1.0)]
    gains = gains_of(padded([range(10)], 10), truth)
    assert recall(gains, np.array([20])) == pytest.approx([0.5])
    assert capped_recall(gains, np.array([20])) == pytest.approx([1.0])


def test_a_list_without_anything_relevant_has_value_zero_and_no_nan():
    gains = gains_of(padded([[1, 2]], 3), [{}])
    values = [recall(gains, np.array([0])), ndcg(gains, ideal_gains([{}], 3)), reciprocal_rank(gains)]
    assert_array_equal(values, np.zeros((3, 1)))


def test_lists_and_truths_of_different_number_are_refused():
    with pytest.raises(ValueError, match="2 lists, but the truth of 1"):
        gains_of(padded([[1], [2]], 1), [{1: 1.0}])


def test_coverage_counts_an_item_once_and_no_empty_place():
    assert coverage(padded([[0, 1], [1]], 2), 4) == 0.5
    assert coverage(padded([], 2), 0) == 0.0


def test_gini_is_zero_when_all_stand_alike_and_highest_when_one_has_all():
    assert gini(padded([[0, 1], [2, 3]], 2), 4) == pytest.approx(0)
    assert gini(padded([[2], [2]], 1), 4) == pytest.approx(0.75)
    assert gini(padded([[]], 1), 4) == 0.0


def test_novelty_is_the_surprise_in_bits():
    found = novelty(padded([[0, 1], [1], []], 2), np.array([8, 0]), visitors=8)
    assert found == pytest.approx([(0 + 3) / 2, 3, 0])


def test_diversity_is_the_mean_distance_of_all_pairs():
    vectors = sparse.csr_array(np.array([[1, 0], [1, 0], [0, 1], [math.sqrt(0.5), math.sqrt(0.5)]]))
    found = diversity(padded([[0, 1], [0, 2], [0, 1, 2], [0, 3], [0]], 3), vectors)
    assert found == pytest.approx([0, 1, 2 / 3, 1 - math.sqrt(0.5), 0])


@given(st.lists(st.lists(st.integers(0, 7), unique=True, max_size=5), min_size=1, max_size=5), st.integers(0, 9))
def test_diversity_equals_the_mean_over_pairs_written_out(lists, seed):
    dense = np.random.default_rng(seed).random((8, 4)) * (np.random.default_rng(seed).random((8, 4)) > 0.4)
    size = np.linalg.norm(dense, axis=1, keepdims=True)
    unit = np.divide(dense, size, out=np.zeros_like(dense), where=size > 0)
    expected = []
    for items in lists:
        pairs = [1 - unit[a] @ unit[b] for a in items for b in items if a != b]
        # an empty vector is at distance 1 of all others
        expected.append(np.mean(pairs) if pairs else 0.0)
    assert diversity(padded(lists, 5), sparse.csr_array(unit)) == pytest.approx(expected)


def test_age_is_the_median_since_publication_and_zero_for_an_empty_list():
    published, now = np.array([0, 10, 40]), np.array([50, 60, 70])
    assert_array_equal(median_age(padded([[0, 1, 2], [0, 1], []], 3), published, now), [40, 55, 0])


def test_intervals_of_many_columns_are_those_of_each():
    values = np.random.default_rng(4).random((30, 3))
    together = bootstraps(values, np.random.default_rng(1), draws=600)
    for column, found in enumerate(together):
        alone = bootstrap(values[:, column], np.random.default_rng(1), draws=600)
        assert (found.mean, found.low, found.high) == pytest.approx((alone.mean, alone.low, alone.high))


def test_interval_replays_from_its_seed_and_holds_the_mean():
    values = np.random.default_rng(3).random(50)
    first = bootstrap(values, np.random.default_rng(1))
    assert first == bootstrap(values, np.random.default_rng(1))
    assert first.low < first.mean < first.high
    assert first.mean == pytest.approx(values.mean())


def test_interval_covers_the_true_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        found = bootstrap(rng.random(40), rng, draws=300)
        covered += found.low <= 0.5 <= found.high
    assert 176 <= covered <= 199


def test_paired_interval_sees_a_small_steady_gain_that_two_intervals_hide():
    rng = np.random.default_rng(2)
    theirs = rng.random(60)
    ours = theirs + 0.02 + rng.normal(0, 0.01, 60)
    assert paired_difference(ours, theirs, rng).low > 0
    assert bootstrap(ours, rng).low < bootstrap(theirs, rng).high
    with pytest.raises(ValueError, match="against"):
        paired_difference(ours, theirs[:3], rng)


def test_no_values_have_no_interval():
    with pytest.raises(ValueError, match="no values"):
        bootstrap(np.zeros(0), np.random.default_rng(0))


def test_sign_flips_tell_a_steady_gain_from_chance():
    rng = np.random.default_rng(6)
    noise = rng.normal(0, 1, 80)
    differences = np.stack([0.5 + 0.1 * noise, noise - noise.mean(), np.zeros(80)], axis=1)
    steady, none, equal = sign_flip_test(differences, np.random.default_rng(0), draws=999)
    assert steady == pytest.approx(0.001)
    assert none > 0.9
    assert equal == 1.0
    with pytest.raises(ValueError, match="no differences"):
        sign_flip_test(np.zeros((0, 2)), rng)


def test_sign_flips_of_few_lists_are_those_of_all_flips():
    """With three lists that all gain, 2 of the 8 ways to flip the signs are as far from 0."""
    (found,) = sign_flip_test(np.array([[1.0], [2.0], [3.0]]), np.random.default_rng(0), draws=20_000)
    assert found == pytest.approx(0.25, abs=0.015)


def test_sign_flips_reject_no_more_often_than_they_say():
    rng = np.random.default_rng(8)
    p = sign_flip_test(rng.normal(0, 1, (40, 400)), rng, draws=400)
    assert 0.02 <= np.mean(p < 0.05) <= 0.08
