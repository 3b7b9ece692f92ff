"""Events as a site's readers leave them, drawn day by day into Parquet as `training.history` lays it out.

Popularity is Zipf's within the articles that live that day; each day some are born and some die. Lengths of sessions
and the activity of visitors have heavy tails. A fifth of the sessions names no visitor, one event in twenty nobody.
"""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from recsys.event import EVENT_TYPES, LIST_NAMES
from recsys.times import DAY, SECOND
from training.events import SCHEMA

ARTICLES = 100_000
DAYS = 365
FIRST_DAY = date(2025, 1, 1)
START = (FIRST_DAY - date(1970, 1, 1)).days * DAY
END = START + DAYS * DAY
SECTIONS = 20
TAGS = 2_000
TAGS_PER_ARTICLE = 3

LIFE_DAYS, LIFE_SIGMA = 4.0, 1.2  # median and spread of a lognormal
ZIPF = 1.0
TAIL = 1.5  # of the lengths of sessions, Pareto
LONGEST = 500
EVENTS_PER_VISITOR = 20
ACTIVITY_SIGMA = 1.5
EXAMINED = 0.7  # exponent: position p is looked at p ** -EXAMINED times as often as the first
CLICKED = 0.15  # of what is looked at, by the mean article
PER_VIEW = {"impression": 0.6, "dwell": 0.35, "like": 0.03, "bookmark": 0.01, "share": 0.01, "comment": 0.01}
CODE = {kind: code for code, kind in enumerate(EVENT_TYPES)}


