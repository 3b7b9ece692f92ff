"""Several models' lists for the same questions, measured against the same truth, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from recsys.event import ListName
from recsys.metrics import (
    ABSENT,
    Interval,
    Values,
    bootstrap,
    bootstraps,
    capped_recall,
    coverage,
    diversity,
    gains_of,
    gini,
    hit_rate,
    ideal_gains,
    median_age,
    ndcg,
    novelty,
    padded,
    reciprocal_rank,
    sign_flip_test,
)
from recsys.times import DAY, format_time

Lists = Sequence[Sequence[int]]
Truth = Sequence[Mapping[int, float]]

SEED = 20_260_101
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of the site when a part of the questions began: by it lists are judged beyond accuracy.

    published  (n,) microseconds, by row      readers  (n,) visitors who had read each
    visitors   how many there were            vectors  (n, V) unit text vectors, empty rows where there is no text
    """

    published: NDArray[np.int64]
    readers: NDArray[np.int64]
    visitors: int
    vectors: sparse.csr_array


@dataclass(frozen=True, slots=True)
class Answers:
    """What each model put in answer to the same questions, all from one stretch of time.

    lists   by model, ours first: the rows each puts in answer to each question, best first
    truth   for each question the gain, > 0, of every right row
    owners  for each question whose it was; None: each is its own
    begins  when the stretch begins, microseconds      now    when each question was asked
    known   None: nothing is judged beyond accuracy
    """

    lists: Mapping[str, Lists]
    truth: Truth
    owners: Sequence[int] | None = None
    begins: int | None = None
    now: Sequence[int] = ()
    known: Known | None = None


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured value: a mean over questions with its 95% bootstrap interval; no interval for a whole-site figure.

    against  the model that was subtracted, in a paired difference; None for a value of `model` itself
    p        of no difference, by a paired sign-flip test; None for a value
    """

    model: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    against: str | None = None
    p: float | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """The questions of one split: when it begins, how many there were, and each model's value of the first metric."""

    begins: str
    questions: int
    values: dict[str, float]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one evaluation of one list.

    protocol   what was asked and what counted as right, in a sentence
    questions  how many lists were judged; 0: there was nothing to judge by, and no figures
    figures    the first model is ours; of every other follows the paired difference, ours minus it
    parts      the same by split, where there are several
    notes      what a reader of these figures must know besides
    """

    list: ListName
    protocol: str
    questions: int
    figures: tuple[Figure, ...] = ()
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()

    def value(self, model: str, metric: str) -> float:
        """The value of `metric` for `model`; raises KeyError where it was not measured."""
        for figure in self.figures:
            if (figure.model, figure.metric, figure.against) == (model, metric, None):
                return figure.value
        raise KeyError((model, metric))


def compare(
    name: ListName,
    protocol: str,
    lists: Mapping[str, Lists],
    truth: Truth,
    *,
    k: int,
    catalogue: int,
    groups: Sequence[int] | None = None,
) -> Comparison:
    """`compared` for the questions of one stretch of time, judged by their accuracy in the first `k` places."""
    return compared(name, protocol, [Answers(lists, truth, groups)], depths=(k,), catalogue=catalogue)


def compared(
    name: ListName,
    protocol: str,
    answers: Sequence[Answers],
    *,
    depths: Sequence[int],
    catalogue: int,
    notes: Sequence[str] = (),
) -> Comparison:
    """Measures each model's lists on the same questions.

    answers    of each split; a model that is not in all of them is left out. Values are means over owners, not over
               questions
    depths     after how many places accuracy is measured; the first is that of all other figures, and of the parts
    catalogue  how many articles could have been shown
    Questions to which nothing is right are left out.
    """
    judged = [kept for kept in map(_judged, answers) if kept.truth]
    if not judged:
        return Comparison(list=name, protocol=protocol, questions=0, notes=tuple(notes))
    measured = [{model: _measured(part, lists, depths) for model, lists in part.lists.items()} for part in judged]
    owners = _owners(judged)
    models = [model for model in judged[0].lists if all(model in part.lists for part in judged)]
    pooled = {model: _pooled([part[model] for part in measured], owners) for model in models}
    figures = _values(pooled)
    for model in models:
        table = np.concatenate([padded(part.lists[model], depths[0]) for part in judged])
        figures.append(Figure(model=model, metric="coverage", value=coverage(table, catalogue)))
        figures.append(Figure(model=model, metric="gini", value=_gini(table)))
    figures += _differences(pooled)
    parts = [_part(part, values, f"ndcg@{depths[0]}") for part, values in zip(judged, measured, strict=True)]
    return Comparison(
        list=name,
        protocol=protocol,
        questions=sum(len(part.truth) for part in judged),
        figures=tuple(figures),
        parts=tuple(parts) if len(parts) > 1 else (),
        notes=tuple(notes),
    )


# By metric the values (q,), and for which of the questions there is one: an empty list has no age.
_Measured = dict[str, tuple[Values, NDArray[np.bool_]]]


def _judged(part: Answers) -> Answers:
    """The questions to which something is right."""
    asked = [place for place, relevant in enumerate(part.truth) if relevant]
    return Answers(
        lists={model: [lists[place] for place in asked] for model, lists in part.lists.items()},
        truth=[part.truth[place] for place in asked],
        owners=None if part.owners is None else [part.owners[place] for place in asked],
        begins=part.begins,
        now=[part.now[place] for place in asked] if part.known else (),
        known=part.known,
    )


def _measured(part: Answers, lists: Lists, depths: Sequence[int]) -> _Measured:
    relevant = np.array([len(gains) for gains in part.truth])
    always = np.ones(relevant.size, np.bool_)
    found: _Measured = {}
    for k in depths:
        gains = gains_of(padded(lists, k), part.truth)
        found[f"ndcg@{k}"] = ndcg(gains, ideal_gains(part.truth, k)), always
        found[f"recall@{k}"] = capped_recall(gains, relevant), always
        found[f"mrr@{k}"] = reciprocal_rank(gains), always
        found[f"hit_rate@{k}"] = hit_rate(gains), always
    if part.known is not None:
        table = padded(lists, depths[0])
        size = (table != ABSENT).sum(axis=1)
        age = median_age(table, part.known.published, np.array(part.now, np.int64)) / DAY
        found["novelty"] = novelty(table, part.known.readers, part.known.visitors), size > 0
        if part.known.vectors.nnz:
            found["diversity"] = diversity(table, part.known.vectors), size > 1
        found["age_days"] = age, size > 0
    return found


def _owners(parts: Sequence[Answers]) -> NDArray[np.intp] | None:
    """Of all questions whose they are, 0, 1, ...; None where nobody owns them."""
    if any(part.owners is None for part in parts):
        return None
    every = [owner for part in parts for owner in part.owners or ()]
    return np.unique(every, return_inverse=True)[1]


def _pooled(parts: Sequence[_Measured], owners: NDArray[np.intp] | None) -> _Measured:
    """The values of all parts; with owners, the mean of each owner's."""
    found: _Measured = {}
    for metric in parts[0]:
        values, present = (np.concatenate(columns) for columns in zip(*(part[metric] for part in parts), strict=True))
        if owners is not None:
            counts = np.bincount(owners, present)
            values = np.bincount(owners, np.where(present, values, 0.0)) / np.maximum(counts, 1.0)
            present = counts > 0
        found[metric] = values, present
    return found


