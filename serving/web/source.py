"""What the demo site asks of the engine: the answers of the public API, already read."""

from collections.abc import Sequence
from typing import Any, Protocol

from recsys.article import Article
from recsys.event import EventType

Answer = dict[str, Any]


class Source(Protocol):
    """The API's answers by plain calls. None stands for the API's 404."""

    def article(self, article_id: str) -> Article | None:
        """GET /v1/articles/{id}"""

    def stats(self, article_id: str) -> Answer:
        """GET /v1/articles/{id}/stats"""

    def page(self, article_id: str, history: Sequence[str]) -> Answer:
        """GET /v1/articles/{id}/page?history="""

    def ranking(self, limit: int, *, section: str | None = None, tag: str | None = None) -> Answer:
        """GET /v1/ranking?limit=&section=&tag="""

    def newest(self, limit: int, *, section: str | None = None, tag: str | None = None) -> Sequence[Article]:
        """The latest articles that may be shown."""

    def leading(self, limit: int) -> Sequence[Article]:
        """The latest in the site's main language; of all, where there is none in it."""

    def search(self, query: str, limit: int) -> Sequence[Article]:
        """The articles that may be shown whose text is nearest to a query, nearest first; none that shares no word."""

    def sections(self) -> Sequence[str]:
        """First levels of the section paths, those with most articles first."""

    def has_liked(self, article_id: str, visitor_id: str) -> bool:
        """Whether the visitor's like stands."""

    async def record(self, kind: EventType, article_id: str, visitor_id: str, value: float | None = None) -> None:
        """POST /v1/events, stamped now; in force when this returns."""

    @property
    def version(self) -> str | None:
        """The active model; None before the first training."""
