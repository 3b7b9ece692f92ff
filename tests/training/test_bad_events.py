"""What can be wrong with events: refused with a reason at the door, or counted as told. Never NaN, never ahead."""

import json
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from recsys.article import Article
from recsys.columns import ArticleColumns
from recsys.engagement import Engagement
from recsys.event import EVENT_TYPES
from recsys.interest import HALF_LIVES, LONG_AGO, WEIGHTS, Worth
from recsys.record import Micros
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY, HOUR, parse_time
from training.attention import audience, dwell
from training.click_through import exposures, fit_clicks
from training.covisits import covisit_arrays, first_visits
from training.engagement import engagement_arrays
from training.engines import duckdb_engine
from training.events import SCHEMA
from training.intake import import_files
from training.ranking import fit_ranking
from training.signals import pairs
from training.totals import Totals

NOW = parse_time("2026-01-01")
START = parse_time("2020-01-01")
GOOD = {"type": "view", "article_id": "a", "at": "2025-06-01T00:00:00Z"}
N = 3

REFUSED = {
    "a clock years ahead": ({"at": "2031-06-01T00:00:00Z"}, "at"),
    "the far future": ({"at": "9999-12-31T23:59:59Z"}, "at"),
    "a second ahead": ({"at": "2026-01-01T00:00:01Z"}, "at"),
    "milliseconds for a time": ({"at": 1_748_736_000_000}, "at"),
    "milliseconds as text": ({"at": "1748736000000"}, "at"),
    "seconds for a time": ({"at": 1_748_736_000}, "at"),
    "an unknown article": ({"article_id": "nowhere"}, "article_id"),
    "an unknown type": ({"type": "purchase"}, "type"),
    "a negative dwell": ({"type": "dwell", "value": -1}, "value"),
    "a dwell without seconds": ({"type": "dwell"}, "value"),
    "place 0": ({"type": "click", "list": "ranking", "position": 0}, "position"),
    "a list that is none": ({"type": "click", "list": "sidebar"}, "list"),
}


def imported(tmp_path: Path, event: Mapping[str, Any]) -> Any:
    article = {"id": "a", "title": "A", "published_at": "2025-01-01T00:00:00Z"}
    articles, events = tmp_path / "a.jsonl", tmp_path / "e.jsonl"
    articles.write_text(json.dumps(article))
    events.write_text(f"{json.dumps(GOOD)}\n{json.dumps(event)}")
    store = SqliteStore(tmp_path / "store.db")
    try:
        return import_files(
            store,
            [articles],
            [events],
            now=NOW,
            default_zone=UTC,
            dry_run=False,
            strict=False,
            progress=lambda description, done, total: None,
        )
    finally:
        store.close()


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_a_bad_row_with_its_field_and_the_others_are_stored(tmp_path, case):
    fields, field = REFUSED[case]
    report = imported(tmp_path, GOOD | fields)
    assert [(bad.line, bad.field) for bad in report.bad_rows] == [(2, field)]
    assert report.bad_rows[0].reason
    assert report.events.accepted == 1


def test_a_clock_decades_behind_is_taken_as_it_is(tmp_path):
    """Past events of any age are welcome from files."""
    report = imported(tmp_path, GOOD | {"at": "1970-01-01T00:00:01Z"})
    assert (report.bad, report.events.accepted) == (0, 2)


def events(**columns: Any) -> pa.Table:
    """Events of the type view on article 0 by one visitor, except as told."""
    size = len(columns["at"])
    usual: dict[str, Any] = {"row": np.zeros(size, np.int32), "type": np.full(size, EVENT_TYPES.index("view"), np.int8)}
    usual["visitor"] = np.full(size, 9, np.uint64)
    given = usual | columns
    return pa.table({field.name: given.get(field.name, pa.nulls(size)) for field in SCHEMA}).cast(SCHEMA)


def learned(table: pa.Table, weights: Mapping[Any, float] = WEIGHTS, as_of: int = NOW) -> dict[str, Any]:
    worth = Worth.of(weights)
    with duckdb_engine(threads=1) as engine:
        known = engine.scanned("known", table)
        acts = engine.kept("pairs", pairs(known, as_of, worth))
        first = engine.kept("first", first_visits(acts))
        clicks = fit_clicks(exposures(known, as_of).to_pyarrow(), N)
        return {
            "engagement": engagement_arrays(
                engine, known, acts, Totals.none(N), as_of, worth=worth, half_lives=[*HALF_LIVES.values()]
            ),
            "ties": covisit_arrays(engine, first, N, threads=1),
            "clicks": {"draws": clicks.draws, "examined": clicks.examined},
            "dwell": dwell(known, as_of).to_pyarrow(),
            "audience": audience(first).to_pyarrow(),
        }


