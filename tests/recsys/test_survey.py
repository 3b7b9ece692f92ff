"""A survey of before finds the leaders that a look at all articles finds, whatever came in between."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import survey as subject
from recsys.engagement import Engagement
from recsys.interest import LONG_AGO, site_clock
from recsys.items import best
from recsys.ranking import RankingFit
from recsys.survey import WINDOW, Survey, expected
from recsys.times import DAY, HOUR, SECOND
from recsys.untrained import engagement_of_none
from training.age_curve import AGES

NOW = 1_770_000_000 * SECOND
UNTIL = HOUR


class Site:
    """As much of a model as a survey looks at."""

    def __init__(self, rng: np.random.Generator, n: int, *, acted: float, drawn: np.ndarray, coarse: bool) -> None:
        published = NOW + (2 - 200 * rng.random(n)) * DAY // (6 * HOUR if coarse else 1) * (6 * HOUR if coarse else 1)
        last = np.where(rng.random(n) < acted, NOW - (60 * rng.random(n) ** 3 * DAY).astype(np.int64), LONG_AGO)
        none = {
            f"{kind}_{name}": np.zeros(n, np.int64) for kind in ("views", "likes") for name in ("total", "at", "since")
        }
        starts = np.zeros(n + 1, np.int64)
        arrays = engagement_of_none() | none | {"last": last, "pair_starts": starts, "like_starts": starts}
        arrays["interest"] = np.where(last > LONG_AGO, rng.pareto(1.0, (5, n)).round(0 if coarse else 6), 0.0)
        arrays["last_event"] = np.array([last.max(initial=LONG_AGO)])
        horizons = np.array([HOUR, DAY, 7 * DAY, 30 * DAY, np.inf])
        self.rng = rng
        self.articles = SimpleNamespace(published=published.astype(np.int64))
        self.engagement = Engagement(arrays)
        self.ranking = RankingFit(horizons, arrays["half_lives"], *np.zeros((3, 5)), ages=AGES, drawn=drawn)

    def read(self, m: int, at: int) -> None:
        rows = (3 * self.rng.pareto(1.0, m)).astype(np.int32) % self.articles.published.size
        readers, nowhere = self.rng.integers(1, 2**40, m).astype(np.uint64), np.zeros(m, np.uint64)
        at = at - self.rng.integers(-100, 100, m) * SECOND
        self.engagement.meet(np.ones(m, np.int8), np.full(m, np.nan), at, rows, readers, nowhere)

    def put(self, row: int, published: int) -> None:
        self.articles.published = np.append(self.articles.published, 0)[: max(self.articles.published.size, row + 1)]
        self.articles.published[row] = published
        article = SimpleNamespace(views=None, likes=None)
        self.engagement.put(SimpleNamespace(row=row, article=article, views_at=0, likes_at=0))

    def leaders(self, second: int, k: int) -> tuple[list[int], int, list[int]]:
        """By a look at all articles."""
        published = self.articles.published
        here = np.flatnonzero(published <= second)
        newest = int(published[here].max(initial=LONG_AGO))
        clock = site_clock(second, self.engagement.last_event, newest)
        signals = self.engagement.interest(WINDOW, clock, here), expected(self, published[here], clock)
        leading = [here[best(signal, here, k)] for signal in signals]
        coming = np.flatnonzero((published > second) & (published <= second + UNTIL))
        return sorted({*np.concatenate(leading).tolist()}), newest, coming.tolist()


CURVES = st.sampled_from([np.zeros(AGES.size), np.minimum(np.arange(AGES.size), 5.0)]) | st.integers(0, 99).map(
    lambda seed: np.concatenate(([0.0], np.random.default_rng(seed).random(AGES.size - 1) ** 4)).cumsum()
)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.sampled_from([1, 5, 40, 400]),
    acted=st.sampled_from([0.0, 0.05, 0.5, 1.0]),
    drawn=CURVES,
    coarse=st.booleans(),
    k=st.sampled_from([1, 3, 10]),
    late=st.sampled_from([3, 1_000]),
)
def test_leaders_are_those_of_a_look_at_all_articles(*, seed, n, acted, drawn, coarse, k, late):
    rng = np.random.default_rng(seed)
    site, now, told = Site(rng, n, acted=acted, drawn=drawn, coarse=coarse), NOW, None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "LATE", late)
        for _ in range(12):
            now += int(rng.choice([1, 60, 4_000, 300_000, -4_000]) * SECOND * rng.random())
            if rng.random() < 0.6:
                site.read(int(rng.integers(1, 9)), now)
            if rng.random() < 0.4:
                size = site.articles.published.size
                site.put(int(rng.integers(size + 1)), now - int(rng.integers(-3 * HOUR, 40 * DAY)))
            found = None if told is None else told.leaders(site, now, now + UNTIL)
            if found is None:
                told = Survey.of(site, k, told)
                found = told.surely(site, now, now + UNTIL)
            wanted, newest, coming = site.leaders(now, k)
            assert sorted({*found.rows.tolist()}) == wanted
            assert (found.newest, sorted(found.coming.tolist())) == (newest, coming)


def test_a_survey_holds_for_weeks_where_nobody_acts():
    site = Site(np.random.default_rng(1), 400, acted=0.5, drawn=np.sqrt(AGES), coarse=False)
    told = Survey.of(site, 10)
    for hours in range(0, 500, 7):
        found = told.leaders(site, NOW + hours * HOUR, NOW + hours * HOUR + UNTIL)
        assert found is not None
        assert sorted({*found.rows.tolist()}) == site.leaders(NOW + hours * HOUR, 10)[0]
