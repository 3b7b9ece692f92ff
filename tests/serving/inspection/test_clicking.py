"""Shares of clicks and their intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.bundle import Manifest
from serving.inspection.clicking import click_through, wilson


def test_the_interval_is_the_one_in_the_books():
    """Brown, Cai and DasGupta (2001) and others give 10 of 100: 0.0552 to 0.1744."""
    assert wilson(10, 100) == pytest.approx((0.0552, 0.1744), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_the_interval_holds_the_share(clicked, more):
    shown = clicked + more
    low, high = wilson(clicked, shown)
    assert 0.0 <= low <= clicked / shown <= high <= 1.0


def test_a_model_that_counted_nothing_has_no_lists():
    nothing = Manifest(version="v", as_of=1, log_seq=0, articles=3, events=0)
    assert click_through(nothing) == {"version": "v", "lists": {}}