def assert_no_nan(found: dict[str, Any]) -> None:
    for part in ("engagement", "ties", "clicks"):
        for name, array in found[part].items():
            if array.dtype.kind == "f" and name not in {"half_lives", "good_rating"}:
                assert np.isfinite(array).all(), name


def test_no_events_at_all_are_zeros():
    found = learned(SCHEMA.empty_table())
    assert_no_nan(found)
    assert not found["engagement"]["interest"].any()
    assert found["ties"]["together_rows"].size == 0


def test_weights_of_zero_are_a_site_without_interest():
    """Also for the replay that a ranking is fitted by, and for events that come after the bundle."""
    table = events(at=START + HOUR * np.arange(100))
    found = learned(table, weights={})
    assert_no_nan(found)
    live = Engagement.from_arrays(found["engagement"])
    live.meet(*(table[name].to_numpy() for name in ("type", "value", "at", "row", "visitor")), np.zeros(100, np.uint64))
    assert not live.interest(0, NOW).any()
    assert live.views.count(0) == 200
    columns = ArticleColumns()
    columns.put(0, Article(id="a", title="A", published_at=Micros(START)), language="en")
    fitted = fit_ranking(columns, table, NOW, Worth.of({}))
    assert not fitted.drawn.any()
    assert np.isfinite(fitted.mix).all()
    assert not found["engagement"]["interest"].any()
    assert found["audience"].num_rows == 0


def test_a_visitor_with_a_million_events_counts_once():
    size = 1_000_000
    kind = np.resize([EVENT_TYPES.index(name) for name in ("view", "impression", "click", "dwell")], size).astype(
        np.int8
    )
    places = {"list": np.ones(size, np.int8), "position": np.ones(size, np.int16)}
    at = NOW - size + np.arange(size)
    found = learned(events(at=at, type=kind, value=np.full(size, 60.0), **places))
    assert_no_nan(found)
    assert found["engagement"]["interest"][:, 0].tolist() == [1.0] * len(HALF_LIVES)
    assert found["audience"].to_pylist() == [{"row": 0, "readers": 1}]
    assert found["dwell"]["readers"].to_pylist() == [1]
    assert found["ties"]["together_rows"].size == 0


def test_one_visitor_who_reads_everything_ties_little():
    rows = np.resize(np.arange(N, dtype=np.int32), 300_000)
    found = learned(events(at=NOW - rows.size + np.arange(rows.size), row=rows))
    assert_no_nan(found)
    assert set(found["ties"]["together_readers"].tolist()) == {1}


@pytest.mark.parametrize("ahead", [0, 1, 10 * 365 * DAY])
def test_what_is_stamped_in_the_future_leads_nothing(ahead):
    """However it got into the store: a training looks at nothing from its as-of on."""
    at = np.array([NOW - DAY, *[NOW + ahead] * 500])
    row = np.array([1] + [2] * 500, np.int32)
    found = learned(events(at=at, row=row, visitor=np.arange(at.size, dtype=np.uint64)))
    assert_no_nan(found)
    assert found["engagement"]["interest"][0].argmax() == 1
    assert found["engagement"]["last"][2] == LONG_AGO
    assert found["engagement"]["last_event"][0] == NOW - DAY


def test_a_window_in_which_nothing_happened_is_fitted_like_its_neighbours():
    """Two days of events, years apart: no hour, day or week around them has both a past and a future."""
    columns = ArticleColumns()
    for row in range(N):
        columns.put(row, Article(id=str(row), title="A", published_at=Micros(START)), language="en")
    size = 40
    at = np.concatenate([START + HOUR * np.arange(size), NOW - DAY + np.arange(size)])
    row, visitor = np.resize(np.arange(N, dtype=np.int32), 2 * size), np.arange(2 * size, dtype=np.uint64)
    fitted = fit_ranking(columns, events(at=at, row=row, visitor=visitor), NOW, Worth.of(WEIGHTS))
    for values in (fitted.half_lives[:-1], fitted.mix, fitted.quality, fitted.drawn):
        assert np.isfinite(values).all()
    assert (fitted.half_lives > 0).all()


def test_events_of_the_year_1_and_of_today_stand_together_without_overflow():
    found = learned(events(at=np.array([parse_time("0001-01-01"), NOW - 1]), visitor=np.array([1, 2], np.uint64)))
    assert_no_nan(found)
    assert found["engagement"]["interest"][:, 0].tolist() == [1.0] * (len(HALF_LIVES) - 1) + [2.0]
