"""The score of a candidate: its parts, its bounds, and what each part does."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from recsys.cosine import Neighbours
from recsys.resemblance import Signals, context_of, density_of, weigh
from recsys.timeliness import Timeliness
from recsys.times import DAY

unit = st.floats(0, 1, width=32)
candidate = st.tuples(unit, st.floats(0, 2), st.integers(0, 3), st.integers(-9999 * DAY, 9999 * DAY), unit, unit)
NEWS = Timeliness(4.0, 30.0 * DAY, 0.2)
fits = st.builds(Timeliness, st.floats(0, 1e4), st.floats(DAY, 500 * DAY), unit)


def weighed(rows, *, part=0.25, typical=0.1, timeliness=NEWS, dateless=False, link=0.0):
    cosine, tie, readers, apart, context, density = (np.array(column) for column in zip(*rows, strict=True))
    signals = Signals(
        rows=np.arange(len(rows), dtype=np.int32),
        cosine=cosine.astype(np.float32),
        context=context.astype(np.float64),
        tie=tie.astype(np.float64),
        link=np.full(len(rows), link),
        readers=readers.astype(np.int32),
        apart=apart.astype(np.int64),
        dateless=np.full(len(rows), dateless),
        density=density.astype(np.float64),
    )
    return weigh(signals, part=part, typical=typical, timeliness=timeliness)


settings_of_a_site = st.fixed_dictionaries(
    {"typical": st.floats(0.01, 1), "part": unit, "timeliness": fits, "dateless": st.booleans(), "link": unit}
)


@given(st.lists(candidate, min_size=1, max_size=8), settings_of_a_site)
def test_parts_are_not_negative_and_add_up_to_a_score_within_bounds(rows, site):
    found = weighed(rows, **site)
    parts = np.array([found.terms, found.context, found.together, found.links, found.time])
    assert np.all((parts >= 0) & np.isfinite(parts))
    assert np.all((found.score >= 0) & (found.score <= 1))
    assert_allclose(parts.sum(axis=0), found.score, atol=1e-9)


@given(candidate, fits)
def test_more_likeness_never_scores_less(row, fit):
    found = weighed([row, (1.0, *row[1:])], timeliness=fit)
    assert found.score[1] >= found.score[0]


def test_a_candidate_of_the_same_day_beats_one_as_alike_of_last_year():
    found = weighed([(0.2, 0, 0, 365 * DAY, 0, 0.1), (0.2, 0, 0, 0, 0, 0.1)])
    assert found.score[1] > found.score[0]
    assert found.time[1] > found.time[0]


def test_a_candidate_that_resembles_everything_is_held_back():
    found = weighed([(0.2, 0, 0, 0, 0, 0.5), (0.2, 0, 0, 0, 0, 0.1)])
    assert found.score[1] > found.score[0]


def test_common_readers_make_a_match_where_texts_say_nothing():
    found = weighed([(0.0, 0.1, 2, 0, 0, 0), (0.0, 0.1, 1, 0, 0, 0), (0.2, 0, 0, 0, 0, 0)])
    assert found.matches(0.1, 0.1).tolist() == [True, False, True]
    assert found.together[0] > found.terms[0] + found.context[0]


def test_a_link_makes_a_match_where_texts_say_nothing():
    found = weighed([(0.0, 0, 0, 0, 0, 0)], link=0.1)
    assert found.matches(0.1, 0.1).tolist() == [True]
    assert found.links[0] > 0 == found.terms[0]


def test_an_evergreen_article_is_neither_near_nor_far_and_time_is_no_reason_for_it():
    apart = (0.2, 0, 0, 900 * DAY, 0, 0.1), (0.2, 0, 0, 0, 0, 0.1)
    evergreen, dated = weighed(apart, dateless=True), weighed(apart)
    assert evergreen.score[0] == evergreen.score[1]
    assert dated.score[0] < evergreen.score[0] < dated.score[1]
    assert evergreen.time.tolist() == [0, 0]
    assert evergreen.matches(0.15, 0.15).all()


def test_support_is_the_text_evidence_of_what_is_neither_near_nor_far():
    found = weighed([(0.2, 0.5, 1, 0, 0.1, 0.3)], dateless=True)
    assert_allclose(found.support, [0.75 * 0.2 + 0.25 * 0.1])


def test_what_is_near_in_time_needs_less_likeness_to_be_a_match():
    found = weighed([(0.1, 0, 0, 0, 0, 0.1), (0.1, 0, 0, 900 * DAY, 0, 0.1)])
    assert found.matches(0.075, 0.0).tolist() == [True, False]


def test_texts_make_no_match_where_the_best_of_them_lacks_support():
    found = weighed([(0.1, 0, 0, 0, 0, 0.1), (0.08, 0, 0, 0, 0, 0.1), (0.01, 0.1, 2, 0, 0, 0.1)], dateless=True)
    assert found.matches(0.05, 0.07).tolist() == [True, True, True]
    assert found.matches(0.05, 0.09).tolist() == [False, False, True]


def test_context_is_the_mean_over_the_candidates_neighbours():
    lists = Neighbours(
        np.array([[5, 9], [7, -1], [-1, -1]], np.int32), np.array([[0.5, 0.25], [1, 0], [0, 0]], np.float32)
    )
    known = np.array([9, 5], np.int32), np.array([0.5, 1.0], np.float32)
    assert_allclose(context_of(lists, known), [(0.25 * 1.0 + 0.0625 * 0.5) / 0.3125, 0, 0])
    assert_allclose(density_of(lists), [0.375, 1, 0])


def test_without_anything_known_there_is_no_context():
    lists = Neighbours(np.array([[5]], np.int32), np.array([[0.5]], np.float32))
    assert context_of(lists, (np.zeros(0, np.int32), np.zeros(0, np.float32))).tolist() == [0]
