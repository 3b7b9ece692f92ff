"""The three lists of one article page: nothing stands in two of them, and none holds the article itself."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from recsys.event import ListName
from recsys.fill import fill
from recsys.items import FillPolicy, Item, Window, Wish
from recsys.ranking import ranking
from recsys.recommendation import recommend_to, visitor
from recsys.related import related
from recsys.rules.placing import Pins, allowed, governed

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
    repeats: Collection[ListName] = (),
    visitor_id: str | None = None,
    history: Sequence[int] = (),
    exclude: frozenset[int] = frozenset(),
    fill_policy: FillPolicy = "ranking",
    window: Window = "day",
) -> Page:
    """The lists for a reader who is on the article at `row`.

    order    an article that several lists want goes to the first of these
    repeats  lists that may show what another shows, and keep nothing from the others
    history  rows read before, newest first, as the request tells

    All lists stay in the article's language. Pins come first: what is pinned in a list stands in another only where
    that pins it too. Then every list takes its matches, then fill completes them in the same order, so that fill takes
    no article from a list that has reason to show it. A sensitive article's page has only its related articles, and no
    fill, but for lists that a rule allows.
    """
    reader = visitor(model, now, visitor_id, history, row)
    language = model.articles.language(row)
    lists: dict[ListName, Callable[[Wish], list[Item]]] = {
        "related": lambda wish: related(model, row, wish, now),
        "ranking": lambda wish: ranking(model, window, wish, now),
        "recommendation": lambda wish: recommend_to(model, reader, wish, now),
    }
    wishes: dict[ListName, Wish] = {}
    pins: dict[ListName, Pins] = {}
    for name in ORDER:
        read = reader.seen if name == "recommendation" else frozenset()
        wish = Wish(limit=limits[name], exclude=exclude | {row} | read, language=language, fill="none")
        wishes[name], pins[name] = governed(model, name, row, wish, now)
    whole = [name for name in order if allowed(model, row, wishes[name])]
    shown = [name for name in order if name == "related" or name in whole]
    found: dict[ListName, list[Item]] = {"related": [], "ranking": [], "recommendation": []}

    def asked(name: ListName, policy: FillPolicy) -> Wish:
        others = [other for other in shown if other != name and other not in repeats and name not in repeats]
        taken = {item.row for other in others for item in found[other]}.union(*(pins[other].rows for other in others))
        return replace(wishes[name], exclude=wishes[name].exclude | taken, fill=policy)

    for name in shown:
        found[name] = lists[name](asked(name, "none"))
    for name in whole:
        found[name] = fill(model, found[name], asked(name, fill_policy), now)
    for name in shown:
        found[name] = pins[name].placed(found[name])
    return Page(**found)
