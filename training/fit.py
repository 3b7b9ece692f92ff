"""From articles and events to the arrays of a model.

Everything is as of one moment: nothing stamped at or after `as_of` is looked at, be it an event, an article or a total.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.bundle import Manifest
from recsys.covisitation import Covisits
from recsys.links import SiteLinks
from recsys.model import Model
from recsys.ranking import RankingFit
from recsys.settings import Settings
from recsys.store import StoredArticle
from recsys.tfidf import NO_TERM
from recsys.times import DAY
from training.behaviour import behaviour_arrays
from training.corpus import article_columns, read_corpus, site_links
from training.engagement import Totals
from training.mix import fit_mix
from training.neighbour_lists import fit_neighbours
from training.progress import Progress, silent
from training.related import fit_related, typical_words
from training.replay import acts_of, time_cut
from training.stories import stories_of
from training.vectorise import fit_text

Arrays = dict[str, NDArray[Any]]

LOOKS = frozenset(
    {
        "title",
        "notice",
        "cache_seconds",
        "keep_bundles",
        "threads",
        "experiment",
        "variants",
        "trusted_proxies",
        "requests_per_minute",
        "sources",
    }
)  # settings that change no result


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
    progress: Progress = silent,
) -> tuple[Arrays, Manifest]:
    """The arrays of a bundle, named `component.array`, and its manifest, without a version name yet.

    articles     by row, without gaps      events  a table of `training.events`
    log_seq      the last entry of the change log that `articles` and `events` know of
    with_totals  whether totals on articles count: they are of the present, so not for a look at the past
    with_links   whether links between articles count: not where links are what Related is measured by
    """
    later = events.num_rows
    events = events.filter(pc.field("at") < as_of)
    later -= events.num_rows
    corpus = read_corpus(articles, as_of, settings.language, progress)
    columns = article_columns(corpus)
    progress("text model", 0, 1)
    text, vectors = fit_text(corpus.fields)
    progress("text model", 1, 1)
    neighbours = fit_neighbours(vectors, jobs=settings.threads or -1)
    totals = Totals.of(articles) if with_totals else Totals.none(len(articles))
    known = {"articles": columns.arrays(), "text": text.arrays(), "neighbours": neighbours.arrays()}
    known["stories"] = stories_of(corpus, neighbours).arrays()
    known["links"] = (site_links(corpus) if with_links else SiteLinks.empty()).arrays()
    learned = behaviour_arrays(events, columns, totals, as_of, threads=settings.threads, spill_to=spill_to)
    learned["mix"]["diversity"] = np.array([settings.diversity])
    if settings.ranking_max_age_days is not None:
        learned["ranking"]["max_age"] = np.array([settings.ranking_max_age_days * float(DAY)])
    together = Covisits.from_arrays(learned["covisits"]).together_table
    related = fit_related(
        neighbours,
        columns.published,
        together,
        np.random.default_rng(as_of),
        words=typical_words(vectors, text.parts[:, 1] != NO_TERM),
        evergreen=columns.evergreen,
    )
    known["related"] = related.arrays()
    first_last = pc.min_max(events["at"]).as_py()
    manifest = Manifest(
        version="",
        as_of=as_of,
        log_seq=log_seq,
        articles=int(np.count_nonzero(corpus.known)),
        events=events.num_rows,
        later=later,
        first_event=first_last["min"],
        last_event=first_last["max"],
        settings=settings.model_dump(mode="json", exclude=set(LOOKS)),
        fitted={
            "main_language": corpus.main_language,
            "ranking": RankingFit.from_arrays(learned["ranking"]).report(),
        },
    )
    cut = time_cut(events)
    if cut is not None:
        none = Totals.none(len(articles))
        past = behaviour_arrays(events, columns, none, cut, threads=settings.threads, spill_to=spill_to)
        model = Model.open(manifest, _named(known | past))
        learned["mix"]["weights"] = fit_mix(model, acts_of(events, model), cut, progress)
    return _named(known | learned), manifest


def _named(components: Mapping[str, Arrays]) -> Arrays:
    return {f"{component}.{name}": array for component, part in components.items() for name, array in part.items()}
