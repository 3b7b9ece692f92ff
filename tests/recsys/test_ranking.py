"""Ranking: evidence first, then what is new, marked fill at the end; nothing hidden, nothing from the future."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys import ranking as of_ranking
from recsys.article import Article
from recsys.columns import ArticleColumns
from recsys.engagement import Engagement
from recsys.event import Event
from recsys.interest import HALF_LIVES, LONG_AGO, WEIGHTS, Worth
from recsys.items import WINDOWS, Wish
from recsys.ranking import RankingFit, ranking
from recsys.record import Micros, SectionPath
from recsys.times import DAY, HOUR, SECOND
from tests.recsys.meeting import engage

NOW = 1_700_000_000_000_000
N = 12


def no_engagement(n: int) -> Engagement:
    zeros, worth = np.zeros(n, np.int64), Worth.of(WEIGHTS)
    return Engagement.from_arrays(
        {
            "half_lives": np.array([*HALF_LIVES.values()]),
            "levels": worth.levels,
            "level_of": worth.level_of,
            "good_rating": np.array([np.nan]),
            "last_event": np.array([LONG_AGO]),
            "last": np.full(n, LONG_AGO),
            "interest": np.zeros((len(HALF_LIVES), n)),
            **{f"{name}_{part}": zeros for name in ("views", "likes") for part in ("total", "at", "since")},
            **{f"{name}_starts": np.zeros(n + 1, np.int64) for name in ("pair", "like")},
            **{f"{name}_reader": np.zeros(0, np.uint64) for name in ("pair", "like")},
            "pair_latest": np.zeros((0, worth.levels.size), np.int64),
            "pair_source": np.zeros(0, np.int32),
            "sources": np.zeros(0, np.uint64),
            "like_at": np.zeros(0, np.int64),
            "like_off": np.zeros(0, np.uint8),
        }
    )


def fit(drawn_by_day: float = 0.0) -> RankingFit:
    """Articles draw `drawn_by_day` views in their first day and nothing later."""
    horizons = np.array([1.0 * HOUR, 1.0 * DAY, 7.0 * DAY, 30.0 * DAY, np.inf])
    ages, drawn = np.array([0.0, 1.0 * DAY, 2.0 * DAY]), np.array([0.0, drawn_by_day, drawn_by_day])
    mix, nothing = np.array([0.5, 0.5, 0.5, 0.5, 1.0]), np.zeros(5)
    return RankingFit(horizons, np.array([*HALF_LIVES.values()]), mix, nothing, nothing, ages, drawn)


def site(published: list[int], drawn_by_day: float = 0.0, **fields: dict) -> SimpleNamespace:
    """A model as far as Ranking looks at it; `fields` by row as `row_3={"labels": (...)}`."""
    columns = ArticleColumns()
    for row, at in enumerate(published):
        more = fields.get(f"row_{row}", {})
        columns.put(row, Article(id=str(row), title="T", published_at=Micros(at), **more), language="en")
    return SimpleNamespace(
        articles=columns, engagement=no_engagement(len(published)), ranking=fit(drawn_by_day), rules=()
    )


def view(model: SimpleNamespace, row: int, visitor: str | None = None, at: int = NOW - HOUR, times: int = 1) -> None:
    for i in range(times):
        name = visitor or f"reader {row} {at} {i}"
        engage(model.engagement, [Event(type="view", article_id=str(row), visitor_id=name, at=Micros(at))], [row])


def rows(items: list) -> list[int]:
    return [item.row for item in items]


OLD = [NOW - (100 + row) * DAY for row in range(N)]


def test_what_more_readers_read_stands_first_and_equals_by_lower_row():
    model = site(OLD)
    view(model, 7, times=3)
    view(model, 5, times=2)
    view(model, 2, times=2)
    assert rows(ranking(model, "day", Wish(limit=3), NOW)) == [7, 2, 5]


def test_a_new_article_is_shown_by_its_age_alone_and_says_so():
    model = site([*OLD[:-1], NOW - HOUR], drawn_by_day=24.0)
    (item,) = ranking(model, "day", Wish(limit=8, fill="none"), NOW)
    assert (item.row, item.fill, item.reasons[0].kind) == (N - 1, None, "new")


@given(st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, 60 * 24)), max_size=30), st.sampled_from(WINDOWS))
def test_reasons_sum_to_the_score_and_nothing_stands_twice(acts, window):
    model = site([NOW - row * DAY for row in range(N)], drawn_by_day=3.0)
    for row, hours in acts:
        view(model, row, at=NOW - hours * HOUR)
    items = ranking(model, window, Wish(limit=N), NOW)
    assert sorted(rows(items)) == list(range(N))
    for item in items:
        assert item.score == pytest.approx(sum(reason.weight for reason in item.reasons), abs=1e-9)
        assert (item.fill is None) == (item.score > 0.0)
    matches = [item.score for item in items if item.fill is None]
    assert matches == sorted(matches, reverse=True)
    assert [item.fill is None for item in items] == sorted((item.fill is None for item in items), reverse=True)


def test_without_evidence_the_next_longer_window_fills_and_then_the_newest():
    model = site(OLD)
    view(model, 7, at=NOW - 3 * DAY, times=2)
    view(model, 4, at=NOW)
    items = ranking(model, "hour", Wish(limit=4), NOW)
    assert [(item.row, item.fill) for item in items] == [(4, None), (7, "week"), (0, "newest"), (1, "newest")]
    assert all(item.reasons[0].weight == 0.0 for item in items if item.fill)
    assert rows(ranking(model, "hour", Wish(limit=4, fill="none"), NOW)) == [4]


def test_all_is_the_undecayed_total():
    model = site(OLD)
    view(model, 3, at=NOW - 90 * DAY, times=3)
    view(model, 4, at=NOW, times=2)
    assert rows(ranking(model, "all", Wish(limit=2), NOW)) == [3, 4]


def test_what_is_embargoed_expired_unlisted_sponsored_or_gone_is_in_no_ranking():
    hidden = {
        "row_1": {"expires_at": Micros(NOW)},
        "row_2": {"labels": ("unlisted",)},
        "row_3": {"labels": ("sponsored",)},
    }
    model = site([NOW + 1, *OLD[1:]], drawn_by_day=9.0, **hidden)
    model.articles.remove(4)
    for row in range(N):
        view(model, row)
    assert sorted(rows(ranking(model, "day", Wish(limit=N), NOW))) == list(range(5, N))


def test_a_sensitive_article_is_ranked_and_never_fills():
    model = site(OLD, row_0={"labels": ("sensitive",)}, row_1={"labels": ("sensitive",)})
    view(model, 1)
    items = ranking(model, "hour", Wish(limit=N), NOW)
    assert items[0].row == 1
    assert 0 not in rows(items)


def test_filters_act_before_the_cut():
    model = site(OLD, row_9={"tags": ("rare",)})
    for row in range(9):
        view(model, row, times=3)
    view(model, 9)
    assert rows(ranking(model, "day", Wish(limit=1, tag="rare"), NOW)) == [9]


def test_a_site_whose_data_ended_last_year_ranks_as_on_its_last_day():
    model = site([NOW - row * DAY for row in range(N)], drawn_by_day=5.0)
    view(model, 3, times=4)
    then = ranking(model, "day", Wish(limit=N), NOW)
    assert ranking(model, "day", Wish(limit=N), NOW + 365 * DAY) == then


def test_an_event_stamped_ahead_of_the_clock_weighs_no_more_than_one_now():
    model = site(OLD)
    view(model, 2, at=NOW + 4 * 60_000_000)
    view(model, 3, at=NOW, times=2)
    assert rows(ranking(model, "hour", Wish(limit=2), NOW)) == [3, 2]


def test_a_million_views_by_one_reader_weigh_as_one():
    model = site(OLD)
    for minute in range(3_000):
        view(model, 1, visitor="stuffer", at=NOW - minute * 1_000_000)
    view(model, 6, times=2)
    assert rows(ranking(model, "day", Wish(limit=2), NOW)) == [6, 1]


def test_an_event_shows_in_the_next_list():
    model = site(OLD)
    view(model, 1)
    assert rows(ranking(model, "day", Wish(limit=1), NOW)) == [1]
    view(model, 2, times=2)
    assert rows(ranking(model, "day", Wish(limit=1), NOW)) == [2]


@pytest.mark.parametrize("published", [[], [NOW - DAY]])
def test_a_site_with_next_to_nothing_gets_what_there_is(published):
    assert rows(ranking(site(published), "day", Wish(limit=8), NOW)) == list(range(len(published)))


def test_a_section_s_ranking_is_the_whole_one_with_the_others_left_out():
    fields = {f"row_{row}": {"section": SectionPath(("News", "Sport" if row % 3 else "Council"))} for row in range(N)}
    model = site([NOW - row * DAY for row in range(N)], drawn_by_day=3.0, **fields)
    for row in range(N):
        view(model, row, times=row % 5)
    everything = ranking(model, "day", Wish(limit=N, fill="none"), NOW)
    council = ranking(model, "day", Wish(limit=N, fill="none", section="Council"), NOW)
    assert council == [item for item in everything if item.row % 3 == 0]
    assert council


def test_an_evergreen_article_is_buried_by_neither_its_age_nor_the_age_of_its_reads():
    """Both are old and were read ten days ago; evergreen ones draw four readers a day at any age."""
    model = site(OLD, row_3={"evergreen": True}, row_4={"evergreen": False})
    model.ranking = replace(model.ranking, evergreen_rate=np.array([4.0 / DAY]))
    for row in (3, 4):
        view(model, row, at=NOW - 10 * DAY, times=40)
    view(model, 9, at=NOW)
    item, other = ranking(model, "day", Wish(limit=N, fill="none"), NOW)
    assert (item.row, other.row) == (3, 9)
    assert [reason.kind for reason in item.reasons] == ["new", "popular"]
    assert item.score == pytest.approx(0.5 * 4.0 + 0.5 * 40 * 0.5 ** (10 / 14) * (1 - 0.5 ** (1 / 14)), rel=0.02)


def test_what_is_past_the_age_limit_is_in_no_ranking_unless_it_is_evergreen():
    model = site([NOW - HOUR, *OLD[1:]], drawn_by_day=5.0, row_3={"evergreen": True})
    model.ranking = replace(model.ranking, max_age=np.array([30.0 * DAY]))
    view(model, 3)
    view(model, 4, times=50)
    for window in WINDOWS:
        assert sorted(rows(ranking(model, window, Wish(limit=N), NOW))) == [0, 3]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 900)), min_size=1, max_size=12), st.integers(0, 4))
def test_within_a_second_a_ranking_follows_each_event_as_if_worked_out_anew(acts, evergreen):
    """While readers act all the time, only the articles that they act on are looked at."""
    published = [NOW - (row + 1) * HOUR for row in range(5)]
    model = site(published, 50.0, **{f"row_{evergreen}": {"evergreen": True}})
    view(model, 0, at=NOW + SECOND // 2)
    for window in range(len(WINDOWS)):
        model.ranking.standing(model.articles, model.engagement, window, NOW)
    for row, milliseconds in acts:
        view(model, row, f"reader {milliseconds}", at=NOW + milliseconds * 1_000)
        anew = replace(model.ranking, _standings={})
        for window in range(len(WINDOWS)):
            found, expected = (
                fit.standing(model.articles, model.engagement, window, NOW) for fit in (model.ranking, anew)
            )
            assert found.clock == expected.clock
            assert found.score.tolist() == expected.score.tolist()
            assert found.current.tolist() == expected.current.tolist()


@given(
    acts=st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, 900)), min_size=1, max_size=12),
    exclude=st.frozensets(st.integers(0, N - 1), max_size=4),
    limit=st.integers(0, N),
    window=st.sampled_from(WINDOWS),
)
def test_a_list_full_of_leaders_is_that_of_a_look_at_the_whole_site(acts, exclude, limit, window):
    model = site([NOW - row * DAY + SECOND // 2 for row in range(N)], drawn_by_day=3.0, row_2={"section": ("Harbour",)})
    wishes = [Wish(limit=limit, exclude=exclude), Wish(limit=min(limit, 1), section="Harbour")]
    for row, milliseconds in acts:
        view(model, row, f"reader {milliseconds}", at=NOW + milliseconds * 1_000)
        for wish in wishes:
            found = []
            for leaders, fitted in ((2, model.ranking), (0, replace(model.ranking, _standings={}))):
                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(of_ranking, "LEADERS", leaders)
                    asked = SimpleNamespace(**{**vars(model), "ranking": fitted})
                    found.append(ranking(asked, window, wish, NOW + milliseconds * 1_000))
            assert found[0] == found[1]
