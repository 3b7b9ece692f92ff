"""From articles and events to the arrays of a model.

Everything is as of one moment: nothing stamped at or after `as_of` is looked at, be it an event, an article or a total.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.bundle import Manifest
from recsys.columns import ArticleColumns
from recsys.covisitation import Covisits
from recsys.links import SiteLinks
from recsys.mix import Mix
from recsys.model import Model, component
from recsys.ranking import RankingFit
from recsys.settings import Settings
from recsys.store import StoredArticle
from recsys.times import DAY
from training.aside import Aside
from training.engine_choice import DUCKDB, EngineChoice
from training.event_columns import before, since
from training.former import Former
from training.progress import Progress, silent
from training.records import Records
from training.related import carried_on, fit_related
from training.replay import acts_of, time_cut
from training.texts import texts_of
from training.totals import Totals
from training.without_events import behaviour_of_none

Arrays = dict[str, NDArray[Any]]

LOOKS = frozenset(
    {
        "title",
        "notice",
        "cache_seconds",
        "keep_bundles",
        "bundles",
        "threads",
        "experiment",
        "variants",
        "trusted_proxies",
        "requests_per_minute",
        "sources",
    }
)  # settings that change no result


@dataclass(frozen=True, slots=True)
class Past:
    """A model that was fitted as of `cut` (microseconds) without totals, as far as a later one asks for the same.

    behaviour  what events before the cut tell: it depends on no text, so that it is the same in a later model of the
               same records
    former     its reading of the texts where lists are no longer exact: of fewer articles a second one takes seconds
    """

    cut: int
    behaviour: dict[str, Arrays]
    former: Former | None

    @classmethod
    def of(cls, manifest: Manifest, arrays: Mapping[str, NDArray[Any]], cut: int) -> "Past":
        """From what `fit` returned."""
        from training import neighbour_lists  # what builds in parallel takes a while to import

        found = {name: component(arrays, name) for name in ("engagement", "covisits", "histories", "ranking", "mix")}
        liked = found["mix"]["liked_rows"], found["mix"]["liked_score"]
        behaviour = found | {"mix": Mix.default(*liked).arrays()}  # before its weights were fitted
        former = Former.of(manifest, arrays) if manifest.articles >= neighbour_lists.EXACT_BELOW else None
        return cls(cut, behaviour, former)


def fit(
    articles: Sequence[StoredArticle],
    events: pa.Table,
    as_of: int,
    settings: Settings,
    *,
    log_seq: int = 0,
    with_totals: bool = True,
    with_links: bool = True,
    spill_to: Path | None = None,
    former: Former | None = None,
    choice: EngineChoice = DUCKDB,
    past: Past | None = None,
    progress: Progress = silent,
) -> tuple[Arrays, Manifest]:
    """The arrays of a bundle, named `component.array`, and its manifest, without a version name yet.

    articles     by row, without gaps      events  a table of `training.events`
    log_seq      the last entry of the change log that `articles` and `events` know of
    with_totals  whether totals on articles count: they are of the present, so not for a look at the past
    former       a model whose reading of the texts is carried on where little has changed since
    choice       what computes the signals; where it names files, `events` may hold the newest only
    past         of the same articles and events, where a model as of a cut was fitted before: its reading of the texts
                 stands in for that of a `former`
    with_links   whether links between articles count: not where links are what Related is measured by
    """
    later = events.num_rows
    events = before(events, as_of)
    later -= events.num_rows
    cut = time_cut(events) if events.num_rows else None
    behaviours: list[Callable[[], dict[str, Arrays]]] = []  # as of `as_of`, and as of `cut` where there is one
    with Aside(threads=settings.threads if cut is not None and choice.name == "duckdb" else 1) as aside:

        def learn(records: Records) -> None:
            """To read texts leaves a processor idle, and what events tell depends on no text."""
            ask = partial(_behaviour, events, records.columns, threads=settings.threads, spill_to=spill_to)
            none = Totals.none(len(articles))
            behaviours.append(aside.begin(partial(ask, records.totals if with_totals else none, as_of, choice)))
            if past is not None and past.cut == cut and not choice.files:
                behaviours.append(lambda: past.behaviour)
            elif cut is not None:
                behaviours.append(aside.begin(partial(ask, none, cut, choice)))

        texts = texts_of(
            articles,
            as_of,
            settings.language,
            jobs=settings.threads or -1,
            former=past.former if former is None and past is not None else former,
            recorded=learn,
            progress=progress,
        )
        progress("signals", 0, 1)
        learned, *past_cut = [behaviour() for behaviour in behaviours]
        progress("signals", 1, 1)
    neighbours, records, columns = texts.neighbours, texts.records, texts.records.columns
    known = {"articles": columns.arrays(), "text": texts.text.arrays(), "neighbours": neighbours.arrays()}
    known |= {"stories": texts.stories.arrays(), "texts": {"digests": texts.digests, "checks": texts.checks}}
    known["links"] = (records.links if with_links else SiteLinks.empty()).arrays()
    progress("related fit", 0, 1)
    learned["mix"]["diversity"] = np.array([settings.diversity])
    if settings.ranking_max_age_days is not None:
        learned["ranking"]["max_age"] = np.array([settings.ranking_max_age_days * float(DAY)])
    together = Covisits.from_arrays(learned["covisits"]).together_table
    if texts.related is not None:
        related = carried_on(texts.related, neighbours, together, words=texts.report["words"])
    else:
        related = fit_related(
            neighbours,
            columns.published,
            together,
            np.random.default_rng(as_of),
            words=texts.report["words"],
            evergreen=columns.evergreen,
        )
    known["related"] = related.arrays()
    progress("related fit", 1, 1)
    first_last = pc.min_max(events["at"]).as_py()
    manifest = Manifest(
        version="",
        as_of=as_of,
        log_seq=log_seq,
        articles=texts.known,
        events=events.num_rows,
        later=later,
        first_event=first_last["min"],
        last_event=first_last["max"],
        settings=settings.model_dump(mode="json", exclude=set(LOOKS)),
        fitted={
            "main_language": texts.main_language,
            "texts": texts.report,
            "totals": with_totals,
            "ranking": RankingFit.from_arrays(learned["ranking"]).report(),
        },
    )
    if cut is not None:
        model = Model.open(manifest, _named(known | past_cut[0]))
        from training.mix import fit_mix  # SciPy's optimizers take a while to import

        learned["mix"]["weights"] = fit_mix(model, acts_of(since(events, cut), model), cut, progress)
    return _named(known | learned), manifest


def _behaviour(
    events: pa.Table,
    columns: ArticleColumns,
    totals: Totals,
    as_of: int,
    choice: EngineChoice,
    *,
    threads: int,
    spill_to: Path | None,
) -> dict[str, Arrays]:
    """`training.behaviour.behaviour_arrays`; without events the same without loading an engine for it."""
    if not events.num_rows:
        return behaviour_of_none(columns, totals, as_of)
    from training.behaviour import behaviour_arrays

    return behaviour_arrays(events, columns, totals, as_of, choice=choice, threads=threads, spill_to=spill_to)


def _named(components: Mapping[str, Arrays]) -> Arrays:
    return {f"{component}.{name}": array for component, part in components.items() for name, array in part.items()}
