"""What completes a list that has too few matches: the ranking's next articles, marked as fill."""

from typing import TYPE_CHECKING

import numpy as np
from msgspec.structs import replace

from recsys.items import Item, Wish, filler
from recsys.ranking import ranking

if TYPE_CHECKING:
    from recsys.model import Model


def fill(model: "Model", items: list[Item], wish: Wish, now: int) -> list[Item]:
    """`items`, and after them what Ranking would show next, up to `wish.limit`; unchanged where `wish.fill` is none.

    Fill obeys the filters of `wish`, repeats nothing, is never a sensitive article, and has score 0 and one reason of
    weight 0. Its source is "ranking", or what Ranking itself fills with where nothing has evidence.
    """
    missing = wish.limit - len(items)
    if wish.fill == "none" or missing <= 0:
        return items
    rest = replace(wish, exclude=wish.exclude | {item.row for item in items}, min_score=None)
    return items + _next_ranked(model, rest, missing, now)


def _next_ranked(model: "Model", wish: Wish, missing: int, now: int) -> list[Item]:
    """The first `missing` of the ranking that may fill; asks for more as long as sensitive ones take the places."""
    limit = missing
    while True:
        ranked = ranking(model, "day", replace(wish, limit=limit), now)
        rows = np.fromiter((item.row for item in ranked), np.int64, len(ranked))
        admitted = model.articles.admits(rows, wish, now, as_fill=True)
        found = [filler(item.row, item.fill or "ranking") for item, good in zip(ranked, admitted, strict=True) if good]
        if len(found) >= missing or len(ranked) < limit:
            return found[:missing]
        limit *= 4
