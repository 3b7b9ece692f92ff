"""One run for a scheduler: import what is new, fit, compare with the model that serves, publish if nothing speaks
against it.

The candidate is fitted twice: as of the serving model's as-of, to be compared with it on what readers did since, and on
everything, to be published. Where nothing is new since the serving model, nothing is fitted or published.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from recsys.bundle import Manifest
from recsys.errors import BadBundle, BadInput, NotFound
from recsys.home import Home
from recsys.model import Model
from recsys.registry import Registry, active_or_none, open_registry
from recsys.settings import Settings
from recsys.store import Store
from recsys.times import DAY, format_time, now_micros, zone
from training.event_columns import before, since
from training.fit import LOOKS, fit
from training.forecast import forecast
from training.forgetting import forget
from training.former import Former
from training.gate import Shape, Verdict, misshapen, sample_rows, shape_of, shrunk, worse
from training.ingest import ingest
from training.lock import training_lock
from training.progress import Progress
from training.publish import named, publish, sweep_home
from training.replay import acts_of
from training.resources import cpu_seconds, peak_mb
from training.run_report import RunReport, keep_report
from training.side_by_side import CANDIDATE, SERVING
from training.stored_articles import StoredArticles
from training.train import fit_all, read_store

_ENTRIES = 64  # of the log, read at a time
PUBLISHED = "published"  # among the shapes of a verdict: that of the model that the run publishes
_TRAINED_ON = frozenset({"events", "articles", "erase"})

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Job:
    """What one run works on. Times are microseconds.

    force  publish whatever the gate says
    tell   is told in a line what the run will need, before it begins to train
    """

    store: Store
    home: Home
    settings: Settings
    as_of: int
    now: int
    force: bool
    progress: Progress
    tell: Callable[[str], None] = lambda line: None


def retrain(job: Job) -> RunReport:
    """Runs and keeps the report; the outcome is "published", "nothing new" or "refused".

    Raises Refused where another training is at work; whatever else goes wrong is in the report, and raised.
    """
    with training_lock(job.home.root, "retrain", job.now):
        clock, used = time.monotonic(), cpu_seconds()
        report = RunReport(
            outcome="failed", began=format_time(job.now), ended="", seconds=0.0, cpu_seconds=0.0, peak_mb=0.0
        )
        try:
            report = _run(job, report)
        except BaseException as error:
            report = msgspec.structs.replace(report, reason=str(error) or type(error).__name__)
            with suppress(OSError):  # a full disk: what went wrong matters more than that it is written down
                _keep(job, report, clock, used)
            raise
        return _keep(job, report, clock, used)


def _keep(job: Job, report: RunReport, clock: float, used: float) -> RunReport:
    """Writes the report, with what the run took."""
    report = msgspec.structs.replace(
        report,
        ended=format_time(now_micros()),
        seconds=round(time.monotonic() - clock, 1),
        cpu_seconds=round(cpu_seconds() - used, 1),
        peak_mb=peak_mb(),
    )
    keep_report(job.home.reports, report, job.settings.title)
    return report


def _run(job: Job, report: RunReport) -> RunReport:
    home, store, settings = job.home, job.store, job.settings
    sweep_home(home)
    found = ingest(
        store,
        home.root,
        settings.sources,
        now=job.now,
        default_zone=zone(settings.timezone),
        progress=job.progress,
    )
    report = msgspec.structs.replace(report, imported=found.taken, warnings=found.warnings)
    registry = open_registry(home.bundles, settings.bundles)
    active = active_or_none(registry)
    serving, former, unusable = _serving(registry, active)
    if serving is not None:
        report = msgspec.structs.replace(report, serving=serving.version)
        if job.as_of < serving.manifest.as_of:
            raise BadInput(
                f"{serving.version} has seen what came after {format_time(job.as_of)}. Give a later --as-of."
            )
    reason = unusable if serving is None else whats_new(store, serving, settings, as_of=job.as_of, now=job.now)
    if not reason and serving is not None:
        _wake(job, serving)
        return msgspec.structs.replace(report, outcome="nothing new", version=serving.version)
    needs = forecast(store.size(), home.root)
    warnings = (*report.warnings, *needs.shortages())
    report = msgspec.structs.replace(report, reason=reason, forecast=needs, warnings=warnings)
    for line in (f"retraining because {reason}", needs.says(), *(f"warning: {said}" for said in needs.shortages())):
        job.tell(line)
    forget(store, home.history, settings, job.now)
    articles, events, log_seq = read_store(store, home.history, job.progress, former)
    if not articles:
        raise BadInput("there are no articles to train on. Name files under [sources], or run `recsys import`.")
    verdict = Verdict(notes=(unusable,))
    if serving is not None:
        verdict = judged(job, serving, articles, events, former)
    if verdict.refusals and not job.force:
        return msgspec.structs.replace(report, outcome="refused", verdict=verdict)
    arrays, manifest = fit_all(
        articles,
        events,
        home,
        settings,
        as_of=job.as_of,
        now=job.now,
        log_seq=log_seq,
        former=former,
        progress=job.progress,
    )
    report = msgspec.structs.replace(report, articles=manifest.articles, events=manifest.events)
    if SERVING in verdict.shapes:
        verdict = _looked_over(verdict, Model.open(manifest, arrays), job.as_of)
        if verdict.refusals and not job.force:
            return msgspec.structs.replace(report, outcome="refused", verdict=verdict)
    manifest = _with_verdict(arrays, manifest, verdict)
    job.progress("publishing", 0, 1)
    publish(registry, store, arrays, manifest, after=active, now=job.now, keep=settings.keep_bundles)
    job.progress("publishing", 1, 1)
    return msgspec.structs.replace(
        report, outcome="published", version=manifest.version, verdict=verdict, forced=bool(verdict.refusals)
    )


def whats_new(store: Store, serving: Model, settings: Settings, *, as_of: int, now: int) -> str:
    """What a training as of `as_of` would know that the serving model does not, in words; "" for nothing."""
    manifest = serving.manifest
    if manifest.settings != settings.model_dump(mode="json", exclude=set(LOOKS)):
        return "settings have changed"
    if manifest.later:
        return f"{manifest.later:,} events were stamped after the last training's as-of"
    appeared = (serving.articles.published >= manifest.as_of) & (serving.articles.published < as_of)
    if np.any(appeared & ~serving.articles.gone):
        return "articles have been published since"
    before = (now // DAY - settings.keep_events_days) * DAY
    if settings.keep_events_days and manifest.first_event is not None and manifest.first_event < before:
        return "events have passed their age"
    after = manifest.log_seq
    while entries := store.log.read(after, _ENTRIES):
        if any(entry.kind in _TRAINED_ON for entry in entries):
            return "events or articles have come since"
        after = entries[-1].seq
    return ""


def judged(job: Job, serving: Model, articles: StoredArticles, events: pa.Table, former: Former | None) -> Verdict:
    """What speaks against a model of what is known now, beside the serving one.

    Where readers did nothing since, no candidate as of the serving model is fitted: lists are judged once there is the
    model to publish.
    """
    known = articles.known(job.as_of, serving.articles if former is not None else None)
    events = before(events, job.as_of)
    manifest, cut = serving.manifest, serving.manifest.as_of
    counts = [*shrunk("articles", manifest.articles, known), *shrunk("events", manifest.events, events.num_rows)]
    verdict = Verdict(against=serving.version, refusals=tuple(counts))
    if counts and not job.force:
        return verdict
    if not events.num_rows or pc.max(events["at"]).as_py() < cut:
        shape = _as_published(manifest) or shape_of(serving, sample_rows([serving], cut), cut)
        said = "no reader's act since the serving model: only counts and lists were judged"
        return msgspec.structs.replace(verdict, notes=(said,), shapes={SERVING: shape})
    from training.side_by_side import meet, side_by_side

    arrays, own = fit(
        articles,
        events,
        cut,
        job.settings,
        with_totals=False,
        spill_to=job.home.root,
        former=former,
        progress=lambda what, done, total: job.progress(f"{what} (to compare)", done, total),
    )
    candidate = Model.open(own, arrays)
    rows = sample_rows([candidate, serving], cut)
    shapes = {CANDIDATE: shape_of(candidate, rows, cut), SERVING: shape_of(serving, rows, cut)}
    refusals = misshapen(shapes[CANDIDATE], shapes[SERVING], "as of the serving model")
    later = candidate.articles.published >= cut
    meet(candidate, articles, later, job.progress)
    meet(serving, articles, later, job.progress)
    compared = side_by_side(candidate, serving, acts_of(since(events, cut), candidate), cut, job.progress)
    lost, notes = worse(compared)
    return msgspec.structs.replace(
        verdict.with_refusals([*refusals, *lost]),
        notes=tuple(notes),
        comparisons=tuple(comparison for comparison, _ in compared),
        shapes=shapes,
    )


def _as_published(manifest: Manifest) -> Shape | None:
    """What the lists looked like when the model was published, where its gate wrote that down."""
    found = manifest.metrics.get("gate", {}).get("shapes", {}).get(PUBLISHED)
    try:
        return msgspec.convert(found, Shape)
    except msgspec.ValidationError:  # none, or of another version of this program
        return None


def _looked_over(verdict: Verdict, model: Model, now: int) -> Verdict:
    """The verdict with the shape of the model that is to be published."""
    shape = shape_of(model, sample_rows([model], now), now)
    told = {**verdict.shapes, PUBLISHED: shape}
    found = misshapen(shape, verdict.shapes[SERVING], "of the model to publish")
    return msgspec.structs.replace(verdict.with_refusals(found), shapes=told)


def _with_verdict(arrays: Arrays, manifest: Manifest, verdict: Verdict) -> Manifest:
    """The manifest with its name and with what the gate found, as plain values: no clock, no duration."""
    gate = msgspec.to_builtins(msgspec.structs.replace(verdict, comparisons=())) | {"forced": bool(verdict.refusals)}
    told = manifest.metrics | {"gate": gate, "evaluation": msgspec.to_builtins(verdict.comparisons)}
    return named(arrays, msgspec.structs.replace(manifest, metrics=told))


def _serving(registry: Registry, active: str | None) -> tuple[Model | None, Former | None, str]:
    """The active model as it was published, and what of it can be carried on; else None, and why there is none."""
    if active is None:
        return None, None, "there was no model: nothing to compare with"
    try:
        manifest, arrays = registry.open(active)
        return Model.open(manifest, arrays), Former.of(manifest, arrays), ""
    except (BadBundle, NotFound) as error:
        return None, None, f"the active model can't be opened, nothing to compare with: {error}"


def _wake(job: Job, serving: Model) -> None:
    """Tells servers of the active version, where a run died after it had moved the pointer and before it told them."""
    after = serving.manifest.log_seq
    while entries := job.store.log.read(after, _ENTRIES):
        if any(entry.kind == "activate" and serving.version in entry.ids for entry in entries):
            return
        after = entries[-1].seq
    job.store.log.append_activation(serving.version, job.now)
