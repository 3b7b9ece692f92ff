"""What is learnt for the lists of related articles: from texts and dates alone, and nothing where they say nothing."""

import numpy as np
import pytest
from scipy import sparse

from recsys.covisitation import Ties
from recsys.neighbours import NeighbourIndex
from recsys.related import FLOOR, TIMELESS, TYPICAL
from recsys.times import DAY
from training.related import chance_floor, fit_related, fit_timeliness, tie_worth, typical_words

TOPICS, EACH, WORDS = 12, 12, 400


@pytest.fixture(scope="module")
def index():
    """Articles of a dozen topics, each with words of its own and words of all; row = topic * EACH + number."""
    rng = np.random.default_rng(3)
    dense = np.zeros((TOPICS * EACH, WORDS), np.float32)
    for row in range(len(dense)):
        first = 20 * (row // EACH)
        dense[row, rng.choice(np.arange(first, first + 20), 10, replace=False)] = 1.0
        dense[row, rng.choice(np.arange(240, WORDS), 20, replace=False)] = 0.5
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    return NeighbourIndex.build(sparse.csr_array(dense))


def lists(index):
    return index.first_lists(np.arange(len(index)), index.stored)


def test_time_counts_where_a_topic_has_its_days(index):
    published = np.arange(len(index)) * 3 * DAY
    assert fit_timeliness(lists(index), published).gain > 1


def test_time_counts_for_nothing_where_dates_are_shuffled(index):
    published = np.random.default_rng(5).permutation(len(index)) * 3 * DAY
    assert fit_timeliness(lists(index), published).most < 1.15


def test_time_counts_for_nothing_where_all_is_of_one_day(index):
    assert fit_timeliness(lists(index), np.zeros(len(index), np.int64)) == TIMELESS


def test_dates_of_evergreen_articles_teach_nothing(index):
    published = np.arange(len(index)) * 3 * DAY
    every = np.ones(len(index), np.bool_)
    assert fit_timeliness(lists(index), published, every) == TIMELESS
    shuffled = np.where(np.arange(len(index)) % 2 == 0, np.random.default_rng(5).permutation(published), published)
    half = np.arange(len(index)) % 2 == 0
    assert fit_timeliness(lists(index), shuffled, half).gain > fit_timeliness(lists(index), shuffled).gain


def test_context_counts_the_more_the_fewer_words_articles_have(index):
    brief, long = (
        fit_related(index, np.arange(len(index)), Ties.empty(), np.random.default_rng(0), words=words).context
        for words in (30.0, 270.0)
    )
    assert (brief, long) == (0.4, pytest.approx(0.1))


def test_typical_words_leave_pairs_and_empty_articles_aside():
    vectors = sparse.csr_array(np.array([[1, 1, 1, 0], [0, 0, 0, 0], [1, 0, 0, 1]], np.float32))
    assert typical_words(vectors, np.array([False, False, True, True])) == 1.5


def test_articles_of_one_topic_pass_the_floor_and_chance_does_not(index):
    floor, lead = chance_floor(index, np.random.default_rng(1), 0.0)
    assert floor < lead
    table = lists(index)
    topic = np.arange(len(index))[:, None] // EACH == table.rows // EACH
    assert np.mean(table.scores[topic] > floor) > 0.99
    drawn = np.zeros(WORDS, np.float32)
    drawn[np.random.default_rng(2).choice(WORDS, 30, replace=False)] = 1 / np.sqrt(30)
    words = np.flatnonzero(drawn).astype(np.int32)
    assert np.mean(index.scores(words, drawn[words]) > floor) < 0.5


def test_the_floor_is_the_same_in_every_training(index):
    first, second = (chance_floor(index, np.random.default_rng(1), 0.3) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_site_of_few_articles_has_the_defaults(rows):
    vectors = sparse.csr_array(np.eye(rows, 5, dtype=np.float32))
    index = NeighbourIndex.build(vectors)
    fit = fit_related(index, np.arange(rows), Ties.empty(), np.random.default_rng(0), words=90.0)
    assert (fit.floor, fit.lead, fit.typical, fit.tie_worth) == (FLOOR, FLOOR, TYPICAL, 0.0)
    assert fit.timeliness == TIMELESS


def test_a_site_without_texts_still_values_ties():
    index = NeighbourIndex.build(sparse.csr_array(np.zeros((3, 2), np.float32)))
    ties = Ties(
        np.array([0, 1, 2, 2]), np.array([1, 0], np.int32), np.full(2, 0.5, np.float32), np.full(2, 4, np.int32)
    )
    worth = tie_worth(lists(index), ties, 30.0)
    assert worth > 0
    assert tie_worth(lists(index), ties, 300.0) == worth
    assert tie_worth(lists(index), ties, 3.0) == pytest.approx(10 * worth)


def test_a_fit_survives_its_arrays(index):
    fit = fit_related(index, np.arange(len(index)) * DAY, Ties.empty(), np.random.default_rng(0), words=90.0)
    assert type(fit).from_arrays(fit.arrays()) == fit
