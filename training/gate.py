"""Whether a new model may take the place of the one that serves: what speaks against it, and by how much.

Compared are two models of the same moment, the serving one's as-of: that one as it was published, and a candidate that
knows no more. What happened since judges both; the window ends with the last event, whatever the clock says.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.items import Wish
from recsys.model import Model
from recsys.ranking import ranking
from recsys.related import judged, matches, own_wish
from training.comparison import SEED, Comparison
from training.side_by_side import DEPTH, SERVING

LEAST_KEPT = 0.5  # of the serving model's articles and events; fewer are a source that broke
LEAST_COVERAGE = 0.8  # of the serving model's coverage
MORE_EMPTY = 0.1  # of the Related lists that may become empty
LEAST_READERS = 20  # a bootstrap over fewer tells little; then the comparison is told and decides nothing
SAMPLE = 400  # articles whose lists are looked at: a share of them is known to 0.025, a quarter of what is allowed


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What a model's lists look like, whoever reads them.

    asked     how many articles' Related lists were looked at
    empty     share of them without a match, 0..1
    coverage  different articles that stand in them, per list asked
    ranked    matches in the Ranking, 0..DEPTH
    """

    asked: int
    empty: float
    coverage: float
    ranked: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate found.

    against      the version that serves; None: there is none that can be opened, and nothing was compared
    refusals     why the candidate must not take its place, each with figures; none: it may
    notes        what was not judged, and why
    comparisons  candidate minus serving, by list
    """

    against: str | None = None
    refusals: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    shapes: dict[str, Shape] = {}

    def with_refusals(self, refusals: Sequence[str]) -> "Verdict":
        """The same with more reasons to refuse."""
        return msgspec.structs.replace(self, refusals=(*self.refusals, *refusals))


def shrunk(what: str, before: int, now: int) -> list[str]:
    """Whether there is so much less to learn from that a source must have broken."""
    if now >= LEAST_KEPT * before:
        return []
    return [f"{what}: {now:,}, the serving model has {before:,} ({now / before - 1.0:+.0%}, allowed -50%)"]


def sample_rows(models: Sequence[Model], now: int) -> NDArray[np.int64]:
    """At most SAMPLE of the rows that all models show at `now`, ascending, drawn by a fixed seed."""
    every = np.arange(min(len(model.articles) for model in models))
    rows = every[np.logical_and.reduce([model.articles.shown(every, now) for model in models])]
    if rows.size > SAMPLE:
        rows = np.sort(np.random.default_rng(SEED).choice(rows, SAMPLE, replace=False))
    return rows


def shape_of(model: Model, rows: NDArray[np.int64], now: int) -> Shape:
    """The lists of the articles at `rows`, and the Ranking, without fill."""
    wish = Wish(limit=DEPTH, fill="none")
    lists = [related_rows(model, row, wish, now) for row in rows.tolist()]
    return Shape(
        asked=len(lists),
        empty=round(sum(not rows for rows in lists) / max(1, len(lists)), 6),
        coverage=round(len({row for rows in lists for row in rows}) / max(1, len(lists)), 6),
        ranked=len(ranking(model, "day", wish, now)),
    )


def related_rows(model: Model, row: int, wish: Wish, now: int) -> list[int]:
    """The rows that `recsys.related.related` lists of a model without rules, without the reasons, half the time."""
    wish = own_wish(model, row, wish)
    found = judged(model, row, wish, now)
    rows: list[int] = found.rows[matches(model, found, row, wish, wish.limit)].tolist()
    return rows


def misshapen(candidate: Shape, serving: Shape, when: str) -> list[str]:
    """What the lists of the candidate have lost."""
    found = []
    if candidate.empty > serving.empty + MORE_EMPTY:
        found.append(
            f"Related {when}: {candidate.empty:.1%} of the lists are empty, of the serving model's {serving.empty:.1%}"
            f" (allowed +{MORE_EMPTY:.0%})"
        )
    if candidate.coverage < LEAST_COVERAGE * serving.coverage:
        found.append(
            f"Related {when}: {candidate.coverage:.3f} different articles per list, the serving model's have"
            f" {serving.coverage:.3f} ({candidate.coverage / serving.coverage - 1.0:+.0%},"
            f" allowed {LEAST_COVERAGE - 1.0:+.0%})"
        )
    if serving.ranked and not candidate.ranked:
        found.append(f"Ranking {when}: it is empty, the serving model's has {serving.ranked} articles")
    return found


def worse(compared: Sequence[tuple[Comparison, int]]) -> tuple[list[str], list[str]]:
    """In which lists the candidate is worse beyond chance; and a note on each comparison of too few readers."""
    refusals, notes = [], []
    for comparison, readers in compared:
        if readers < LEAST_READERS:
            notes.append(f"{comparison.list}: acts of {readers} readers only; told, not judged")
            continue
        for figure in comparison.figures:
            if figure.against == SERVING and figure.metric == f"ndcg@{DEPTH}" and (figure.high or 0.0) < 0.0:
                refusals.append(
                    f"{comparison.list}: nDCG@{DEPTH} {figure.value:+.4f} [{figure.low:+.4f}, {figure.high:+.4f}]"
                    f" beside the serving model, over {comparison.questions:,} acts of {readers:,} readers"
                )
    return refusals, notes
