"""Gorse and our server as `benchmarks.gorse` asks them: Gorse's configuration, paths, and shapes of records.

From Gorse's public documentation and the OpenAPI description that it serves, version 0.5.
"""

import json
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving import Server
from recsys.article import Article
from recsys.event import Event
from recsys.times import format_time

SIMILAR, RECOMMENDED, RANKED = 10, 8, 8  # items in a list

_CONFIGURATION = """
[database]
data_store = "sqlite://{folder}/data.sqlite"
cache_store = "sqlite://{folder}/cache.sqlite"
[master]
host = "127.0.0.1"
port = {rpc_port}
http_host = "127.0.0.1"
http_port = {http_port}
n_jobs = 1
meta_timeout = "1s"
[server]
default_n = 10
cache_expire = "1s"
[recommend.data_source]
positive_feedback_types = ["view", "like"]
read_feedback_types = ["view", "like"]
[[recommend.non-personalized]]
name = "popular"
score = "len(feedback)"
[[recommend.item-to-item]]
name = "neighbors"
type = "tags"
column = "item.Labels.words"
[recommend.collaborative]
type = "mf"
fit_period = "{period}s"
fit_epoch = 20
[recommend.ranker]
type = "none"
fit_period = "{period}s"
recommenders = ["collaborative"]
[recommend.fallback]
recommenders = ["item-to-item/neighbors", "latest"]
[blob]
uri = "{folder}/blob"
"""


def configuration(folder: Path, http_port: int, rpc_port: int, period: int) -> str:
    """Gorse's configuration file: all that it keeps is in `folder`; it fits every `period` seconds."""
    return _CONFIGURATION.format(folder=folder, http_port=http_port, rpc_port=rpc_port, period=period)


def gorse_item(article: Article) -> dict[str, Any]:
    """The article as Gorse takes it: its words are labels, its innermost section a category."""
    words = sorted({*article.title.split(), *(article.body or "").split()})
    return {
        "ItemId": article.id,
        "Categories": [article.section[-1]] if article.section else [],
        "Timestamp": format_time(article.published_at),
        "Labels": {"words": words},
        "Comment": article.title,
    }


def gorse_feedback(event: Event) -> dict[str, Any]:
    """The event as Gorse takes it."""
    return {
        "FeedbackType": event.type,
        "UserId": event.visitor_id,
        "ItemId": event.article_id,
        "Value": 1.0 if event.value is None else event.value,
        "Timestamp": format_time(event.at),
    }


def our_event(event: Event) -> dict[str, Any]:
    """The event as our API takes it."""
    return {
        "id": event.id, "type": event.type, "article_id": event.article_id, "visitor_id": event.visitor_id,
        "at": format_time(event.at),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Engine:
    """How one of the two is asked: paths of its lists, the ids in an answer, where events go and in what shape."""

    server: Server
    similar: Callable[[str], str]
    recommended: Callable[[str], str]
    ranking: str
    ids: Callable[[Any], list[str]]
    events: str
    event: Callable[[Event], dict[str, Any]]

    def listed(self, path: str) -> list[str]:
        """The ids in the list at a path."""
        return self.ids(ask(self.server.url + path))

    def send(self, events: Iterable[Event]) -> None:
        """Sends events in one request."""
        ask(self.server.url + self.events, [self.event(event) for event in events])


def gorse(asked: Server) -> Engine:
    return Engine(
        server=asked,
        similar=lambda article_id: f"/api/item-to-item/neighbors/{article_id}?n={SIMILAR}",
        recommended=lambda visitor_id: f"/api/recommend/{visitor_id}?n={RECOMMENDED}",
        ranking=f"/api/non-personalized/popular?n={RANKED}",
        ids=lambda answer: [one if isinstance(one, str) else one["Id"] for one in answer or []],
        events="/api/feedback",
        event=gorse_feedback,
    )


def ours(asked: Server) -> Engine:
    return Engine(
        server=asked,
        similar=lambda article_id: f"/v1/articles/{article_id}/related?limit={SIMILAR}",
        recommended=lambda visitor_id: f"/v1/recommendations?visitor_id={visitor_id}&limit={RECOMMENDED}",
        ranking=f"/v1/ranking?limit={RANKED}",
        ids=lambda answer: [item["id"] for item in answer["items"]],
        events="/v1/events",
        event=our_event,
    )


def ask(url: str, body: object = None) -> Any:
    """The JSON that a GET, or a POST of `body`, returns."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null")
