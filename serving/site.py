"""The API's answers for the pages for readers, by plain calls in the same process."""

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recsys.article import Article
from recsys.errors import NotFound
from recsys.event import Event, EventType
from recsys.items import Wish, best
from recsys.record import Micros
from recsys.tfidf import Fields
from serving.answers import page_answer, ranking_answer, row_of
from serving.ids import join_ids
from serving.questions import PageQuestion, RankingQuestion
from serving.service import Service
from serving.web.source import Answer


class ServiceSource:
    """`serving.web.source.Source` of a service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def article(self, article_id: str) -> Article | None:
        """The record of an article that can be answered for."""
        live = self._service.live
        try:
            row_of(live.model, article_id, self._service.clock())
        except NotFound:
            return None
        found = live.store.catalogue.get([article_id]).get(article_id)
        return found.article if found is not None and found.deleted_at is None else None

    def stats(self, article_id: str) -> Answer:
        """The public counts."""
        engagement = self._service.live.model.engagement
        row = row_of(self._service.live.model, article_id, self._service.clock())
        return {"views": engagement.views.count(row), "likes": engagement.likes.count(row)}

    def page(self, article_id: str, history: Sequence[str]) -> Answer:
        """The three lists for a reader who has read `history`, newest first."""
        question = PageQuestion(history=join_ids(history))
        service = self._service
        answer = page_answer(service.live.model, article_id, question, service.settings, service.clock())
        return _read(answer.body)

    def ranking(self, limit: int, *, section: str | None = None, tag: str | None = None) -> Answer:
        """What readers favour now."""
        question = RankingQuestion(limit=limit, section=section, tag=tag)
        return _read(ranking_answer(self._service.live.model, question, self._service.clock()).body)

    def newest(self, limit: int, *, section: str | None = None, tag: str | None = None) -> Sequence[Article]:
        """The latest articles that may be shown."""
        return self._newest(limit, Wish(section=section, tag=tag))

    def leading(self, limit: int) -> Sequence[Article]:
        """The latest in the site's main language; of all, where there is none in it."""
        return self._newest(limit, Wish(language=self._service.live.model.main_language)) or self.newest(limit)

    def _newest(self, limit: int, wish: Wish) -> Sequence[Article]:
        articles = self._service.live.model.articles
        rows = self._shown(wish)
        ids = [
            articles.id(int(rows[place])) for place in best(articles.published[rows].astype(np.float64), rows, limit)
        ]
        found = self._service.live.store.catalogue.get(ids)
        return [found[article_id].article for article_id in ids if article_id in found]

    def search(self, query: str, limit: int) -> Sequence[Article]:
        """The nearest by the text model, in whatever language they are; the query is read in the site's main one."""
        model = self._service.live.model
        terms, weights = model.text.vector(Fields(title=query, text="", tags=(), language=model.main_language))
        allowed = np.zeros(len(model.articles), np.bool_)
        allowed[self._shown(Wish())] = True
        rows, cosine = model.neighbours.query(terms, weights, limit, allowed=allowed)
        ids = [model.articles.id(row) for row in rows[cosine > 0.0].tolist()]
        found = self._service.live.store.catalogue.get(ids)
        return [found[article_id].article for article_id in ids if article_id in found]

    def sections(self) -> Sequence[str]:
        """First levels of the section paths, those with most articles first."""
        group = self._service.live.model.articles.groups["section"]
        owner, codes = group.gather(self._shown(Wish()))
        first = codes[np.diff(owner, prepend=-1) > 0]
        found, counts = np.unique(first, return_counts=True)
        order = np.lexsort((found, -counts))
        return [group.name(int(code)) for code in found[order]]

    def has_liked(self, article_id: str, visitor_id: str) -> bool:
        """Whether the visitor's like stands."""
        model = self._service.live.model
        row = model.articles.row(article_id)
        return row is not None and model.engagement.has_liked(row, visitor_id)

    async def record(self, kind: EventType, article_id: str, visitor_id: str, value: float | None = None) -> None:
        """Stores one event, stamped now, and applies it."""
        now = self._service.clock()
        event = Event(type=kind, article_id=article_id, visitor_id=visitor_id, at=Micros(now), value=value, id=None)
        await self._service.writer.append([event], now)
        self._service.live.catch_up(self._service.writer.newest)

    @property
    def version(self) -> str | None:
        """The active model; None before the first training."""
        model = self._service.live.model
        return model.version if model.manifest.articles else None

    def _shown(self, wish: Wish) -> NDArray[np.int64]:
        model, now = self._service.live.model, self._service.clock()
        if model.rules:
            model.rules.refresh(model.articles, now)  # labels that rules set
        rows = np.arange(len(model.articles))
        return rows[model.articles.admits(rows, wish, now)]


def _read(body: bytes) -> Answer:
    found: Answer = json.loads(body)
    return found
