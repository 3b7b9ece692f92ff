"""The formulas of interest: the same on Python numbers, NumPy arrays and Ibis columns."""

import ibis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from recsys.event import EVENT_TYPES
from recsys.interest import LONG_AGO, WEIGHTS, Worth, decayed, site_clock, smoothed_rate
from recsys.times import DAY, HOUR

REFERENCE = 1_700_000_000_000_000
WORTH = Worth.of(WEIGHTS, good_rating=3.5)


@given(
    st.lists(st.tuples(st.floats(0.1, 10), st.integers(REFERENCE - 900 * DAY, REFERENCE)), min_size=1, max_size=20),
    st.sampled_from([1.0 * HOUR, 3.0 * DAY, float("inf")]),
)
def test_decay_is_the_same_on_numpy_and_plain_numbers(acts, half_life):
    weights, at = (np.array(column) for column in zip(*acts, strict=True))
    together = decayed(weights, at, REFERENCE, half_life)
    assert_allclose(together, [decayed(w, t, REFERENCE, half_life) for w, t in acts])
    assert np.all((together >= 0.0) & (together <= weights))


def test_decay_is_the_same_on_an_ibis_column():
    at = REFERENCE - np.arange(50) * HOUR
    weight = np.linspace(0.5, 3.0, 50)
    table = ibis.memtable(pa.table({"at": at, "weight": weight}))
    for half_life in (1.0 * HOUR, float("inf")):
        column = decayed(table.weight, table["at"], REFERENCE, half_life)
        found = ibis.duckdb.connect().to_pyarrow(column).to_numpy()
        assert_allclose(found, decayed(weight, at, REFERENCE, half_life), rtol=1e-12)


def test_long_ago_counts_nothing_and_overflows_nothing():
    assert decayed(1.0, LONG_AGO, REFERENCE, 365.0 * DAY) == 0.0
    assert_array_equal(decayed(1.0, np.array([LONG_AGO]), REFERENCE, 365.0 * DAY), 0.0)


@given(st.integers(0, 100), st.integers(0, 100), st.floats(0, 1), st.floats(0.1, 100))
def test_a_smoothed_rate_lies_between_what_was_expected_and_what_was_seen(successes, failures, expected, strength):
    trials = successes + failures
    rate = smoothed_rate(successes, trials, expected, strength)
    seen = successes / trials if trials else expected
    assert min(seen, expected) - 1e-9 <= rate <= max(seen, expected) + 1e-9


def worth(kind, value=None, of=WORTH):
    [found] = of.weights(np.array([EVENT_TYPES.index(kind)]), np.array([np.nan if value is None else value]))
    return found


@given(st.sampled_from(EVENT_TYPES), st.one_of(st.none(), st.sampled_from([0.0, 3.0, 4.0, 9.9, 10.0])))
def test_an_event_is_worth_its_type_but_for_short_dwells_and_likes_taken_back(kind, value):
    short = kind == "dwell" and (value is None or value < 10.0)
    assert worth(kind, value) == (0.0 if short or (kind, value) == ("like", 0.0) else WEIGHTS[kind])


def test_a_dislike_and_a_short_dwell_are_worth_nothing_and_any_rating_a_view():
    assert worth("dislike") == worth("dwell", 9.0) == worth("impression") == 0.0
    assert worth("rating", 4.0) == worth("rating", 1.0) == worth("view")


def test_a_type_can_be_set_to_nothing():
    assert worth("comment", of=Worth.of({**WEIGHTS, "comment": 0.0})) == 0.0


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_below_zero_or_not_finite_is_refused(weight):
    with pytest.raises(ValueError, match="weights"):
        Worth.of({"view": weight})


def test_ages_count_from_the_site_s_last_sign_of_life():
    assert site_clock(now=100, last_event=LONG_AGO, last_published=40) == 40
    assert site_clock(now=100, last_event=60, last_published=40) == 60
    assert site_clock(now=100, last_event=130, last_published=40) == 100
