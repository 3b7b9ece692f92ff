"""Measures the lists on the site's own past: models of before a cut in time against what readers did after it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys.event import LIST_NAMES, ListName
from recsys.model import Model
from recsys.settings import Settings
from recsys.store import StoredArticle
from recsys.times import DAY, format_time
from training.baselines import Simple
from training.comparison import Answers, Comparison, compared
from training.event_columns import before
from training.events import SCHEMA
from training.fit import Past, fit
from training.other_lists import OtherLists, add_other, in_rows, notes_on
from training.progress import Progress
from training.related_truth import read_links, related_truth
from training.replay import Split, acts_of, time_cut, time_cuts
from training.replay_ranking import STEPS, replay_ranking
from training.replay_recommendation import ROLLING, SPLIT, replay_rolling, replay_split
from training.replay_related import NEXT_READ, replay_next_reads

Protocol = Literal["split", "rolling", "both"]

DEPTHS = {"related": (10, 5), "ranking": (8, 5, 10), "recommendation": (10, 5)}
PLACES = 10
QUESTIONS = 1_000  # of one protocol, over all splits; more would narrow the intervals little


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure.

    splits    how many models are trained, each on all that came before its cut
    protocol  how Recommendation is asked for
    cut       microseconds: one split, at this moment, in place of `splits`
    others    lists that were made elsewhere, for one cut: they take no part in "rolling"
    """

    lists: frozenset[ListName] = frozenset(LIST_NAMES)
    splits: int = 3
    protocol: Protocol = "both"
    cut: int | None = None
    others: Sequence[OtherLists] = field(default_factory=tuple)


SUMMARY = Plan(lists=frozenset({"ranking", "recommendation"}), splits=1, protocol="split")


def evaluate_summary(
    articles: Sequence[StoredArticle],
    events: pa.Table,
    as_of: int,
    settings: Settings,
    progress: Progress,
    *,
    spill_to: Path | None = None,
) -> tuple[tuple[Comparison, ...], Past | None]:
    """Ranking and Recommendation of a model fitted on the first four fifths of the events before `as_of`: one split.

    What each training tells; simple models that cost a pass over all texts are left out. With it comes what of that
    model the one to publish asks for again.
    """
    return _evaluated(articles, events, as_of, settings, SUMMARY, with_text=False, spill_to=spill_to, progress=progress)


def evaluate_site(
    articles: Sequence[StoredArticle],
    events: pa.Table,
    as_of: int,
    settings: Settings,
    plan: Plan,
    *,
    with_text: bool = True,
    progress: Progress,
) -> tuple[Comparison, ...]:
    """The lists of models fitted before each cut of `plan`, against what readers did until the next.

    Nothing stamped at or after a cut reaches a model of before it, and no totals on articles. No events, or none on
    one side of a cut: nothing to say.
    """
    found, _ = _evaluated(articles, events, as_of, settings, plan, with_text=with_text, progress=progress)
    return found


