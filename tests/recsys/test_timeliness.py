"""Closeness in time counts as much as the site's fit says, and never against reason."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys.timeliness import Timeliness
from recsys.times import DAY

lags = st.lists(st.integers(-20_000 * DAY, 20_000 * DAY), min_size=1, max_size=20)
fits = st.builds(Timeliness, st.floats(0, 1e5), st.floats(DAY, 500 * DAY))


@given(fits, lags)
def test_a_boost_lies_between_one_and_that_of_the_same_moment(fit, apart):
    boost = fit.boost(np.array(apart))
    assert np.all((boost >= 1) & (boost <= fit.most))


@given(fits, lags)
def test_the_closer_is_never_boosted_less(fit, apart):
    boost = fit.boost(np.sort(np.abs(np.array(apart))))
    assert np.all(np.diff(boost) <= 0)


@given(lags)
def test_without_gain_dates_change_nothing(apart):
    assert np.all(Timeliness(0.0, DAY).boost(np.array(apart)) == 1)


@given(st.floats(0, 1e5), st.floats(0, 1))
def test_no_date_is_between_near_and_far(gain, usual):
    fit = Timeliness(gain, DAY, usual)
    assert 1 <= fit.neutral <= fit.most


def test_before_and_after_count_alike():
    boost = Timeliness(5.0, 30.0 * DAY).boost(np.array([-3 * DAY, 3 * DAY]))
    assert boost[0] == boost[1]
