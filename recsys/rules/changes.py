"""What other rules would change: in the set, and in the lists."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from recsys.event import LIST_NAMES, ListName
from recsys.items import Item, Wish
from recsys.page import LIMITS, ORDER, page
from recsys.ranking import ranking
from recsys.rules.book import RuleBook
from recsys.rules.rule import Rule, RuleSet

if TYPE_CHECKING:
    from recsys.model import Model

PAGES = 10  # of the most read articles, where none are named


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an article stands in a list, from 1."""

    id: str
    before: int | None = None
    after: int | None = None


class ListChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a list would change; `article_id` is that of its page, where it stands on one."""

    list: ListName
    article_id: str | None = None
    added: tuple[Place, ...] = ()
    moved: tuple[Place, ...] = ()
    gone: tuple[Place, ...] = ()


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What rules would change.

    pages    the articles whose pages were compared, beside Ranking by itself
    changes  the lists that would not stay as they are
    idle     indexes of the rules that no article or page falls under as things are: a misspelt name, perhaps
    """

    pages: tuple[str, ...]
    changes: tuple[ListChange, ...]
    idle: tuple[int, ...]


def difference(before: RuleSet, after: RuleSet) -> tuple[list[Rule], list[Rule]]:
    """The rules that were added and those that were removed, in their order; one that was edited is in both."""
    return _without(after.rules, before.rules), _without(before.rules, after.rules)


def preview(
    model: "Model",
    rules: RuleSet,
    now: int,
    *,
    rows: Sequence[int] | None = None,
    order: Sequence[ListName] = ORDER,
    repeats: Collection[ListName] = (),
) -> Preview:
    """What the lists of anonymous readers would be under `rules`, compared with what they are.

    rows  articles whose pages are compared; None: those of the most read
    """
    tried = replace(model, rules=RuleBook(rules.rules), articles=model.articles.beside())
    tried.rules.refresh(tried.articles, now)
    if rows is None:
        rows = [item.row for item in ranking(model, "day", Wish(limit=PAGES), now)]
    changes = [_change(model, "ranking", None, *(_ranking(some, now) for some in (model, tried)))]
    for row in rows:
        before, after = (page(some, row, now, order=order, repeats=repeats) for some in (model, tried))
        changes += [_change(model, name, row, getattr(before, name), getattr(after, name)) for name in LIST_NAMES]
    return Preview(
        pages=tuple(map(model.articles.id, rows)),
        changes=tuple(change for change in changes if change.added or change.moved or change.gone),
        idle=tuple(index for index, touched in enumerate(tried.rules.touched()) if not touched),
    )


def _ranking(model: "Model", now: int) -> list[Item]:
    return ranking(model, "day", Wish(limit=LIMITS["ranking"]), now)


def _change(
    model: "Model", name: ListName, row: int | None, before: Sequence[Item], after: Sequence[Item]
) -> ListChange:
    old, new = ({item.row: place for place, item in enumerate(items, start=1)} for items in (before, after))
    places = {row: Place(id=model.articles.id(row), before=old.get(row), after=new.get(row)) for row in (new | old)}
    return ListChange(
        list=name,
        article_id=None if row is None else model.articles.id(row),
        added=tuple(place for place in places.values() if place.before is None),
        moved=tuple(
            place
            for place in places.values()
            if place.before is not None and place.after is not None and place.before != place.after
        ),
        gone=tuple(place for place in places.values() if place.after is None),
    )


def _without(rules: Sequence[Rule], others: Sequence[Rule]) -> list[Rule]:
    spare, found = Counter(others), []
    for rule in rules:
        if spare[rule]:
            spare[rule] -= 1
        else:
            found.append(rule)
    return found
