"""Ranking is asked as time goes on, meets events as they come, and is judged by what follows."""

import numpy as np
import pytest

from recsys.article import Article
from recsys.event import Event
from recsys.model import Model
from recsys.record import Micros
from recsys.settings import Settings
from recsys.store import StoredArticle
from recsys.times import DAY, HOUR, SECOND
from training.comparison import Answers
from training.events import event_table
from training.fit import fit
from training.replay import Split, acts_of
from training.replay_ranking import replay_ranking

START = 1_700_000_000 * SECOND - 1_700_000_000 * SECOND % DAY
DAYS = 30
CUT = START + 20 * DAY


def quiet(*_):
    pass


def site(lasting: float) -> tuple[list[StoredArticle], list[Event]]:
    """Three articles a day; each draws readers for about `lasting`, one of them ten times as many as the others."""
    rng = np.random.default_rng(3)
    published = START + np.arange(DAYS * 3) * (DAY // 3)
    stored = [
        StoredArticle(Article(id=str(row), title=f"T {row}", published_at=Micros(int(at))), row, 0, 0)
        for row, at in enumerate(published)
    ]
    events = [
        Event(type="view", article_id=str(row), visitor_id=f"{row}-{i}", at=Micros(int(at + age)))
        for row, at in enumerate(published)
        for i, age in enumerate(rng.exponential(lasting, 40 if row % 3 == 0 else 4))
        if at + age < START + DAYS * DAY
    ]
    return stored, events


def replayed(lasting: float, **options) -> tuple[dict[str, Answers], Model, Split]:
    stored, events = site(lasting)
    table = event_table(events, int, 2**60)
    arrays, manifest = fit(stored, table, CUT, Settings(), with_totals=False)
    model = Model.open(manifest, arrays)
    split = Split(acts_of(table, model), CUT, START + DAYS * DAY)
    return replay_ranking(model, split, k=8, progress=quiet, **options), model, split


@pytest.mark.slow
def test_a_slow_site_is_asked_day_by_day_for_three_horizons():
    found, model, split = replayed(2.0 * DAY)
    assert [protocol.split(",")[0] for protocol in found] == [
        f"day by day: what readers turn to within the next {horizon}" for horizon in ("24 hours", "3 hours", "7 days")
    ]
    day, _, week = found.values()
    assert [*day.now] == [*range(CUT, CUT + 10 * DAY, DAY)]
    assert [*week.now] == [*range(CUT, CUT + 4 * DAY, DAY)]
    met = (split.acts.at >= CUT) & (split.acts.at < day.now[-1])
    assert model.engagement.changes == np.count_nonzero(met)


@pytest.mark.slow
def test_a_fast_site_is_asked_every_three_hours_and_truth_is_what_follows():
    found, _, split = replayed(2.0 * HOUR, steps=12)
    day, three, _ = found.values()
    assert [*three.now] == [*range(CUT, CUT + 36 * HOUR, 3 * HOUR)]
    for start, truth in zip(three.now, three.truth, strict=True):
        here = (split.acts.at >= start) & (split.acts.at < start + 3 * HOUR)
        published = START + split.acts.row.astype(np.int64) * (DAY // 3)
        rows, counts = np.unique(split.acts.row[here & (published <= start)], return_counts=True)
        assert truth == dict(zip(rows.tolist(), counts.tolist(), strict=True))
    assert set(day.lists) >= {"ours", "newest first", "Reddit", "last hour", "random", "most recent readers"}


@pytest.mark.slow
def test_no_list_knows_what_comes_after_its_moment():
    """With everything after the third day changed, the first lists stay as they were."""
    stored, events = site(2.0 * DAY)
    lists = []
    for later in (0, 1):
        turned = [
            e if e.at < CUT + 2 * DAY else Event(type="view", article_id=str(later), visitor_id=e.visitor_id, at=e.at)
            for e in events
        ]
        table = event_table(turned, int, 2**60)
        arrays, manifest = fit(stored, table, CUT, Settings(), with_totals=False)
        model = Model.open(manifest, arrays)
        found = replay_ranking(
            model, Split(acts_of(table, model), CUT, START + DAYS * DAY), k=8, steps=3, progress=quiet
        )
        lists.append({name: [*found[name].lists["ours"][:3]] for name in found})
    assert lists[0] == lists[1]
