"""The articles as training sees them at one moment: which are known, in what language, and what there is to read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recsys.article import Article
from recsys.language import shares_script
from recsys.model import fields_of
from recsys.store import StoredArticle
from recsys.tfidf import Fields
from training.progress import Progress

UNDETERMINED = "und"
FALLBACK_LANGUAGE = "en"
_EVERY = 500


@dataclass(frozen=True, slots=True)
class Corpus:
    """The articles to learn from.

    articles       by row, all that ever arrived
    known          (n,) bool: published before the moment, not deleted; the others keep their row and teach nothing
    fields         by row; empty for those that are not known
    main_language  of articles that declare none and are too short to tell
    """

    articles: Sequence[StoredArticle]
    known: NDArray[np.bool_]
    fields: Sequence[Fields]
    main_language: str


def read_corpus(
    articles: Sequence[StoredArticle],
    as_of: int,
    default_language: str | None,
    progress: Progress,
) -> Corpus:
    """Reads the text of every article known at `as_of`. `articles` are in order of their rows, without gaps."""
    known = np.array([a.article.published_at < as_of and a.deleted_at is None for a in articles], np.bool_)
    nothing = Fields(title="", text="", tags=(), language=UNDETERMINED)
    read = []
    for row, stored in enumerate(articles):
        read.append(fields_of(stored.article, UNDETERMINED) if known[row] else nothing)
        if row % _EVERY == 0:
            progress("reading texts", row, len(articles))
    progress("reading texts", len(articles), len(articles))
    main = default_language or most_frequent_language(read)
    fields = [_settled(one, stored.article, main) for one, stored in zip(read, articles, strict=True)]
    return Corpus(articles=articles, known=known, fields=fields, main_language=main)


def _settled(fields: Fields, article: Article, main: str) -> Fields:
    """What was read of an article, in the language that it has on a site of this main language."""
    if fields.language == UNDETERMINED:
        return replace(fields, language=main)
    if article.language or fields.language == main or not shares_script(main):
        return fields
    return fields_of(article, main)


def most_frequent_language(fields: Sequence[Fields]) -> str:
    """The language of most articles; of equally frequent ones the first in the alphabet."""
    counted = Counter(one.language for one in fields if one.language != UNDETERMINED)
    return min(counted, key=lambda language: (-counted[language], language)) if counted else FALLBACK_LANGUAGE
