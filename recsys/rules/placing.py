"""How a list obeys the rules: what it may hold, in what order, what is pinned, and the reasons that tell of it."""

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from recsys.event import ListName
from recsys.items import Item, Reason, Wish, best
from recsys.rules.book import Ruled

if TYPE_CHECKING:
    from recsys.model import Model


@dataclass(frozen=True, slots=True)
class Pins:
    """What comes into a list, or is moved in it, when the list is whole.

    slots   position from 1 and row, ascending by position
    ruled   where given, its buried articles have no greater score than those before them
    """

    slots: tuple[tuple[int, int], ...] = ()
    ruled: Ruled | None = None

    @property
    def rows(self) -> frozenset[int]:
        """The articles pinned."""
        return frozenset(row for _, row in self.slots)

    def placed(self, items: list[Item]) -> list[Item]:
        """`items` with the pins at their positions, or at the end where the list is too short for them.

        Scores never rise from place to place: a pin has the score of the next that is none, a buried article at most
        that of the one before it, and a reason of that weight says so.
        """
        if self.ruled is None:
            return items
        if self.ruled.buries:
            items = _lowered(items, self.ruled)
        if not self.slots:
            return items
        found: list[Item | int] = [*items]
        for position, row in self.slots:
            found.insert(min(position - 1, len(found)), row)
        score, whole = 0.0, []
        for item in reversed(found):
            if isinstance(item, Item):
                score = item.score
                whole.append(item)
            else:
                whole.append(Item(item, score, (Reason(kind="pinned", weight=score),)))
        return whole[::-1]


NO_PINS = Pins()


def governed(model: "Model", name: ListName, page: int | None, wish: Wish, now: int) -> tuple[Wish, Pins]:
    """`wish` under the rules in force for a list, on the page at row `page`, and what is pinned there.

    The places of pins are taken off the limit, and no list shows an article pinned in it twice. A wish that is under
    rules already stays as it is: whoever put it there places the pins.
    """
    if not model.rules or wish.ruled is not None:
        return wish, NO_PINS
    model.rules.refresh(model.articles, now)
    sensitive = page is not None and model.articles.is_sensitive(page)
    ruled = model.rules.ruled(name, page, sensitive=sensitive)
    slots = _slots(model, ruled, page, wish, now)
    pins = Pins(slots, ruled if slots or ruled.buries else None)
    return replace(wish, ruled=ruled, limit=wish.limit - len(slots), exclude=wish.exclude | pins.rows), pins


def allowed(model: "Model", page: int, wish: Wish) -> bool:
    """Whether a page shows a list and its fill: a sensitive one only where a rule of the wish says so."""
    return not model.articles.is_sensitive(page) or (wish.ruled is not None and wish.ruled.allowed)


def weighed(wish: Wish, rows: NDArray[np.integer], score: NDArray[np.float64]) -> NDArray[np.float64]:
    """The scores (m,) of `rows` (m,) under the boosts in force."""
    return score if wish.ruled is None or not wish.ruled.boosts else score * wish.ruled.factor(rows)


def leading(wish: Wish, score: NDArray[np.float64], rows: NDArray[np.integer], k: int) -> NDArray[np.intp]:
    """Positions of the k best as `recsys.items.best` has them, but the buried after all others."""
    if wish.ruled is None or not wish.ruled.buries:
        return best(score, rows, k)
    buried = wish.ruled.buried(rows)
    if not buried.any():
        return best(score, rows, k)
    first, last = np.flatnonzero(~buried), np.flatnonzero(buried)
    chosen = first[best(score[first], rows[first], k)]
    return np.concatenate((chosen, last[best(score[last], rows[last], k - chosen.size)]))


def explained(wish: Wish, items: list[Item]) -> list[Item]:
    """Matches with their scores under the boosts in force, and the difference as one more reason."""
    if wish.ruled is None or not wish.ruled.boosts:
        return items
    factors = wish.ruled.factor(np.array([item.row for item in items], np.int64)).tolist()
    return [item if factor == 1.0 else _boosted(item, factor) for item, factor in zip(items, factors, strict=True)]


def _boosted(item: Item, factor: float) -> Item:
    boost = Reason(kind="boost", weight=item.score * factor - item.score)
    return Item(item.row, item.score * factor, (*item.reasons, boost), item.fill)


def _slots(model: "Model", ruled: Ruled, page: int | None, wish: Wish, now: int) -> tuple[tuple[int, int], ...]:
    """The pins that have a place: of those that the wish admits the first at each position, others at the next free."""
    if ruled.pinned is None or ruled.at is None:
        return ()
    admitted = model.articles.admits(ruled.pinned, wish, now, pinned=True) & ruled.admits(ruled.pinned)
    admitted &= ruled.at <= wish.limit
    if page is not None:
        admitted &= ruled.pinned != page
    taken: dict[int, int] = {}
    placed: set[int] = set()
    for wanted, row in zip(ruled.at[admitted].tolist(), ruled.pinned[admitted].tolist(), strict=True):
        position = next(free for free in count(wanted) if free not in taken)
        if position <= wish.limit and row not in placed:
            taken[position] = row
            placed.add(row)
    return tuple(sorted(taken.items()))


def _lowered(items: list[Item], ruled: Ruled) -> list[Item]:
    found, above = [], float("inf")
    buried = ruled.buried(np.array([item.row for item in items], np.int64)).tolist()
    for item, low in zip(items, buried, strict=True):
        if item.fill is None and low:
            score = min(item.score, above)
            why = Reason(kind="buried", weight=score - item.score)
            found.append(Item(item.row, score, (*item.reasons, why)))
        else:
            found.append(item)
        above = found[-1].score
    return found
