"""How the site stands: what there is, how fresh the model is, how full the lists are, and what to do next."""

import asyncio
from collections.abc import Iterable
from typing import Any

import numpy as np

from recsys.event import LIST_NAMES
from recsys.items import Wish
from recsys.model import Model
from recsys.page import LIMITS, page
from recsys.ranking import ranking
from recsys.settings import Settings
from recsys.times import HOUR, format_time
from serving.inspection.counting import DailyCounts
from serving.inspection.health import OLD
from serving.service import Service

SAMPLED = 20  # pages that the share of fill is measured on


async def overview(service: Service, counts: DailyCounts) -> dict[str, Any]:
    """The first page. Share of fill: of the pages of the most read articles, as an anonymous reader gets them now."""
    live, now = service.live, service.clock()
    model = live.model
    articles = model.articles
    everything = np.arange(len(articles))
    shown = int(np.count_nonzero(articles.admits(everything, Wish(), now))) if len(articles) else 0
    trained = model.manifest.articles > 0
    counted = counts.site(now)
    found = {
        "articles": {"known": len(articles), "shown": shown, "deleted": int(np.count_nonzero(articles.gone))},
        "events": {"in_model": model.manifest.events, "read_here": counted["events"], "all_read": counted["complete"]},
        "log": {"entries": live.position + live.lag(), "lag": live.lag(), "following": live.following},
        "model": {
            "version": model.version if trained else None,
            "as_of": format_time(model.manifest.as_of) if trained else None,
            "age_hours": round((now - model.manifest.as_of) / HOUR, 1) if trained else None,
            "log_entries_since": live.position - model.manifest.log_seq,
            "versions": len(await asyncio.to_thread(service.registry.names)),
        },
        "fill": await fill_shares(model, service.settings, now),
        "daily": counted,
    }
    return found | {"next": list(next_steps(found, has_events=counted["events"] > 0 or model.manifest.events > 0))}


async def fill_shares(model: Model, settings: Settings, now: int) -> dict[str, Any]:
    """By list: of all places on the pages sampled, the share of matches, of fill, and of those that stay empty.

    Others are answered between two pages.
    """
    rows = [item.row for item in ranking(model, "day", Wish(limit=SAMPLED), now)]
    matches, fill = dict.fromkeys(LIST_NAMES, 0), dict.fromkeys(LIST_NAMES, 0)
    for row in rows:
        await asyncio.sleep(0)
        lists = page(model, row, now, order=settings.page_order, repeats=settings.page_repeats)
        for name in LIST_NAMES:
            items = getattr(lists, name)
            fill[name] += sum(item.fill is not None for item in items)
            matches[name] += sum(item.fill is None for item in items)
    shares = {}
    for name in LIST_NAMES:
        places = LIMITS[name] * len(rows)
        part = {"matches": matches[name], "fill": fill[name], "empty": places - matches[name] - fill[name]}
        shares[name] = {kind: round(count / places, 4) if places else 0.0 for kind, count in part.items()}
    return {"pages": len(rows), "lists": shares}


def next_steps(found: dict[str, Any], *, has_events: bool) -> Iterable[dict[str, str]]:
    """What the operator should do, the most pressing first; each with a command."""
    articles, model = found["articles"], found["model"]
    if not articles["known"]:
        yield {
            "say": "There are no articles yet. Import an export of your site; a dry run shows what is understood.",
            "run": "recsys import my-export.xml --dry-run",
        }
        return
    if articles["shown"] < 2:
        yield {
            "say": "There is only one article to show, so no list can have anything in it. Bring more.",
            "run": "recsys import --articles articles.jsonl",
        }
    if not has_events:
        yield {
            "say": "There are no events, so Ranking shows what is new and Recommendation knows no reader. Send events, "
            "or import access logs or page views to begin with.",
            "run": "recsys import access.log",
        }
    if model["version"] is None:
        yield {
            "say": "There is no trained model: Related knows no words yet, and every list is filled.",
            "run": "recsys train",
        }
    elif model["age_hours"] * HOUR > OLD and model["log_entries_since"] > 0:
        yield {
            "say": f"The model is {model['age_hours'] / 24:.0f} days old and more came since. Train by a scheduler.",
            "run": "recsys retrain",
        }
    if found["log"]["lag"] > 1_000:
        yield {
            "say": "The model is far behind the change log. See whether the server is overloaded.",
            "run": "recsys doctor",
        }
