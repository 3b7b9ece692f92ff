"""What a model holds of its articles beside their texts: columns, totals and links, read in full or carried on.

Carried on they are what a full reading makes of the same records, but for two things: names of sections and tags that
no article has any more keep their number, and a link that leads below the address of an article that came later is not
seen until all is read again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.columns import ArticleColumns
from recsys.links import SiteLinks
from recsys.store import StoredArticle
from training.totals import Totals

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Records:
    """By row. Links between articles that are not known are left out."""

    columns: ArticleColumns
    totals: Totals
    links: SiteLinks

    @classmethod
    def of(cls, articles: Sequence[StoredArticle], known: NDArray[np.bool_], languages: Sequence[str]) -> "Records":
        """Of all articles; `known` (n,) and `languages` by row."""
        gone = [stored.deleted_at is not None for stored in articles]
        columns = ArticleColumns.of([stored.article for stored in articles], languages, gone)
        return cls(columns=columns, totals=Totals.of(articles), links=_all_links(articles, known))

    @classmethod
    def renewed(
        cls,
        articles: Sequence[StoredArticle],
        known: NDArray[np.bool_],
        languages: Mapping[int, str],
        *,
        columns: Arrays,
        totals: Totals | None,
        links: Arrays,
    ) -> "Records":
        """Those of before, but of the rows of `languages`, ascending: what came, changed or went.

        columns, totals, links  of the model before; totals None where it left them aside
        """
        rows = np.fromiter(languages, np.intp, len(languages))
        return cls(
            columns=_columns(articles, languages, ArticleColumns(columns)),
            totals=Totals.of(articles) if totals is None else totals.with_those_of(articles, rows, len(articles)),
            links=_links(articles, known, rows.tolist(), SiteLinks.from_arrays(links)),
        )


def _columns(
    articles: Sequence[StoredArticle], languages: Mapping[int, str], columns: ArticleColumns
) -> ArticleColumns:
    old = len(columns)
    for row, language in languages.items():
        if row < old:
            stored = articles[row]
            columns.put(row, stored.article, language=language, gone=stored.deleted_at is not None)
    new = [articles[row] for row in range(old, len(articles))]
    if new:
        columns.extend(
            [stored.article for stored in new],
            [languages[stored.row] for stored in new],
            [stored.deleted_at is not None for stored in new],
        )
    return columns


def _links(
    articles: Sequence[StoredArticle], known: NDArray[np.bool_], rows: Sequence[int], links: SiteLinks
) -> SiteLinks:
    if not all(links.knows_host_of(articles[row].article) for row in rows if known[row]):
        return _all_links(articles, known)
    for _ in range(2):  # once more when all addresses are there: what links below one of them leads to it
        for row in rows:
            if known[row]:
                links.put(row, articles[row].article)
            else:
                links.remove(row)
    return links


def _all_links(articles: Sequence[StoredArticle], known: NDArray[np.bool_]) -> SiteLinks:
    pairs = zip(articles, known.tolist(), strict=True)
    return SiteLinks.build([stored.article if is_known else None for stored, is_known in pairs])