def _values(pooled: Mapping[str, _Measured]) -> list[Figure]:
    """Each model's values; those that some lists lack, over the lists that have them."""
    found: dict[tuple[str, str], Interval] = {}
    named = [(model, metric) for model, measured in pooled.items() for metric in measured]
    whole = [name for name in named if pooled[name[0]][name[1]][1].all()]
    columns = np.stack([pooled[model][metric][0] for model, metric in whole], axis=1)
    found |= zip(whole, bootstraps(columns, _rng()), strict=True)
    for model, metric in named:
        values, present = pooled[model][metric]
        if present.any() and not present.all():
            found[model, metric] = bootstrap(values[present], _rng())
    return [_figure(*name, found[name]) for name in named if name in found]


def _differences(pooled: Mapping[str, _Measured]) -> list[Figure]:
    """Ours minus each of the others, in accuracy."""
    ours, *others = pooled
    if not others:
        return []
    metrics = [metric for metric in pooled[ours] if "@" in metric]
    value = {model: np.stack([measured[metric][0] for metric in metrics]) for model, measured in pooled.items()}
    apart = np.concatenate([value[ours] - value[other] for other in others]).T
    pairs = [(other, metric) for other in others for metric in metrics]
    tested = zip(pairs, bootstraps(apart, _rng()), sign_flip_test(apart, _rng()).tolist(), strict=True)
    return [_figure(ours, metric, interval, against=other, p=p) for (other, metric), interval, p in tested]


def _part(part: Answers, measured: Mapping[str, _Measured], metric: str) -> Part:
    owners = _owners([part])
    values = {model: float(_pooled([each], owners)[metric][0].mean()) for model, each in measured.items()}
    begins = "" if part.begins is None else format_time(part.begins)
    return Part(begins=begins, questions=len(part.truth), values=values)


def _gini(table: NDArray[np.int64]) -> float:
    """Among the articles that stand in any list: how unequally the places fall to them."""
    shown, place = np.unique(table[table != ABSENT], return_inverse=True)
    return gini(place.reshape(1, -1), shown.size)


def _figure(model: str, metric: str, found: Interval, against: str | None = None, p: float | None = None) -> Figure:
    return Figure(model=model, metric=metric, value=found.mean, low=found.low, high=found.high, against=against, p=p)


def _rng() -> np.random.Generator:
    """The same draws for every figure, so that a report depends on nothing but the lists."""
    return np.random.default_rng(SEED)
