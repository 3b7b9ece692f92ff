"""One training run: read the store, fit, evaluate, publish."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import pyarrow as pa

from recsys.bundle import Manifest
from recsys.columns import NEVER
from recsys.errors import BadInput
from recsys.home import Home
from recsys.settings import Settings
from recsys.store import Store, StoredArticle
from training.comparison import Comparison
from training.evaluate import evaluate_summary
from training.events import event_table, logged_events
from training.fit import fit
from training.progress import Progress
from training.publish import named, publish


@dataclass(frozen=True, slots=True)
class Trained:
    """What a run published."""

    manifest: Manifest
    folder: Path
    evaluation: tuple[Comparison, ...]


def read_store(store: Store, progress: Progress) -> tuple[list[StoredArticle], pa.Table, int]:
    """All articles by row, all events on them, and the last log entry that the events are of.

    Articles may be newer than that entry: a server that applies the rest of the log puts them once more.
    """
    log_seq = store.log.last()
    articles = list(store.catalogue.scan())
    row_of = {stored.article.id: stored.row for stored in articles}
    progress("reading events", 0, 1)
    table = event_table(logged_events(store.log, log_seq), row_of.get, NEVER)
    progress("reading events", 1, 1)
    return articles, table, log_seq


def train(store: Store, home: Home, settings: Settings, *, as_of: int, now: int, progress: Progress) -> Trained:
    """Fits everything known before `as_of`, evaluates, publishes and activates; raises BadInput without articles.

    A training as of the past leaves totals on articles aside: they are of the present.
    """
    articles, events, log_seq = read_store(store, progress)
    if not articles:
        raise BadInput("there are no articles to train on. Run `recsys import --articles FILE` first.")
    evaluation = evaluate_summary(articles, events, as_of, settings, progress)
    with_totals = as_of >= now
    arrays, manifest = fit(
        articles,
        events,
        as_of,
        settings,
        log_seq=log_seq,
        with_totals=with_totals,
        spill_to=home.root,
        progress=progress,
    )
    metrics = {"evaluation": msgspec.to_builtins(evaluation)}
    manifest = named(arrays, msgspec.structs.replace(manifest, metrics=metrics))
    progress("publishing", 0, 1)
    folder = publish(home.bundles, store, arrays, manifest, now=now, keep=settings.keep_bundles)
    progress("publishing", 1, 1)
    return Trained(manifest=manifest, folder=folder, evaluation=evaluation)
