"""The shapes of what the API answers. Lists are joined from bytes; their shapes stand here for the documentation."""

import msgspec

from recsys.bundle import Manifest
from recsys.cards import Card
from recsys.event import Event, ListName
from recsys.items import Reason
from recsys.record import Micros
from recsys.rules.changes import Preview
from serving.problems import Fault


class ListedItem(Card, frozen=True, kw_only=True, omit_defaults=True):
    """An article in a list. `fill` names the source of an item that is there only to complete the list."""

    score: float
    fill: str | None = None
    reasons: tuple[Reason, ...]


class ListAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A list. Equal answers share their request_id: send it with the clicks that the list gets."""

    list: ListName
    article_id: str | None = None
    model: str
    request_id: str
    variant: str | None = None
    items: tuple[ListedItem, ...]


class PageAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The lists of one article's page."""

    article_id: str
    model: str
    request_id: str
    variant: str | None = None
    related: ListAnswer
    ranking: ListAnswer
    recommendation: ListAnswer


class EventsAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the events that were sent. Those accepted are durable; those ignored are of no reader."""

    accepted: int
    duplicates: int
    rejected: tuple[Fault, ...]
    ignored: int = 0


class PutAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the articles that were sent. Those not rejected are durable, and in the lists already."""

    added: int
    updated: int
    unchanged: int
    rejected: tuple[Fault, ...] = ()


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """What readers made of an article: the totals of its record plus the events that came after it."""

    article_id: str
    views: int
    likes: int


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """All that is stored of a visitor, in the order in which it was stored."""

    visitor_id: str
    events: tuple[Event, ...]


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a visitor's data. `models` were trained before, and go with the next training."""

    events: int
    models: tuple[str, ...]


class RulesAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the rules that were put, or in a dry run what would. An edited rule is one added, one removed."""

    revision: int
    added: int
    removed: int
    preview: Preview | None = None


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One trained model."""

    version: str
    as_of: Micros
    articles: int
    events: int

    @classmethod
    def of(cls, manifest: Manifest) -> "Version":
        """What the manifest says."""
        return cls(
            version=manifest.version,
            as_of=Micros(manifest.as_of),
            articles=manifest.articles,
            events=manifest.events,
        )


class Models(msgspec.Struct, frozen=True, kw_only=True):
    """The trained models that are kept, oldest first, and the one that answers."""

    active: str
    models: tuple[Version, ...]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the server is up to date. `lag`: log entries not read yet; -1: it can't be read, lists are old."""

    ready: bool
    model: str
    lag: int
