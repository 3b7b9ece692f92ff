"""The arrays of `recsys.engagement.Engagement`, computed from a table of events."""

from collections.abc import Sequence
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.interest import LONG_AGO, NOTHING, Worth
from training import signals
from training.engines import Engine, value
from training.totals import Totals

Arrays = dict[str, NDArray[Any]]


def engagement_arrays(
    engine: Engine,
    events: ir.Table,
    pairs: ir.Table,
    totals: Totals,
    as_of: int,
    *,
    worth: Worth,
    half_lives: Sequence[float],
) -> Arrays:
    """What n articles drew before `as_of`, as `Engagement` reads it.

    events       of the engine, rows 0..n-1, n as in `totals`      pairs  `signals.pairs` of them, kept in the engine
    half_lives   microseconds, inf: never fades

    half_lives   (w,) float64                       levels, level_of, good_rating   of `Worth`
    last_event   (1,) int64                         last      (n,) int64, of the article's last act that counts
    interest     (w, n) float64, >= 0, as of `last`
    views_total, views_at, views_since, likes_total, likes_at, likes_since   (n,) int64 of `Tally`
    sources, pair_starts, pair_reader, pair_source, pair_latest, like_starts, like_reader, like_at, like_off   of `Acts`
    """
    n = totals.views.size
    rows = pa.array(np.arange(n, dtype=np.int32))
    totals_at = engine.scanned(
        "totals_at",
        pa.table({"row": rows, "views_at": pa.array(totals.views_at), "likes_at": pa.array(totals.likes_at)}),
    )
    marks = engine.kept("marks", signals.like_marks(events, as_of, totals_at))
    counts = engine.rows(signals.counts(events, as_of, totals_at))
    interest = engine.rows(signals.interest(events, as_of, worth, half_lives, acts=(pairs, marks)))
    last_event = value(engine, signals.last_event(events, as_of))
    likes, likes_since = _likes(engine.rows(marks.order_by("row", "reader")), n)
    pair_table = engine.rows(pairs.drop("turned").order_by("row", "reader"))
    sources, pair_source = _sources(pair_table)
    return {
        "half_lives": np.array(half_lives, np.float64),
        "levels": worth.levels,
        "level_of": worth.level_of,
        "good_rating": np.array([worth.good_rating]),
        "last_event": np.array([LONG_AGO if last_event is None else last_event]),
        "last": _by_row(interest, "last", n, LONG_AGO),
        "interest": np.stack([_by_row(interest, f"interest_{i}", n, 0.0) for i in range(len(half_lives))]),
        "views_total": totals.views,
        "views_at": totals.views_at,
        "views_since": _by_row(counts, "views", n, 0),
        "likes_total": totals.likes,
        "likes_at": totals.likes_at,
        "likes_since": _by_row(counts, "likes", n, 0) + likes_since,
        "pair_starts": _starts(pair_table["row"].to_numpy(), n),
        "pair_reader": pair_table["reader"].to_numpy().astype(np.uint64),
        "pair_source": pair_source,
        "sources": sources,
        "pair_latest": np.stack(
            [pair_table[f"latest_{i}"].to_numpy() for i in range(worth.levels.size)] or [np.zeros(0, np.int64)], axis=1
        )[:, : worth.levels.size],
        **likes,
    }


def _sources(pairs: pa.Table) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
    """The sources there are, ascending, and the position of each pair's among them."""
    named = pairs["source"].is_valid().to_numpy()
    sources, places = np.unique(pairs["source"].drop_null().to_numpy().astype(np.uint64), return_inverse=True)
    found = np.full(named.size, NOTHING, np.int32)
    found[named] = places
    return sources, found


def _likes(marks: pa.Table, n: int) -> tuple[Arrays, NDArray[np.int64]]:
    """The arrays of likes, and by article how many more readers like it than when its total arrived."""
    row, reader = marks["row"].to_numpy(), marks["reader"].to_numpy()
    last = marks["last"].to_numpy()
    before = marks["before"].fill_null(1).to_numpy()  # 1: taken back at time 0, so not liked
    since = (last % 2 == 0).astype(np.int64) - (before % 2 == 0)
    differs = (before != last) & (before > 1)
    rows, readers = np.concatenate([row, row[differs]]), np.concatenate([reader, reader[differs]])
    codes = np.concatenate([last, before[differs]])
    order = np.lexsort((codes, readers, rows))
    arrays: Arrays = {
        "like_starts": _starts(rows, n),
        "like_reader": readers[order].astype(np.uint64),
        "like_at": codes[order] // 2,
        "like_off": (codes[order] % 2).astype(np.uint8),
    }
    return arrays, np.bincount(row, since, minlength=n).astype(np.int64)


def _starts(rows: NDArray[np.integer], n: int) -> NDArray[np.int64]:
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=n), out=starts[1:])
    return starts


def _by_row(table: pa.Table, column: str, n: int, absent: float) -> NDArray[Any]:
    values = table[column].to_numpy()
    found = np.full(n, absent, np.float64 if values.dtype.kind == "f" else np.int64)
    found[table["row"].to_numpy()] = values
    return found
