"""Everything that a model learns from events, as of one moment."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.columns import ArticleColumns
from recsys.interest import WEIGHTS, Worth
from recsys.items import WINDOWS
from recsys.mix import Mix
from training import signals
from training.covisits import covisit_arrays, first_visits
from training.engagement import engagement_arrays
from training.engines import duckdb_engine, kept, scanned
from training.histories import histories_of, liked_lately
from training.learned import learned_arrays
from training.ranking import fit_ranking
from training.totals import Totals

Arrays = dict[str, NDArray[Any]]


def behaviour_arrays(
    events: pa.Table, columns: ArticleColumns, totals: Totals, as_of: int, *, threads: int, spill_to: Path | None
) -> dict[str, Arrays]:
    """By component: engagement, covisits, histories, ranking and mix, from what is stamped before `as_of`.

    events  a table of `training.events`
    """
    n = len(columns)
    events = events.filter(pc.field("at") < as_of)
    with duckdb_engine(threads=threads, spill_to=spill_to) as engine:
        median = signals.good_rating(scanned(engine, "all_events", events), as_of).to_pyarrow().as_py()
        worth = Worth.of(WEIGHTS, float("nan") if median is None else median)
        ranking = fit_ranking(columns, events, as_of, worth)
        engagement = engagement_arrays(
            engine, events, totals, as_of, worth=worth, half_lives=ranking.half_lives.tolist()
        )
        visits = kept(engine, "first_visits", first_visits(engine.table("pairs")))
        covisits = covisit_arrays(engine, visits, n, threads=threads)
    learned = learned_arrays(events, as_of, worth, n)
    histories = histories_of(events, worth, as_of)
    liked = liked_lately(histories, as_of, float(ranking.half_lives[WINDOWS.index("day")]))
    return {
        "engagement": engagement,
        "covisits": covisits | {f"learned_{name}": part for name, part in learned.items()},
        "histories": histories,
        "ranking": ranking.arrays(),
        "mix": Mix.default(*liked).arrays(),
    }
