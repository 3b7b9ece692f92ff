"""What `training.behaviour` and `training.site_signals` find on a site without events, without an engine to ask.

The same arrays and the same report; loading the engine and asking it would take longer than the rest of a small
training.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.columns import ArticleColumns
from recsys.covisitation import Covisits, Ties
from recsys.histories import history_arrays
from recsys.interest import LONG_AGO, WEIGHTS, Worth
from recsys.mix import Mix
from training.events import SCHEMA
from training.ranking import ranking_of
from training.totals import Totals
from training.traces import Traces

Arrays = dict[str, NDArray[Any]]

NO_EVENTS = pa.Table.from_batches([], schema=SCHEMA)  # `empty_table` imports pandas where that is installed


def behaviour_of_none(columns: ArticleColumns, totals: Totals, as_of: int) -> dict[str, Arrays]:
    """`behaviour_arrays` of no events: engagement, covisits, histories, ranking and mix of n articles."""
    n, worth = len(columns), Worth.of(WEIGHTS)
    ranking = ranking_of(columns, Traces.none(), as_of)
    no_rows = np.zeros(0, np.int32)
    no_ties = Ties(np.zeros(n + 1, np.int64), no_rows, np.zeros(0, np.float32), no_rows)
    return {
        "engagement": _engagement(totals, worth, ranking.half_lives),
        "covisits": Covisits(no_ties, no_ties, no_ties).arrays(),
        "histories": history_arrays(
            np.zeros(0, np.uint64), np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.float32)
        ),
        "ranking": ranking.arrays(),
        "mix": Mix.default(np.zeros(0, np.int32), np.zeros(0)).arrays(),
    }


def signals_of_none() -> dict[str, Any]:
    """`site_signals` of no events."""
    return {
        "readers": 0,
        "known_by": "nothing",
        "dwell": {"stays": 0, "mean_seconds": None},
        "lists": {},
        "click_prior": {"mean": 0.0, "strength": 1.0},
        "articles": [],
        "sections": [],
        "tags": [],
    }


def _engagement(totals: Totals, worth: Worth, half_lives: NDArray[np.float64]) -> Arrays:
    n = totals.views.size
    none, starts, readers = np.zeros(n, np.int64), np.zeros(n + 1, np.int64), np.zeros(0, np.uint64)
    return {
        "half_lives": half_lives,
        "levels": worth.levels,
        "level_of": worth.level_of,
        "good_rating": np.array([worth.good_rating]),
        "last_event": np.array([LONG_AGO]),
        "last": np.full(n, LONG_AGO),
        "interest": np.zeros((half_lives.size, n)),
        "views_total": totals.views,
        "views_at": totals.views_at,
        "views_since": none,
        "likes_total": totals.likes,
        "likes_at": totals.likes_at,
        "likes_since": none,
        "pair_starts": starts,
        "pair_reader": readers,
        "pair_source": np.zeros(0, np.int32),
        "sources": readers,
        "pair_latest": np.zeros((0, worth.levels.size), np.int64),
        "like_starts": starts,
        "like_reader": readers,
        "like_at": np.zeros(0, np.int64),
        "like_off": np.zeros(0, np.uint8),
    }
