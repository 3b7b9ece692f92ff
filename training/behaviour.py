"""Everything that a model learns from events, as of one moment."""

from pathlib import Path
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from recsys.columns import ArticleColumns
from recsys.interest import WEIGHTS, Worth
from recsys.items import WINDOWS
from recsys.mix import Mix
from training import signals
from training.covisits import covisit_arrays, first_visits
from training.engagement import engagement_arrays
from training.engine_choice import DUCKDB, EngineChoice
from training.engines import events_of, opened, value
from training.event_columns import before
from training.histories import histories_of, liked_lately
from training.learned import learned_arrays
from training.ranking import fit_ranking
from training.resources import give_back_freed
from training.totals import Totals

Arrays = dict[str, NDArray[Any]]


def behaviour_arrays(
    events: pa.Table,
    columns: ArticleColumns,
    totals: Totals,
    as_of: int,
    *,
    choice: EngineChoice = DUCKDB,
    threads: int,
    spill_to: Path | None,
) -> dict[str, Arrays]:
    """By component: engagement, covisits, histories, ranking and mix, from what is stamped before `as_of`.

    events  a table of `training.events`; where the choice names files, these are what the engine reads, and the table
            may hold the newest events only: what the ranking, the histories and the item-item model are fitted to
    """
    n = len(columns)
    events = before(events, as_of)
    with opened(choice, threads=threads, spill_to=spill_to) as engine:
        every = events_of(engine, choice, events)
        median = value(engine, signals.good_rating(every, as_of))
        worth = Worth.of(WEIGHTS, float("nan") if median is None else median)
        ranking = fit_ranking(columns, events, as_of, worth)
        give_back_freed()  # before what takes most
        pairs = engine.kept("pairs", signals.pairs(every, as_of, worth))
        engagement = engagement_arrays(
            engine, every, pairs, totals, as_of, worth=worth, half_lives=ranking.half_lives.tolist()
        )
        visits = engine.kept("first_visits", first_visits(pairs))
        engine.dropped("pairs")
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
