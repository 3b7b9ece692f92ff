"""Clicks of the lists: who counts, what the place does, and how far an article's rate is believed."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from recsys.event import LIST_NAMES, Event
from recsys.record import Micros
from training.click_through import ClickThrough, beta_prior, exposures, fit_clicks
from training.engines import duckdb_engine
from training.events import event_table

AS_OF = 1_000_000


def seen(kind: str, row: int = 0, reader: str | None = "v", place: int | None = 1, at: int = 0, **fields) -> Event:
    known = {"list": "ranking"} | fields
    return Event(type=kind, article_id=str(row), visitor_id=reader, position=place, at=Micros(at), **known)


def counted(events: Sequence[Event]) -> list[tuple[int, ...]]:
    """(list, place, row, shown, clicked)"""
    with duckdb_engine(threads=1) as engine:
        table = engine.scanned("events", event_table(events, int, 2**60))
        found = exposures(table, AS_OF).order_by("list", "place", "row").to_pyarrow()
    return [tuple(row[name] for name in ("list", "place", "row", "shown", "clicked")) for row in found.to_pylist()]


RANKING = LIST_NAMES.index("ranking")


def test_a_reader_counts_once_however_often_they_look_and_click():
    flood = [seen("impression", at=i) for i in range(50)] + [seen("click", at=i) for i in range(50)]
    assert counted([*flood, seen("impression", reader="w")]) == [(RANKING, 1, 0, 2, 1)]


def test_clicks_without_impressions_count_nothing():
    assert counted([seen("click"), seen("click", reader=None)]) == []
    assert counted([seen("impression"), seen("click", reader="other")]) == [(RANKING, 1, 0, 1, 0)]


def test_nobody_s_clicks_are_never_more_than_nobody_s_impressions():
    events = [seen("impression", reader=None)] * 2 + [seen("click", reader=None)] * 9
    assert counted(events) == [(RANKING, 1, 0, 2, 2)]


def test_events_of_no_list_later_ones_and_other_types_are_left_out():
    assert counted([seen("impression", list=None), seen("impression", at=AS_OF), seen("view")]) == []


def test_a_missing_place_is_a_place_of_its_own():
    assert counted([seen("impression", place=None), seen("impression", place=3)]) == [
        (RANKING, 0, 0, 1, 0),
        (RANKING, 3, 0, 1, 0),
    ]


def table_of(rows: Sequence[tuple[int, int, int, int, int]]) -> pa.Table:
    return pa.table(
        dict(zip(("list", "place", "row", "shown", "clicked"), np.array(rows, np.int64).reshape(-1, 5).T, strict=True))
    )


def simulated(draws: np.ndarray, examined: np.ndarray, shown: np.ndarray, seed: int) -> ClickThrough:
    """Clicks by chance: article i at place p is shown `shown[i, p]` times."""
    rng = np.random.default_rng(seed)
    clicked = rng.binomial(shown, draws[:, None] * examined)
    row, place = np.nonzero(shown)
    rows = np.column_stack([np.zeros(row.size), place + 1, row, shown[row, place], clicked[row, place]])
    return fit_clicks(table_of(rows.astype(np.int64).tolist()), draws.size)


def test_place_and_article_are_told_apart_also_where_the_best_stand_first():
    """The plain rate of a place would give the ranking's own choice to the place."""
    rng = np.random.default_rng(1)
    draws, examined = np.sort(rng.beta(2, 18, 300))[::-1], np.arange(1, 9) ** -0.7
    shown = rng.poisson(200.0 * np.exp(-np.abs(np.arange(300)[:, None] / 300 * 8 - np.arange(8)) / 2))
    found = simulated(draws, examined, shown, 2)
    plain = found.clicked / found.shown
    assert_allclose(found.examined, examined, rtol=0.15)
    assert np.abs(plain / plain[0] - examined).max() > 2 * np.abs(found.examined - examined).max()
    assert np.corrcoef(found.draws, draws)[0, 1] > 0.75


def test_the_prior_is_found_again():
    rng = np.random.default_rng(3)
    trials = rng.integers(5, 400, 3_000).astype(np.float64)
    successes = rng.binomial(trials.astype(int), rng.beta(3, 57, 3_000)).astype(np.float64)
    mean, strength = beta_prior(successes, trials)
    assert mean == pytest.approx(0.05, rel=0.1)
    assert strength == pytest.approx(60, rel=0.25)


def test_articles_that_do_not_differ_are_all_given_the_mean():
    rng = np.random.default_rng(4)
    trials = rng.integers(50, 100, 500)
    successes = (trials * 0.1).round()
    assert beta_prior(successes, trials.astype(float))[1] == 1e6
    found = fit_clicks(
        table_of([(0, 1, i, t, int(s)) for i, (t, s) in enumerate(zip(trials, successes, strict=True))]), 501
    )
    assert_allclose(found.draws, found.mean, rtol=1e-3)


def test_little_evidence_is_believed_little():
    rows = [(0, 1, row, 200, 20 + 10 * (row % 3)) for row in range(30)] + [(0, 1, 30, 1, 1)]
    found = fit_clicks(table_of(rows), 32)
    assert found.draws[30] < 0.25
    assert found.draws[31] == pytest.approx(found.mean)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 4), st.integers(1, 50), st.integers(0, 50)),
        max_size=40,
        unique_by=lambda row: row[:3],
    )
)
def test_whatever_was_counted_all_is_finite_and_in_range(rows):
    found = fit_clicks(table_of([(*row[:4], min(row[3], row[4])) for row in rows]), 5)
    assert ((found.draws >= 0) & (found.draws <= 1)).all()
    assert (found.examined > 0).all()
    assert np.isfinite(found.examined).all()
    assert np.isfinite([found.mean, found.strength]).all()
    firsts = np.flatnonzero(np.diff(found.lists, prepend=-1))
    assert_allclose(found.examined[firsts], 1.0)
    assert sum(part["shown"] for part in found.report().values()) == sum(row[3] for row in rows)