def write_events(folder: Path, events: int, seed: int) -> int:
    """Writes about `events` events; returns how many."""
    rng = np.random.default_rng(seed)
    born = rng.integers(-30, DAYS, ARTICLES)
    dies = born + 1 + rng.lognormal(np.log(LIFE_DAYS), LIFE_SIGMA, ARTICLES).astype(np.int64)
    appeal = (1.0 + rng.permutation(ARTICLES)) ** -ZIPF
    activity = np.cumsum(rng.lognormal(0.0, ACTIVITY_SIGMA, max(10, events // EVENTS_PER_VISITOR)))
    written = 0
    for day in range(DAYS):
        live = np.flatnonzero((born <= day) & (day < dies))
        chance = np.cumsum(appeal[live])
        table = one_day(rng, day, events // DAYS, live, chance / chance[-1], activity / activity[-1])
        path = folder / f"day={(FIRST_DAY + timedelta(days=day)).isoformat()}" / "events.parquet"
        path.parent.mkdir(parents=True)
        parquet.write_table(table, path, compression="zstd")
        written += table.num_rows
    return written


def one_day(  # noqa: PLR0917
    rng: np.random.Generator,
    day: int,
    events: int,
    live: NDArray[np.int64],
    chance: NDArray[np.float64],
    activity: NDArray[np.float64],
) -> pa.Table:
    """About `events` events on the articles `live`, in order of time."""
    views = int(events / (1.0 + sum(PER_VIEW.values()) + PER_VIEW["impression"] * 0.05))
    length = np.minimum(1 + rng.pareto(TAIL, max(1, views)).astype(np.int64), LONGEST)
    length = length[: 1 + int(np.searchsorted(np.cumsum(length), views))]
    sittings = length.size
    visitor = _digests(np.searchsorted(activity, rng.random(sittings)), 1)
    named = rng.random(sittings) < 0.8
    session = _digests(np.arange(sittings) + (day << 32), 2)
    begins = rng.integers(0, DAY - 3_600 * SECOND, sittings)
    sitting = np.repeat(np.arange(sittings), length)
    step = np.arange(sitting.size) - np.repeat(np.cumsum(length) - length, length)
    at = begins[sitting] + step * 6 * SECOND + rng.integers(0, 6 * SECOND, sitting.size)
    row = live[np.searchsorted(chance, rng.random(sitting.size))]
    parts = [_part("view", row, sitting, at)]
    for kind, share in PER_VIEW.items():
        does = np.flatnonzero(rng.random(sitting.size) < share)
        if kind == "impression":
            parts += _shown(rng, live[np.searchsorted(chance, rng.random(does.size))], sitting[does], at[does])
            continue
        value = np.round(rng.lognormal(np.log(40.0), 1.0, does.size), 1) if kind == "dwell" else None
        parts.append(_part(kind, row[does], sitting[does], at[does] + SECOND, value))
    every = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(every["at"], kind="stable")
    every = {name: column[order] for name, column in every.items()}
    who = every.pop("sitting")
    nobody = rng.random(who.size) < 0.05
    columns = {
        **every,
        "at": START + day * DAY + every["at"],
        "visitor": pa.array(visitor[who], mask=nobody | ~named[who]),
        "session": pa.array(session[who], mask=nobody),
        "value": pa.array(every["value"], mask=np.isnan(every["value"])),
        "list": pa.array(every["list"], mask=every["list"] < 0),
        "position": pa.array(every["position"], mask=every["position"] == 0),
    }
    none = pa.nulls(who.size)
    return pa.table({field.name: columns.get(field.name, none) for field in SCHEMA}).cast(SCHEMA)


def _shown(
    rng: np.random.Generator, row: NDArray[np.int64], sitting: NDArray[np.int64], at: NDArray[np.int64]
) -> list[dict[str, NDArray[np.generic]]]:
    """Impressions, and the clicks that they bring: chance of a click = examination of the position x the article's."""
    position = rng.integers(1, 11, row.size)
    place = rng.integers(0, len(LIST_NAMES), row.size)
    draws = 0.5 + (row * 2_654_435_761 % 1_000) / 1_000  # fixed by article
    hit = rng.random(row.size) < position**-EXAMINED * CLICKED * draws
    impression = _part("impression", row, sitting, at + SECOND, None, place, position)
    click = _part("click", row[hit], sitting[hit], at[hit] + 2 * SECOND, None, place[hit], position[hit])
    return [impression, click]


def _part(  # noqa: PLR0917
    kind: str,
    row: NDArray[np.int64],
    sitting: NDArray[np.int64],
    at: NDArray[np.int64],
    value: NDArray[np.float64] | None = None,
    place: NDArray[np.int64] | None = None,
    position: NDArray[np.int64] | None = None,
) -> dict[str, NDArray[np.generic]]:
    return {
        "row": row,
        "type": np.full(row.size, CODE[kind], np.int8),
        "sitting": sitting,
        "at": at,
        "value": np.full(row.size, np.nan) if value is None else value,
        "list": np.full(row.size, -1, np.int8) if place is None else place,
        "position": np.zeros(row.size, np.int16) if position is None else position,
    }


def _digests(numbers: NDArray[np.integer], salt: int) -> NDArray[np.uint64]:
    """Numbers spread over 64 bits, as digests of ids are (splitmix64)."""
    with np.errstate(over="ignore"):
        mixed = numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(salt)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def members(seed: int) -> dict[str, pa.Table]:
    """(row, name) of "section" and "tag": what each article carries."""
    rng = np.random.default_rng(seed)
    row = np.arange(ARTICLES, dtype=np.int32)
    chance = (1.0 + np.arange(TAGS)) ** -ZIPF
    tags = rng.choice(TAGS, (ARTICLES, TAGS_PER_ARTICLE), p=chance / chance.sum()).astype(np.int32)
    pairs = np.unique(np.column_stack([np.repeat(row, TAGS_PER_ARTICLE), tags.ravel()]), axis=0)
    return {
        "section": pa.table({"row": row, "name": rng.integers(0, SECTIONS, ARTICLES).astype(np.int32)}),
        "tag": pa.table({"row": np.ascontiguousarray(pairs[:, 0]), "name": np.ascontiguousarray(pairs[:, 1])}),
    }
