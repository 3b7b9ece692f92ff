"""What a training learned of a site's readers, for people: the part `signals` of a bundle's metrics."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.columns import ArticleColumns
from recsys.interest import WEIGHTS, Worth
from recsys.items import WINDOWS
from training import attention
from training.click_through import exposures, fit_clicks
from training.covisits import first_visits
from training.engine_choice import DUCKDB, EngineChoice
from training.engines import Engine, events_of, opened, value
from training.event_columns import before
from training.signals import exact_sum, pairs

GROUPS = ("section", "tag")
SHOWN = 20  # articles, sections and tags that a report names
LEADING = 3  # articles of each section and tag
_DAY = WINDOWS.index("day")


def site_signals(
    events: pa.Table,
    columns: ArticleColumns,
    engagement: Mapping[str, NDArray[Any]],
    as_of: int,
    *,
    choice: EngineChoice = DUCKDB,
    threads: int,
    spill_to: Path | None,
) -> dict[str, Any]:
    """A report of plain values, from what is stamped before `as_of`.

    events      a table of `training.events`
    engagement  the arrays of `recsys.engagement.Engagement`
    """
    events = before(events, as_of)
    n = len(columns)
    with opened(choice, threads=threads, spill_to=spill_to) as engine:
        table = events_of(engine, choice, events)
        worth = Worth.of(WEIGHTS)
        visits = engine.kept("first_visits", first_visits(pairs(table, as_of, worth)))
        clicks = fit_clicks(engine.rows(exposures(table, as_of)), n)
        stays = engine.rows(attention.dwell(table, as_of))
        audience = engine.rows(attention.audience(visits))
        known_by = _known_by(events)
        readers = value(engine, visits.reader.nunique())
        leaders = {group: _leaders(engine, columns, engagement, group) for group in GROUPS}
    stayed = stays["readers"].to_numpy()
    by_row = {
        "readers": dict(zip(audience["row"].to_pylist(), audience["readers"].to_pylist(), strict=True)),
        "median_dwell_seconds": dict(zip(stays["row"].to_pylist(), stays["median"].to_pylist(), strict=True)),
    }
    return {
        "readers": readers,
        "known_by": known_by,
        "dwell": {
            "stays": int(stayed.sum()),
            "mean_seconds": round(float(np.average(stays["mean"].to_numpy(), weights=stayed)), 1)
            if stayed.size
            else None,
        },
        "lists": clicks.report(),
        "click_prior": {"mean": round(clicks.mean, 5), "strength": round(clicks.strength, 1)},
        "articles": [
            {"id": columns.id(row), "readers": by_row["readers"][row]}
            | {"median_dwell_seconds": _rounded(by_row["median_dwell_seconds"].get(row), 1)}
            | {"draws": round(float(clicks.draws[row]), 5) if clicks.shown.size else None}
            for row in _most(by_row["readers"])
        ],
        **{f"{group}s": found for group, found in leaders.items()},
    }


def _known_by(events: pa.Table) -> str:
    """What readers are told apart by; where it is nothing there can be no ties between articles."""
    if events["visitor"].null_count < events.num_rows:
        return "visitor"
    return "session" if events["session"].null_count < events.num_rows else "nothing"


def _most(readers: Mapping[int, int]) -> list[int]:
    return sorted(readers, key=lambda row: (-readers[row], row))[:SHOWN]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _leaders(
    engine: Engine, columns: ArticleColumns, engagement: Mapping[str, NDArray[Any]], group: str
) -> list[dict[str, Any]]:
    """The sections or tags that draw most in the window `day`, with the articles that do."""
    names = columns.groups[group]
    codes = [names.codes(row) for row in range(len(columns))]
    rows = np.repeat(np.arange(len(codes), dtype=np.int32), [len(one) for one in codes])
    flat = np.concatenate([*codes, np.zeros(0, np.int32)]).astype(np.int32)
    members = engine.scanned(f"members_{group}", pa.table({"row": rows, "name": flat}))
    interest: ir.Table = engine.scanned(
        f"interest_{group}",
        pa.table(
            {
                "row": np.arange(len(codes), dtype=np.int32),
                "last": engagement["last"],
                "interest_0": engagement["interest"][_DAY],
            }
        ),
    )
    at = int(engagement["last_event"][0])
    half_life = float(engagement["half_lives"][_DAY])
    found = engine.kept(f"leaders_{group}", attention.leaders(interest, members, at, [half_life], k=len(codes)))
    totals = np.zeros(len(names))
    drawn = engine.rows(found.group_by("name").agg(interest=exact_sum(found.interest)))
    totals[drawn["name"].to_numpy()] = drawn["interest"].to_numpy()
    first = engine.rows(found.filter(found.place < LEADING).order_by("name", "place"))
    best = np.argsort(-totals, kind="stable")[:SHOWN]
    return [
        {
            "name": names.name(code),
            "interest": round(float(totals[code]), 2),
            "articles": [columns.id(row) for row in first.filter(pc.field("name") == code)["row"].to_pylist()],
        }
        for code in best.tolist()
        if totals[code] > 0.0
    ]
