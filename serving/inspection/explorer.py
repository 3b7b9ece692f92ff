"""One article's three lists with every reason's part, why something is not in one, and two versions side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from recsys.event import LIST_NAMES
from recsys.items import WINDOWS, Window, Wish
from recsys.model import Model
from recsys.page import LIMITS
from recsys.ranking import ranking
from recsys.settings import Settings
from recsys.why_not import why_not
from serving.answers import items_json, page_answer, row_of
from serving.inspection.counting import DailyCounts
from serving.questions import PageQuestion

Found = dict[str, Any]

RANKED = 20


def explored(model: Model, article_id: str, question: PageQuestion, settings: Settings, now: int) -> Found:
    """The page of an article, each item with its place and each reason with its share of the score; raises NotFound."""
    answer: Found = msgspec.json.decode(page_answer(model, article_id, question, settings, now).body)
    return {
        "article": card(model, article_id),
        "model": answer["model"],
        "lists": {name: _told(model, answer[name]["items"]) for name in LIST_NAMES},
    }


def explained_absence(model: Model, article_id: str, other_id: str, now: int) -> Found:
    """Why the other article is not in the Related list of the first, or that it is; raises NotFound for the first."""
    row = row_of(model, article_id, now)
    verdict: Found = msgspec.to_builtins(why_not(model, row, other_id, Wish(limit=LIMITS["related"]), now))
    for part in ("standing", "instead"):
        if part in verdict:
            [verdict[part]] = _told(model, [verdict[part] | {"title": title(model, verdict[part]["id"])}])
    return verdict | {"id": other_id, "title": title(model, other_id)}


def side_by_side(
    models: Sequence[Model], article_id: str, question: PageQuestion, settings: Settings, now: int
) -> Found:
    """What two versions put on one page, and for each list what stays, moves, goes and comes; raises NotFound."""
    first, second = (
        msgspec.json.decode(page_answer(model, article_id, question, settings, now).body) for model in models
    )
    return {
        "article": card(models[0], article_id),
        "versions": [model.version for model in models],
        "lists": {name: difference(first[name]["items"], second[name]["items"]) for name in LIST_NAMES},
    }


def difference(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> Found:
    """How one list became another; items in the order of the second, then those that are gone."""
    old, new = ({item["id"]: place for place, item in enumerate(items, 1)} for items in (before, after))
    scores = [{item["id"]: item["score"] for item in items} for items in (before, after)]
    titles = {item["id"]: item["title"] for item in (*before, *after)}
    items = [
        {"id": item_id, "title": titles[item_id]}
        | {"before": old.get(item_id), "after": new.get(item_id)}
        | {"score_before": scores[0].get(item_id), "score_after": scores[1].get(item_id)}
        for item_id in (*new, *(item_id for item_id in old if item_id not in new))
    ]
    both = old.keys() & new.keys()
    return {
        "overlap": len(both),
        "moved": sum(old[item_id] != new[item_id] for item_id in both),
        "gone": len(old.keys() - new.keys()),
        "came": len(new.keys() - old.keys()),
        "items": items,
    }


def ranked(model: Model, window: Window, counts: DailyCounts, now: int) -> Found:
    """Ranking with what it is made of, and what readers did on each of the last days."""
    items = msgspec.json.decode(b"[" + items_json(model, ranking(model, window, Wish(limit=RANKED), now)) + b"]")
    told = [item | {"daily": counts.article(item["id"], now)} for item in _told(model, items)]
    fitted = model.manifest.fitted.get("ranking", {}).get(window)
    return {"window": window, "windows": list(WINDOWS), "fitted": fitted, "items": told}


def card(model: Model, article_id: str) -> Found | None:
    """What a list shows of an article; None for one that never was."""
    row = model.articles.row(article_id)
    if row is None:
        return None
    found: Found = msgspec.json.decode(model.articles.marked_card(row))
    return found


def title(model: Model, article_id: str) -> str | None:
    """The title of an article that the model knows."""
    found = card(model, article_id)
    return None if found is None else found["title"]


def some_articles(model: Model, now: int, limit: int = 10) -> list[Found]:
    """Articles to begin with: the first of Ranking."""
    return [
        {"id": model.articles.id(item.row), "title": title(model, model.articles.id(item.row))}
        for item in ranking(model, "day", Wish(limit=limit), now)
    ]


def _told(model: Model, items: Sequence[Found]) -> list[Found]:
    """Items with their place and, for each reason, its share of all that speaks for the item and whom it names."""
    told = []
    for place, item in enumerate(items, 1):
        total = sum(abs(reason["weight"]) for reason in item.get("reasons", ()))
        reasons = [
            reason
            | {"share": round(abs(reason["weight"]) / total, 4) if total else 0.0}
            | ({"title": title(model, reason["article_id"])} if "article_id" in reason else {})
            for reason in item.get("reasons", ())
        ]
        told.append({"place": place} | item | {"reasons": reasons})
    return told
