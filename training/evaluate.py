"""Measures the lists on the site's own data: Related on links that people made, the others on the site's last fifth."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from recsys.model import Model
from recsys.settings import Settings
from recsys.store import StoredArticle
from training.comparison import Comparison
from training.events import SCHEMA
from training.fit import fit
from training.progress import Progress
from training.related_truth import read_links, related_truth
from training.replay import acts_of, replay_ranking, replay_recommendation, time_cut


def evaluate_summary(
    articles: Sequence[StoredArticle], events: pa.Table, as_of: int, settings: Settings, progress: Progress
) -> tuple[Comparison, ...]:
    """The lists of a model fitted on the first four fifths of the events before `as_of`, against the rest.

    Nothing of the rest reaches that model, and no totals on articles. No events, or all of one moment: nothing to say.
    """
    events = events.filter(pc.field("at") < as_of)
    cut = time_cut(events)
    if cut is None:
        return ()
    arrays, manifest = fit(articles, events, cut, settings, with_totals=False, progress=progress)
    model = Model.open(manifest, arrays)
    acts = acts_of(events, model)
    return (
        replay_recommendation(model, acts, cut, progress=progress),
        replay_ranking(model, acts, cut, progress=progress),
    )


def evaluate_related(
    articles: Sequence[StoredArticle],
    truth: Path,
    as_of: int,
    settings: Settings,
    *,
    drop_own_links: bool,
    progress: Progress,
) -> tuple[Comparison, ...]:
    """Related on the links in the file `truth`, by a model of the articles alone; raises BadInput for a bad file."""
    links = read_links(truth)

    def train(texts: Sequence[StoredArticle]) -> Model:
        arrays, manifest = fit(texts, SCHEMA.empty_table(), as_of, settings, with_totals=False, progress=progress)
        return Model.open(manifest, arrays)

    return tuple(related_truth(articles, links, train, as_of, drop_own_links=drop_own_links, progress=progress))