def _evaluated(
    articles: Sequence[StoredArticle],
    events: pa.Table,
    as_of: int,
    settings: Settings,
    plan: Plan,
    *,
    with_text: bool,
    spill_to: Path | None = None,
    progress: Progress,
) -> tuple[tuple[Comparison, ...], Past | None]:
    """`evaluate_site`, and the model of the last cut for a later one to build on; None where there is no cut."""
    events = before(events, as_of)
    cuts = cuts_of(events, plan)
    answers: dict[tuple[ListName, str], list[Answers]] = defaultdict(list)
    catalogue, most = 0, QUESTIONS // max(1, len(cuts))
    past: Past | None = None
    for number, (cut, end) in enumerate(pairwise([*cuts, as_of]), start=1):
        told = _numbered(progress, number, len(cuts))
        arrays, manifest = fit(articles, events, cut, settings, with_totals=False, spill_to=spill_to, progress=told)
        model, past = Model.open(manifest, arrays), Past.of(manifest, arrays, cut)
        split = Split(acts_of(events, model), cut, end)
        simple = Simple.at(articles, split, with_text=with_text)
        catalogue = int(model.articles.shown(np.arange(len(articles)), cut).sum())
        if "related" in plan.lists:
            others = in_rows(plan.others, "related", model, cut)
            found = replay_next_reads(model, simple, split, k=PLACES, most=most, others=others, progress=told)
            answers["related", NEXT_READ].append(found)
        if "recommendation" in plan.lists and plan.protocol != "rolling":
            others = in_rows(plan.others, "recommendation", model, cut)
            found = replay_split(model, simple, split, k=PLACES, most=most, others=others, progress=told)
            answers["recommendation", SPLIT].append(found)
        if "recommendation" in plan.lists and plan.protocol != "split" and not plan.others:
            moving = Model.open(manifest, arrays)
            found = replay_rolling(moving, simple, articles, split, k=PLACES, most=most, progress=told)
            answers["recommendation", ROLLING].append(found)
        if "ranking" in plan.lists:
            steps = max(1, STEPS // len(cuts))
            others = in_rows(plan.others, "ranking", model, cut)
            moving = Model.open(manifest, arrays)
            for protocol, found in replay_ranking(moving, split, k=PLACES, steps=steps, progress=told).items():
                judged = replace(found, known=simple.known)
                answers["ranking", protocol].append(ranked_beside(judged, others, model))
    known = {stored.article.id for stored in articles}
    found_all = [
        compared(
            name,
            f"{protocol}; {_when(cuts)}",
            found,
            depths=DEPTHS[name],
            catalogue=catalogue,
            notes=notes_on(plan.others, name, known),
        )
        for (name, protocol), found in answers.items()
    ]
    measured = {comparison.list for comparison in found_all if comparison.questions}
    return tuple(one for one in found_all if one.questions or one.list not in measured), past


def cuts_of(events: pa.Table, plan: Plan) -> list[int]:
    """The cuts in time, ascending, each with events before it; none where there is no such moment."""
    if plan.cut is None:
        return [cut for cut in [time_cut(events)] if cut is not None] if plan.others else time_cuts(events, plan.splits)
    return [plan.cut] if events.num_rows and pc.min(events["at"]).as_py() < plan.cut else []


def ranked_beside(found: Answers, others: Mapping[str, Mapping[int, Sequence[int]]], model: Model) -> Answers:
    """The days of `found` for which each of the `others` has a ranking, made within the 24 hours before.

    others  by model, then by when it was made: rows, best first
    """
    if not others:
        return found
    lists: dict[str, list[Sequence[int]]] = {name: [*ranked] for name, ranked in found.lists.items()}
    for name in others:
        add_other(lists, name, [])
    every = np.arange(len(model.articles))
    kept: list[int] = []
    for place, start in enumerate(found.now):
        made = {name: [at for at in rankings if start - DAY < at <= start] for name, rankings in others.items()}
        if all(made.values()):
            shown = model.articles.shown(every, start)
            kept.append(place)
            for name, at in made.items():
                lists[name].append([row for row in others[name][max(at)] if shown[row]][:PLACES])
    for name in found.lists:
        lists[name] = [lists[name][place] for place in kept]
    truth, now = [found.truth[place] for place in kept], [found.now[place] for place in kept]
    return replace(found, lists=lists, truth=truth, now=now)


def evaluate_related(
    articles: Sequence[StoredArticle],
    events: pa.Table,
    truth: Path,
    as_of: int,
    settings: Settings,
    *,
    drop_own_links: bool,
    others: Sequence[OtherLists] = (),
    progress: Progress,
) -> tuple[Comparison, ...]:
    """Related on the links in the file `truth`, by a model of the articles alone; raises BadInput for a bad file.

    events  only the simple models that go by readers know them
    """
    links = read_links(truth)

    def train(texts: Sequence[StoredArticle]) -> Model:
        arrays, manifest = fit(
            texts, SCHEMA.empty_table(), as_of, settings, with_totals=False, with_links=False, progress=progress
        )
        return Model.open(manifest, arrays)

    found = related_truth(
        articles,
        links,
        train,
        as_of,
        events=before(events, as_of),
        others=others,
        drop_own_links=drop_own_links,
        progress=progress,
    )
    return tuple(found)


def _when(cuts: Sequence[int]) -> str:
    """The cuts in words."""
    first, last = format_time(cuts[0]), format_time(cuts[-1])
    return f"cut at {first}" if len(cuts) == 1 else f"{len(cuts)} cuts from {first} to {last}"


def _numbered(progress: Progress, number: int, of: int) -> Progress:
    """`progress` of one of several splits."""
    if of == 1:
        return progress
    return lambda what, done, total: progress(f"{what} ({number}/{of})", done, total)
