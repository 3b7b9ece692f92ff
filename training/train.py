"""One training run: read the store, fit, evaluate, publish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from recsys.settings import Settings
from recsys.store import Store, StoredArticle
from training.comparison import Comparison
from training.fit import fit
from training.forgetting import forget
from training.history import event_history
from training.lock import training_lock
from training.progress import Progress
from training.publish import named, publish, sweep_home
from training.texts import Former
from training.without_events import NO_EVENTS, signals_of_none


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run published."""

    manifest: Manifest
    folder: Path
    evaluation: tuple[Comparison, ...]


def read_store(store: Store, history: Path, progress: Progress) -> tuple[list[StoredArticle], pa.Table, int]:
    """All articles by row, all events on them, and the last log entry that the events are of.

    Events come from the Parquet in the folder `history`, which is brought up to the log before.

    Articles may be newer than that entry: a server that applies the rest of the log puts them once more.
    """
    log_seq = store.log.last()
    articles = list(store.catalogue.scan())
    row_of = {stored.article.id: stored.row for stored in articles}
    progress("reading events", 0, 1)
    table = NO_EVENTS
    if store.size().events:
        table = event_history(history, store.log, log_seq, row_of.get)
    progress("reading events", 1, 1)
    return articles, table, log_seq


def train(store: Store, home: Home, settings: Settings, *, as_of: int, now: int, progress: Progress) -> Trained:
    """Fits everything known before `as_of`, evaluates, publishes and activates.

    A training as of the past leaves totals on articles aside: they are of the present.
    Raises BadInput without articles, Refused while another training is at work in the home.
    """
    with training_lock(home.root, "train", now):
        sweep_home(home)
        forget(store, home.history, settings, now)
        articles, events, log_seq = read_store(store, home.history, progress)
        if not articles:
            raise BadInput("there are no articles to train on. Run `recsys import --articles FILE` first.")
        evaluation: tuple[Comparison, ...] = ()
        if events.num_rows:
            from training.evaluate import evaluate_summary  # what only events ask for is not loaded without them

            evaluation = evaluate_summary(articles, events, as_of, settings, progress)
        arrays, manifest = fit_all(
            articles, events, home, settings, as_of=as_of, now=now, log_seq=log_seq, progress=progress
        )
        metrics = manifest.metrics | {"evaluation": msgspec.to_builtins(evaluation)}
        manifest = named(arrays, msgspec.structs.replace(manifest, metrics=metrics))
        progress("publishing", 0, 1)
        folder = publish(home.bundles, store, arrays, manifest, now=now, keep=settings.keep_bundles)
        progress("publishing", 1, 1)
    return Trained(manifest=manifest, folder=folder, evaluation=evaluation)


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
    progress: Progress,
) -> tuple[Mapping[str, NDArray[Any]], Manifest]:
    """The arrays and the manifest to publish, with the report on the site's readers, without a version name yet.

    former  a model whose reading of the texts is carried on where little has changed since
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
        progress=progress,
    )
    progress("reader signals", 0, 1)
    signals = signals_of_none()
    if manifest.events:
        from training.site_signals import site_signals

        columns = ArticleColumns(component(arrays, "articles"))
        engagement = component(arrays, "engagement")
        signals = site_signals(events, columns, engagement, as_of, threads=settings.threads, spill_to=home.root)
    progress("reader signals", 1, 1)
    return arrays, msgspec.structs.replace(manifest, metrics={"signals": signals})
