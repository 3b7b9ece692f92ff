"""Several models' lists for the same questions, measured against the same truth, with intervals."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.event import ListName
from recsys.metrics import (
    ABSENT,
    Interval,
    Values,
    bootstrap,
    capped_recall,
    coverage,
    gains_of,
    gini,
    hit_rate,
    ideal_gains,
    ndcg,
    padded,
    paired_difference,
    reciprocal_rank,
)

Lists = Sequence[Sequence[int]]
Truth = Sequence[Mapping[int, float]]

SEED = 20_260_101


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured value: a mean over questions with its 95% bootstrap interval; no interval for a whole-site figure.

    against  the model that was subtracted, in a paired difference; None for a value of `model` itself
    """

    model: str
    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    against: str | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one evaluation of one list.

    protocol   what was asked and what counted as right, in a sentence
    questions  how many lists were judged; 0: there was nothing to judge by, and no figures
    figures    the first model is ours; of every other follows the paired difference, ours minus it
    """

    list: ListName
    protocol: str
    questions: int
    figures: tuple[Figure, ...] = ()

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
    """Measures each model's lists on the same questions.

    lists      by model, ours first: the rows each puts in answer to each question, best first
    truth      for each question the gain, > 0, of every right row
    catalogue  how many articles could have been shown
    groups     for each question whose it was: values are means over groups, not over questions
    Questions to which nothing is right are left out.
    """
    asked = [place for place, relevant in enumerate(truth) if relevant]
    if not asked:
        return Comparison(list=name, protocol=protocol, questions=0)
    right = [truth[place] for place in asked]
    relevant = np.array([len(gains) for gains in right])
    ideal = ideal_gains(right, k)
    owners = np.unique([groups[place] for place in asked], return_inverse=True)[1] if groups is not None else None
    figures: list[Figure] = []
    measured: dict[str, dict[str, Values]] = {}
    for model, answers in lists.items():
        table = padded([answers[place] for place in asked], k)
        accuracy = _accuracy(gains_of(table, right), ideal, relevant, k)
        measured[model] = {metric: _by_owner(values, owners) for metric, values in accuracy.items()}
        figures += [_figure(model, metric, bootstrap(values, _rng())) for metric, values in measured[model].items()]
        figures.append(Figure(model=model, metric="coverage", value=coverage(table, catalogue)))
        figures.append(Figure(model=model, metric="gini", value=_gini(table)))
    ours, *others = measured
    for other in others:
        for metric, values in measured[ours].items():
            apart = paired_difference(values, measured[other][metric], _rng())
            figures.append(_figure(ours, metric, apart, against=other))
    return Comparison(list=name, protocol=protocol, questions=len(asked), figures=tuple(figures))


def _accuracy(gains: Values, ideal: Values, relevant: NDArray[np.integer], k: int) -> dict[str, Values]:
    return {
        f"ndcg@{k}": ndcg(gains, ideal),
        f"recall@{k}": capped_recall(gains, relevant),
        f"mrr@{k}": reciprocal_rank(gains),
        f"hit_rate@{k}": hit_rate(gains),
    }


def _by_owner(values: Values, owners: NDArray[np.intp] | None) -> Values:
    """The mean of each owner's values; the values themselves where nobody owns them."""
    if owners is None:
        return values
    means: Values = np.bincount(owners, values) / np.bincount(owners)
    return means


def _gini(table: NDArray[np.int64]) -> float:
    """Among the articles that stand in any list: how unequally the places fall to them."""
    shown, place = np.unique(table[table != ABSENT], return_inverse=True)
    return gini(place.reshape(1, -1), shown.size)


def _figure(model: str, metric: str, interval: Interval, against: str | None = None) -> Figure:
    return Figure(
        model=model, metric=metric, value=interval.mean, low=interval.low, high=interval.high, against=against
    )


def _rng() -> np.random.Generator:
    """The same draws for every figure, so that a report depends on nothing but the lists."""
    return np.random.default_rng(SEED)
