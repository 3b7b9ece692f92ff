"""One training run: read the store, fit, evaluate, publish."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
from numpy.typing import NDArray

from recsys.bundle import Manifest
from recsys.columns import ArticleColumns
from recsys.errors import BadInput
from recsys.home import Home
from recsys.model import component
from recsys.registry import active_or_none, open_registry
from recsys.settings import Settings
from recsys.store import Store, StoredArticle
from recsys.times import NEVER
from training.collector import records_set_aside
from training.comparison import Comparison
from training.engine_choice import DUCKDB, EngineChoice
from training.fit import Past, fit
from training.forgetting import forget
from training.former import Former
from training.history import day_files, event_history, span
from training.lock import training_lock
from training.progress import Progress
from training.publish import named, publish, sweep_home
from training.stored_articles import StoredArticles
from training.without_events import NO_EVENTS, signals_of_none

HERE = 20_000_000  # events in this process where Spark computes the signals: 1.3 GB


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run published."""

    manifest: Manifest
    evaluation: tuple[Comparison, ...]


def read_store(
    store: Store,
    history: Path,
    progress: Progress,
    former: Former | None = None,
    *,
    before: int = NEVER,
    at_most: int | None = None,
) -> tuple[StoredArticles, pa.Table, int]:
    """All articles by row, all events on them, and the last log entry that the events are of.

    Events come from the Parquet in the folder `history`, which is brought up to the log before. `before` and `at_most`
    bound how many, as they say there. Of articles only those are decoded that are not as `former` knows them.

    Articles may be newer than that entry: a server that applies the rest of the log puts them once more.
    """
    log_seq = store.log.last()
    progress("reading articles", 0, 1)
    articles = StoredArticles(store.catalogue, None if former is None else former.checks)
    progress("reading articles", 1, 1)
    progress("reading events", 0, 1)
    table = NO_EVENTS
    if store.size().events:
        row_of = articles.rows_by_id(None if former is None else ArticleColumns(former.articles))
        table = event_history(history, store.log, log_seq, row_of.get, before=before, at_most=at_most)
    progress("reading events", 1, 1)
    return articles, table, log_seq


def train(
    store: Store,
    home: Home,
    settings: Settings,
    *,
    as_of: int,
    now: int,
    progress: Progress,
    choice: EngineChoice = DUCKDB,
) -> Trained:
    """Fits everything known before `as_of`, evaluates, publishes and activates.

    On Spark the signals are of all events, which it reads itself; this process has the newest HERE of them, to which
    the ranking, the histories and the item-item model are fitted, and by which models are judged.

    A training as of the past leaves totals on articles aside: they are of the present.
    Raises BadInput without articles, Refused while another training is at work in the home, Outdated where another
    version was activated meanwhile.
    """
    spark = choice.name == "spark"
    with training_lock(home.root, "train", now), _session(choice, home.root):
        sweep_home(home)
        registry = open_registry(home.bundles, settings.bundles)
        serving = active_or_none(registry)
        forget(store, home.history, settings, now)
        articles, events, log_seq = read_store(
            store, home.history, progress, before=as_of, at_most=HERE if spark else None
        )
        if spark and events.num_rows:
            choice = replace(choice, files=tuple(day_files(home.history)))
        if not articles:
            raise BadInput("there are no articles to train on. Run `recsys import --articles FILE` first.")
        evaluation: tuple[Comparison, ...] = ()
        past: Past | None = None
        with records_set_aside():
            if events.num_rows:
                from training.evaluate import evaluate_summary  # what only events ask for is not loaded without them

                evaluation, past = evaluate_summary(articles, events, as_of, settings, progress, spill_to=home.root)
            arrays, manifest = fit_all(
                articles,
                events,
                home,
                settings,
                as_of=as_of,
                now=now,
                log_seq=log_seq,
                choice=choice,
                past=past,
                progress=progress,
            )
        if choice.files:
            of_all = span([Path(file) for file in choice.files], as_of)
            manifest = msgspec.structs.replace(
                manifest, events=of_all.events, later=of_all.later, first_event=of_all.first, last_event=of_all.last
            )
        metrics = manifest.metrics | {"evaluation": msgspec.to_builtins(evaluation)}
        manifest = named(arrays, msgspec.structs.replace(manifest, metrics=metrics))
        progress("publishing", 0, 1)
        publish(registry, store, arrays, manifest, after=serving, now=now, keep=settings.keep_bundles)
        progress("publishing", 1, 1)
    return Trained(manifest=manifest, evaluation=evaluation)


def _session(choice: EngineChoice, spill_to: Path) -> AbstractContextManager[Any]:
    """Of Spark, one for the whole training, so that what it lacks shows at the start; of DuckDB none is needed."""
    if choice.name == "duckdb":
        return nullcontext()
    from training.spark_engine import spark_session

    return spark_session(choice.master, spill_to=spill_to)


def fit_all(
    articles: Sequence[StoredArticle],
    events: pa.Table,
    home: Home,
    settings: Settings,
    *,
    as_of: int,
    now: int,
    log_seq: int,
    former: Former | None = None,
    choice: EngineChoice = DUCKDB,
    past: Past | None = None,
    progress: Progress,
) -> tuple[Mapping[str, NDArray[Any]], Manifest]:
    """The arrays and the manifest to publish, with the report on the site's readers, without a version name yet.

    former  a model whose reading of the texts is carried on where little has changed since
    past    as of `fit`
    """
    arrays, manifest = fit(
        articles,
        events,
        as_of,
        settings,
        log_seq=log_seq,
        with_totals=as_of >= now,
        spill_to=home.root,
        former=former,
        choice=choice,
        past=past,
        progress=progress,
    )
    progress("reader signals", 0, 1)
    signals = signals_of_none()
    if manifest.events:
        from training.site_signals import site_signals

        columns = ArticleColumns(component(arrays, "articles"))
        engagement = component(arrays, "engagement")
        signals = site_signals(
            events, columns, engagement, as_of, choice=choice, threads=settings.threads, spill_to=home.root
        )
    progress("reader signals", 1, 1)
    return arrays, msgspec.structs.replace(manifest, metrics={"signals": signals})
