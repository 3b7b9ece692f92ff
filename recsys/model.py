"""One trained version, opened: the components that the lists are computed from, and how a change reaches each of them.

The same object serves, evaluates and answers on the command line; whether its arrays are mapped from a bundle or have
just been computed makes no difference. It is changed by one thread only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.acts import NOBODY
from recsys.article import Article, StoredArticle
from recsys.bundle import Manifest
from recsys.carried import Carrying
from recsys.columns import ArticleColumns
from recsys.covisitation import Covisits
from recsys.engagement import Engagement
from recsys.errors import BadBundle
from recsys.event import Event
from recsys.event_block import EventBlock
from recsys.file_pages import maps_of
from recsys.histories import Histories, strengths
from recsys.id_kernel import NO_ROW
from recsys.language import language_of
from recsys.links import SiteLinks
from recsys.markup import html_to_text
from recsys.mix import Mix
from recsys.neighbours import NeighbourIndex
from recsys.ranking import RankingFit
from recsys.registry import Registry
from recsys.related import RelatedFit
from recsys.rules.book import RuleBook
from recsys.stories import ALIKE, Stories, marks_of
from recsys.tfidf import Fields, TextModel


@dataclass(frozen=True, slots=True)
class Model:
    """The opened components, each with an in-memory overlay of what changed since the bundle was made.

    rules  of editors; they are no part of the bundle
    maps   of the bundle's files
    """

    manifest: Manifest
    main_language: str
    articles: ArticleColumns
    carrying: Carrying
    text: TextModel
    neighbours: NeighbourIndex
    stories: Stories
    links: SiteLinks
    engagement: Engagement
    covisits: Covisits
    histories: Histories
    related: RelatedFit
    ranking: RankingFit
    mix: Mix
    rules: RuleBook = field(default_factory=RuleBook)
    maps: tuple[mmap, ...] = ()

    @classmethod
    def open(cls, manifest: Manifest, arrays: Mapping[str, NDArray[Any]]) -> "Model":
        """From the arrays of a bundle, named `component.array`; raises BadBundle where one is missing."""
        try:
            articles = ArticleColumns(component(arrays, "articles"))
            return cls(
                manifest=manifest,
                main_language=manifest.fitted["main_language"],
                articles=articles,
                carrying=Carrying(articles.groups),
                text=TextModel.from_arrays(component(arrays, "text")),
                neighbours=NeighbourIndex.from_arrays(component(arrays, "neighbours")),
                stories=Stories.from_arrays(component(arrays, "stories")),
                links=SiteLinks.from_arrays(component(arrays, "links")),
                engagement=Engagement.from_arrays(component(arrays, "engagement")),
                covisits=Covisits.from_arrays(component(arrays, "covisits")),
                histories=Histories.from_arrays(component(arrays, "histories")),
                related=RelatedFit.from_arrays(component(arrays, "related")),
                ranking=RankingFit.from_arrays(component(arrays, "ranking")),
                mix=Mix.from_arrays(component(arrays, "mix")),
                maps=maps_of(arrays.values()),
            )
        except KeyError as absent:
            raise BadBundle(
                f"{manifest.version} has no {absent}: another version of this program made it. Run `recsys train`."
            ) from None

    @classmethod
    def active(cls, registry: Registry) -> "Model":
        """The active version; raises NoModel or BadBundle."""
        return cls.kept(registry, registry.active())

    @classmethod
    def kept(cls, registry: Registry, version: str) -> "Model":
        """A version that is kept; raises NotFound or BadBundle."""
        return cls.open(*registry.open(version))

    @property
    def version(self) -> str:
        """The name of the version."""
        return self.manifest.version

    def put(self, stored: StoredArticle) -> None:
        """An article that is new, changed, deleted or restored."""
        fields = fields_of(stored.article, self.main_language)
        gone = stored.deleted_at is not None
        self.articles.put(stored.row, stored.article, language=fields.language, gone=gone)
        self.carrying.put(stored.row)
        self.engagement.put(stored)
        self.rules.put(stored.row)
        if gone:
            self.neighbours.remove(stored.row)
            self.stories.remove(stored.row)
            self.links.remove(stored.row)
        else:
            self.neighbours.put(stored.row, *self.text.vector(fields))
            near, cosine = self.neighbours.neighbours(stored.row)
            self.stories.put(stored.row, fields.text, marks_of(stored.article), near[cosine >= ALIKE].tolist())
            self.links.put(stored.row, stored.article)

    def next_turn(self, now: int) -> int:
        """The first moment after `now` at which an article appears or goes, or rules want something else."""
        return min(self.articles.next_turn(now), self.rules.next_turn(self.articles, now))

    def erase(self, visitor: int) -> None:
        """Forgets the visitor who is known by `visitor_key`."""
        self.histories.erase(visitor)
        self.engagement.erase(visitor)

    def add(self, events: Iterable[Event]) -> None:
        """`meet` for events as records."""
        self.meet(EventBlock.of(events))

    def meet(self, events: EventBlock) -> None:
        """Events that the model has not seen; those on articles it doesn't know are passed over."""
        row = self.articles.rows(events.ids).take(events.article)
        known = row != NO_ROW
        events, row = events.only(known), row[known]
        self.engagement.meet(events.kind, events.value, events.at, row, events.reader, events.source)
        strength, read = strengths(events.kind, events.value, self.engagement.worth)
        here = np.flatnonzero(read & (events.visitor != NOBODY))
        self.histories.meet(events.visitor.take(here), row.take(here), events.at.take(here), strength.take(here))


def component(arrays: Mapping[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    """The arrays of one component, without its prefix."""
    prefix = f"{name}."
    return {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}


def fields_of(article: Article, default_language: str) -> Fields:
    """What the text model reads of an article, with the language declared, else detected, else `default_language`."""
    text = html_to_text(article.body)
    language = language_of(f"{article.title}\n{text}", article.language, default_language)
    return Fields(title=article.title, text=text, tags=article.tags, language=language)
