"""What the past teaches Ranking: a half-life and a mix per window, and the age curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from recsys.article import Article
from recsys.columns import ArticleColumns
from recsys.event import Event
from recsys.interest import HALF_LIVES, WEIGHTS, Worth
from recsys.record import Micros
from recsys.times import DAY, HOUR
from training.age_curve import AGES, AgeCurve
from training.events import event_table
from training.grid_replay import HALF_LIVES as GRID
from training.grid_replay import MIXES, Past, replay_grid
from training.ranking import YOUNG_MIX, choose, fit_ranking
from training.traces import Traces, traces_of

START = 1_600_000_000_000_000
WORTH = Worth.of(WEIGHTS)


def columns_of(published: list[int]) -> ArticleColumns:
    columns = ArticleColumns()
    for row, at in enumerate(published):
        columns.put(row, Article(id=str(row), title="T", published_at=Micros(at)), language="en")
    return columns


def views(row: np.ndarray, at: np.ndarray) -> list[Event]:
    return [
        Event(type="view", article_id=str(r), visitor_id=f"{i}", at=Micros(int(t)))
        for i, (r, t) in enumerate(zip(row, at, strict=True))
    ]


def steady_site(days: int, lasting: int, articles_a_day: int = 4) -> tuple[ArticleColumns, list[Event]]:
    """Each article draws readers evenly for `lasting` microseconds; some draw twenty times as many as others."""
    rng = np.random.default_rng(5)
    published = START + (np.arange(days * articles_a_day) * (DAY // articles_a_day))
    readers = np.where(rng.random(published.size) < 0.2, 60, 3)
    row = np.repeat(np.arange(published.size), readers)
    at = published[row] + (rng.random(row.size) * lasting).astype(np.int64)
    kept = at < START + days * DAY
    return columns_of(published.tolist()), views(row[kept], at[kept])


def fitted(columns: ArticleColumns, events: list[Event], as_of: int = START + 1_000 * DAY):
    return fit_ranking(columns, event_table(events, columns.row, as_of), as_of, WORTH)


def test_a_site_whose_articles_last_longer_gets_longer_half_lives():
    fast = fitted(*steady_site(days=40, lasting=12 * HOUR))
    slow = fitted(*steady_site(days=40, lasting=15 * DAY))
    assert fast.half_lives[1] < slow.half_lives[1]
    assert fast.replays[1] > 10
    assert fast.quality[1] > 0.5


def test_a_young_site_has_the_defaults_and_says_that_nothing_was_replayed():
    fit = fitted(columns_of([START]), [Event(type="view", article_id="0", at=Micros(START + HOUR))])
    assert_array_equal(fit.half_lives, [*HALF_LIVES.values()])
    assert_array_equal(fit.mix, [YOUNG_MIX] * 4 + [1.0])
    assert not fit.replays.any()
    assert set(fit.report()) == {"hour", "day", "week", "month"}


def test_no_events_and_no_articles_fit_without_a_complaint():
    fit = fitted(columns_of([]), [])
    assert not fit.drawn.any()
    assert np.isfinite(fit.mix).all()


def test_nothing_from_the_as_of_on_is_learned_from():
    columns, events = steady_site(days=20, lasting=DAY)
    as_of = START + 10 * DAY
    early = fit_ranking(columns, event_table(events, columns.row, 2**60), as_of, WORTH)
    only = fit_ranking(columns, event_table([e for e in events if e.at < as_of], columns.row, 2**60), as_of, WORTH)
    for name, array in early.arrays().items():
        assert_array_equal(array, only.arrays()[name], err_msg=name)


def test_the_order_of_events_changes_nothing():
    columns, events = steady_site(days=12, lasting=2 * DAY)
    one = fitted(columns, events)
    other = fitted(columns, [events[i] for i in np.random.default_rng(1).permutation(len(events))])
    for name, array in one.arrays().items():
        assert_allclose(array, other.arrays()[name], rtol=1e-9, err_msg=name)


def test_a_window_without_a_past_takes_what_the_next_shorter_one_found():
    settings = GRID.size * MIXES.size
    seen = np.full((settings, 10), 0.2)
    seen[3 * MIXES.size + 4] = 0.9
    nothing = np.zeros((settings, 0))
    found = choose({"hour": seen, "day": nothing, "week": nothing, "month": nothing})
    assert {(choice.half_life, choice.mix) for choice in found.values()} == {(GRID[3], MIXES[4])}
    assert found["week"].replays == 0.0


def test_one_lucky_setting_among_bad_neighbours_does_not_win():
    quality = np.full((GRID.size, MIXES.size), 0.1)
    quality[2, 2] = 0.6
    quality[8:11, 4:7] = 0.5
    found = choose({"day": np.repeat(quality.reshape(-1, 1), 30, axis=1)})
    assert found["day"].half_life == GRID[9]


def test_the_age_curve_counts_only_the_time_that_articles_were_observed():
    """Two articles draw a reader an hour all along; one is older than the first event."""
    published = np.array([START - 5 * HOUR, START])
    curve = AgeCurve(published, START)
    at = START + np.arange(0, 20 * HOUR, HOUR)
    for article in published:
        curve.add(at - article, np.ones(at.size))
    drawn = curve.drawn(int(at[-1]))
    day = np.interp(10.0 * HOUR, AGES, drawn)
    assert day == pytest.approx(10.0, rel=0.25)
    assert (np.diff(drawn) >= 0.0).all()


@given(st.lists(st.integers(0, 30 * 24), min_size=1, max_size=12), st.integers(1, 30 * 24))
def test_time_lived_below_an_age_is_the_plain_sum(hours, until):
    published = START + np.array(hours) * HOUR
    lived = AgeCurve(published, START)._lived(START + until * HOUR)
    plain = [np.clip(START + until * HOUR - published, 0, age).sum() for age in AGES]
    assert_allclose(lived, plain, rtol=1e-9, atol=1.0)


@given(
    st.lists(
        st.tuples(st.sampled_from(["view", "like"]), st.integers(0, 2), st.sampled_from("ab"), st.integers(0, 99)),
        min_size=1,
        max_size=25,
    )
)
def test_interest_walked_through_is_interest_summed_up(acts):
    """The replay's running sums equal each reader's last act, decayed, where acts grow no weaker."""
    acts.sort(key=lambda act: (act[0] == "like", act[3]))
    events = [
        Event(type=kind, article_id=str(row), visitor_id=who, at=Micros(START + i * HOUR))
        for i, (kind, row, who, _) in enumerate(acts)
    ]
    traces = traces_of(event_table(events, int, 2**60), WORTH)
    past = Past(traces, np.full(3, START - DAY))
    now = START + 40 * HOUR
    for moment in (START + 7 * HOUR, START + 20 * HOUR, now):
        past.advance(moment)
    plain = np.zeros((GRID.size, 3))
    for row, who in {(event.article_id, event.visitor_id) for event in events}:
        mine = [e for e in events if (e.article_id, e.visitor_id) == (row, who)]
        worth = [WEIGHTS[e.type] * 0.5 ** ((now - e.at) / GRID) for e in mine]
        plain[:, int(row)] += np.max(worth, axis=0)
    assert_allclose(past._interest, plain, rtol=1e-9)


def test_replays_look_back_only():
    columns, events = steady_site(days=10, lasting=DAY)
    traces = traces_of(event_table(events, columns.row, 2**60), WORTH)
    past = Past(traces, columns.published)
    moment = START + 5 * DAY
    past.advance(moment)
    seen = traces.only(traces.at < moment)
    alone = Past(seen, columns.published)
    alone.advance(moment)
    for mine, others in zip(past.scores(DAY), alone.scores(DAY), strict=True):
        assert_allclose(mine, others)


def test_a_replay_of_a_perfect_foresight_reaches_one():
    columns = columns_of([START] * 30)
    at = START + np.arange(300) * HOUR
    events = views(np.arange(300) % 2, at) + views(np.full(300, 2), at + 1)
    found = replay_grid(traces_of(event_table(events, columns.row, 2**60), WORTH), columns.published)
    assert found["day"].max() == pytest.approx(1.0, abs=1e-6)
    assert isinstance(traces_of(event_table([], int, 0), WORTH), Traces)


def test_where_own_readers_tell_nothing_they_still_have_a_fifth_of_the_weight():
    """All articles draw alike, so that age alone would rank as well."""
    rng = np.random.default_rng(2)
    published = START + np.arange(160) * (DAY // 4)
    row = np.repeat(np.arange(published.size), 12)
    at = published[row] + (rng.random(row.size) * DAY).astype(np.int64)
    fit = fitted(columns_of(published.tolist()), views(row, at))
    assert fit.replays[1] > 10
    assert (fit.mix >= 0.2).all()


def test_evergreen_articles_have_a_rate_of_their_own_at_any_age():
    """Of two articles that are there for 40 days one, evergreen, draws two readers a day, the other one in all."""
    columns = ArticleColumns()
    for row, evergreen in enumerate((True, False)):
        article = Article(id=str(row), title="T", published_at=Micros(START), evergreen=evergreen)
        columns.put(row, article, language="en")
    at = START + np.arange(81) * (DAY // 2)
    fit = fitted(columns, views(np.append(np.zeros(81, int), 1), np.append(at, START + DAY)))
    assert fit.evergreen_rate[0] * DAY == pytest.approx(81 / 40)
    assert fitted(*steady_site(days=3, lasting=DAY)).evergreen_rate[0] == 0.0
