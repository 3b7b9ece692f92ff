"""The three lists of one article page: nothing stands in two of them, and none holds the article itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from recsys.event import ListName
from recsys.fill import fill
from recsys.items import FillPolicy, Item, Window, Wish
from recsys.ranking import ranking
from recsys.reader import reader_of
from recsys.recommendation import recommend_to
from recsys.related import related

if TYPE_CHECKING:
    from recsys.model import Model

LIMITS: dict[ListName, int] = {"related": 10, "ranking": 8, "recommendation": 8}
ORDER: tuple[ListName, ...] = ("related", "ranking", "recommendation")


@dataclass(frozen=True, slots=True)
class Page:
    """The lists that belong beside one article."""

    related: list[Item]
    ranking: list[Item]
    recommendation: list[Item]


def page(
    model: "Model",
    row: int,
    now: int,
    *,
    limits: dict[ListName, int] = LIMITS,
    order: Sequence[ListName] = ORDER,
    visitor_id: str | None = None,
    history: Sequence[int] = (),
    exclude: frozenset[int] = frozenset(),
    fill_policy: FillPolicy = "ranking",
    window: Window = "day",
) -> Page:
    """The lists for a reader who is on the article at `row`.

    order    an article that several lists want goes to the first of these
    history  rows read before, newest first, as the request tells

    All lists stay in the article's language. First every list takes its matches, then fill completes them in the same
    order, so that fill takes no article from a list that has reason to show it. A sensitive article's page has only
    its related articles, and no fill.
    """
    stored = model.histories.of(visitor_id) if visitor_id is not None else None
    reader = reader_of(now, stored, history, row)
    sensitive = model.articles.is_sensitive(row)
    common = Wish(language=model.articles.language(row), fill="none")
    lists: dict[ListName, Callable[[Wish], list[Item]]] = {
        "related": lambda wish: related(model, row, wish, now),
        "ranking": lambda wish: ranking(model, window, wish, now),
        "recommendation": lambda wish: recommend_to(model, reader, wish, now),
    }
    taken = exclude | {row}
    found: dict[ListName, list[Item]] = {"related": [], "ranking": [], "recommendation": []}
    for name in order:
        if name == "related" or not sensitive:
            found[name] = lists[name](replace(common, limit=limits[name], exclude=taken))
            taken |= {item.row for item in found[name]}
    if not sensitive:
        for name in order:
            read = reader.seen if name == "recommendation" else frozenset()
            wish = replace(common, limit=limits[name], exclude=taken | read, fill=fill_policy)
            found[name] = fill(model, found[name], wish, now)
            taken |= {item.row for item in found[name]}
    return Page(**found)
