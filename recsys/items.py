"""What a list is made of: items with a score and the reasons that add up to it; and what a caller may ask of a list."""

from typing import TYPE_CHECKING, Literal, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from recsys.rules.book import Ruled

FillPolicy = Literal["ranking", "none"]
Window = Literal["hour", "day", "week", "month", "all"]
WINDOWS: tuple[Window, ...] = get_args(Window)


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Why an item stands in a list. The weights of an item's reasons sum to its score.

    kind        such as "terms", "tags", "time", "read_together", "popular", "new", "because_read", "section", "fill",
                "other" for what is weighed and not told
    terms       the words or tags shared, as readers write them, strongest first, each with its part of `weight`
    article_id  the article of the reader's own history that led here
    """

    kind: str
    weight: float
    terms: tuple[tuple[str, float], ...] = ()
    article_id: str | None = None
    days: float | None = None
    count: int | None = None
    name: str | None = None


class Item(msgspec.Struct, frozen=True, gc=False):
    """One place in a list. `fill` names the source of an item that is there only to complete the list (score 0)."""

    row: int
    score: float
    reasons: tuple[Reason, ...]
    fill: str | None = None


class Wish(msgspec.Struct, frozen=True):
    """What the caller asks of a list. Filters act before the cut.

    exclude    rows that must not appear
    section    a name at any level of the section path
    language   primary subtag such as "en"; None: no limit
    max_age    microseconds since publication
    min_score  replaces the list's own relevance floor; 0 drops it
    fill       what completes a list that has too few matches
    ruled      the rules in force for the list (`recsys.rules.placing.governed`)
    """

    limit: int = 10
    exclude: frozenset[int] = frozenset()
    section: str | None = None
    tag: str | None = None
    label: str | None = None
    language: str | None = None
    max_age: int | None = None
    min_score: float | None = None
    fill: FillPolicy = "ranking"
    ruled: "Ruled | None" = None


def filler(row: int, source: str) -> Item:
    """An item that only completes a list."""
    return Item(row, 0.0, (Reason(kind="fill", weight=0.0, name=source),), fill=source)


def highest(scores: NDArray[np.floating], rows: NDArray[np.integer], k: int) -> NDArray[np.intp]:
    """The positions that `best` finds, ascending: where their order doesn't matter, in half the time."""
    if not 0 < k < scores.size:
        return np.arange(scores.size if k > 0 else 0)
    threshold = _threshold(scores, k)
    kept = (scores >= threshold).nonzero()[0]
    if kept.size == k:
        return kept
    level = (scores.take(kept) == threshold).nonzero()[0]
    room = level.size - (kept.size - k)
    stays = np.ones(kept.size, np.bool_)
    stays[level.take(rows.take(kept.take(level)).argpartition(room)[room:])] = False
    return kept[stays]


def best(scores: NDArray[np.floating], rows: NDArray[np.integer], k: int) -> NDArray[np.intp]:
    """Positions of the k highest scores, best first, equal ones by lower row.

    scores  (m,) finite      rows  (m,) article rows      returns  (min(k, m),) positions into both
    """
    if k <= 0 or scores.size == 0:
        return np.empty(0, np.intp)
    kept = (scores >= _threshold(scores, k)).nonzero()[0] if k < scores.size else np.arange(scores.size)
    order = np.lexsort((rows[kept], -scores[kept]))
    return kept[order[:k]]


def _threshold(scores: NDArray[np.floating], k: int) -> np.floating:
    """The k-th highest of more than k scores."""
    ordered = scores.copy()
    ordered.partition(scores.size - k)
    found: np.floating = ordered[scores.size - k]
    return found
