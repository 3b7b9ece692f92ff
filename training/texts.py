"""Everything that a model knows of a site's articles, read in full or carried on from a model of before.

A model carries on from one of the same code and settings, such as the one that serves, while little has changed.
Articles that stayed as they were are not read again: their columns, languages, vectors and shingles are taken over, and
their neighbour lists too, into which the new ones are sorted. What is *exact* then: every vector by the frequencies of
terms (idf) as they were at the last full reading, every cosine and every list by these vectors, and of records what
`training.records` says. What is *approximate*: those frequencies, the site's main language and what `training.related`
found out of its texts are of the last full reading; a pair of words that only a new and an old article share counts for
nothing, and articles that were one story stay one while they don't change. `RENEWED` bounds how far that goes.
benchmarks/retraining.py measures what it costs and what it saves.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.columns import ArticleColumns
from recsys.cosine import Found, Rows
from recsys.model import fields_of
from recsys.neighbours import NeighbourIndex
from recsys.ragged import spliced
from recsys.related import RelatedFit
from recsys.store import StoredArticle
from recsys.stories import Stories
from recsys.tfidf import NO_TERM, Fields, TextModel
from training.corpus import read_corpus
from training.former import Former, code_digest
from training.progress import Progress
from training.records import Records
from training.related import typical_words
from training.renewal import renewed, torn
from training.stored_articles import StoredArticles
from training.stories import stories_of, stories_renewed
from training.text_model import fit_text

RENEWED = 0.02  # of the articles of the last full reading may have come, changed or gone since; then all are read again
COMPUTED = 0.05  # of all neighbour lists may be computed one by one; the compiled build is sooner beyond
NO_VECTOR: Found = (np.zeros(0, np.int32), np.zeros(0, np.float32))


@dataclass(frozen=True, slots=True)
class Texts:
    """What was made of the articles.

    known    how many are: published before the moment, and not deleted
    main_language  of articles that declare none and are too short to tell
    digests, checks  as of `Former`
    related  what was found out of the texts, where it is carried on
    report   for the manifest: {"code", "full", "renewed", "words"}: of how many articles the last full reading was, how
             many came, changed or went since, and how many distinct words a typical article had then
    """

    known: int
    main_language: str
    records: Records
    text: TextModel
    neighbours: NeighbourIndex
    stories: Stories
    digests: NDArray[np.uint64]
    checks: NDArray[np.uint32]
    related: RelatedFit | None
    report: dict[str, Any]


def texts_of(
    articles: Sequence[StoredArticle],
    as_of: int,
    language: str | None,
    *,
    jobs: int,
    former: Former | None,
    recorded: Callable[[Records], None],
    progress: Progress,
) -> Texts:
    """What is known of `articles`, by row, as of a moment; carried on from `former` where that pays.

    recorded  called once, with the records, as soon as they are there: long before the rest
    """
    if former is not None and former.manifest.settings.get("language") == language:
        found = _renewed(articles, as_of, former, jobs=jobs, recorded=recorded, progress=progress)
        if found is not None:
            return found
    return _read(articles, as_of, language, jobs=jobs, recorded=recorded, progress=progress)


def digests_of(articles: Sequence[StoredArticle], as_of: int) -> NDArray[np.uint64]:
    """(n, 2) a digest of everything that is read of each article; 0 of those that are not known at `as_of`."""
    found = bytearray()
    for stored in articles:
        one = stored.article
        if one.published_at >= as_of or stored.deleted_at is not None:
            found += bytes(16)
            continue
        parts = (one.title, one.body, one.language or "", one.url or "", one.translation_of or "", *one.tags)
        digest = hashlib.blake2b("\0".join(parts).encode(), digest_size=16)
        found += digest.digest()
    return np.frombuffer(bytes(found), np.uint64).reshape(-1, 2)


def _checks(articles: Sequence[StoredArticle]) -> NDArray[np.uint32]:
    """Articles that lie in no store have no checks."""
    return articles.checks if isinstance(articles, StoredArticles) else np.zeros(0, np.uint32)


def _read(
    articles: Sequence[StoredArticle],
    as_of: int,
    language: str | None,
    *,
    jobs: int,
    recorded: Callable[[Records], None],
    progress: Progress,
) -> Texts:
    """All of them, anew."""
    from training.neighbour_lists import fit_neighbours  # what builds in parallel takes a while to import

    corpus = read_corpus(articles, as_of, language, progress)
    progress("columns", 0, 1)
    known = int(np.count_nonzero(corpus.known))
    records = Records.of(articles, corpus.known, [fields.language for fields in corpus.fields])
    progress("columns", 1, 1)
    recorded(records)
    progress("text model", 0, 1)
    text, vectors = fit_text(corpus.fields)
    progress("text model", 1, 1)
    progress("neighbours", 0, 1)
    neighbours = fit_neighbours(vectors, jobs=jobs)
    progress("neighbours", 1, 1)
    progress("stories", 0, 1)
    stories = stories_of(corpus, neighbours)
    progress("stories", 1, 1)
    return Texts(
        known=known,
        main_language=corpus.main_language,
        records=records,
        text=text,
        neighbours=neighbours,
        stories=stories,
        digests=digests_of(articles, as_of),
        checks=_checks(articles),
        related=None,
        report={
            "code": code_digest(),
            "full": known,
            "renewed": 0,
            "words": typical_words(vectors, text.parts[:, 1] != NO_TERM),
        },
    )


def _renewed(
    articles: Sequence[StoredArticle],
    as_of: int,
    former: Former,
    *,
    jobs: int,
    recorded: Callable[[Records], None],
    progress: Progress,
) -> Texts | None:
    """Carried on from `former`; None, before anything is `recorded`, where too much has changed."""
    n, m = len(articles), len(former.digests)
    if m > n:
        return None
    columns = ArticleColumns(former.articles)
    asked, digests = _asked(articles, as_of, former, columns)
    if any(articles[row].article.id != columns.id(row) for row in np.flatnonzero(asked[:m]).tolist()):
        return None  # another store, or an older one brought back, which gave rows to other articles
    before = np.zeros_like(digests)
    before[:m] = former.digests
    known, was = _read_of(digests), _read_of(before)
    changed = (digests != before).any(axis=1)
    report = former.manifest.fitted["texts"]
    count = int(report["renewed"]) + int(np.count_nonzero(changed))
    if count > RENEWED * report["full"]:
        return None
    came, went = np.flatnonzero(changed & known), np.flatnonzero(changed & was)
    anew = torn(former.lists, went=went)
    if came.size + anew.size > COMPUTED * n:
        return None
    main_language = former.manifest.fitted["main_language"]
    progress("reading texts", 0, came.size)
    fields = {row: fields_of(articles[row].article, main_language) for row in came.tolist()}
    progress("reading texts", came.size, came.size)
    languages = {
        row: fields[row].language if row in fields else columns.language(row) if known[row] else main_language
        for row in np.flatnonzero(asked | changed).tolist()
    }
    records = Records.renewed(
        articles, known, languages, columns=former.articles, totals=former.totals, links=former.links
    )
    recorded(records)
    progress("text model", 0, 1)
    text, ids, vectors = former.text.extended([*fields.values()])
    read = Rows.of(vectors)
    new: dict[int, Found] = dict.fromkeys(went.tolist(), NO_VECTOR)
    new |= {row: read.row(place) for place, row in enumerate(fields)}
    rows = _with_new(former.vectors, ids, new, n)
    postings = rows.transposed(text.hashes.size)
    progress("text model", 1, 1)
    table = renewed(rows, postings, former.lists, came=came, went=went, anew=anew, jobs=jobs)
    neighbours = NeighbourIndex(rows, postings, table)
    told: dict[int, tuple[StoredArticle, Fields] | None] = dict.fromkeys(went.tolist())
    told |= {row: (articles[row], one) for row, one in fields.items()}
    return Texts(
        known=int(np.count_nonzero(known)),
        main_language=main_language,
        records=records,
        text=text,
        neighbours=neighbours,
        stories=stories_renewed(told, neighbours, former.stories),
        digests=digests,
        checks=_checks(articles),
        related=former.related,
        report={**report, "renewed": count},
    )


def _asked(
    articles: Sequence[StoredArticle], as_of: int, former: Former, columns: ArticleColumns
) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
    """(n,) of which articles the record is looked at, and (n, 2) the digests of all.

    A record that lies in the store as it did is the one that was read. It is looked at only where it was not known.
    """
    n, m = len(articles), len(former.digests)
    asked = np.ones(n, np.bool_)
    if isinstance(articles, StoredArticles):
        told = former.checks.size
        asked[:told] = articles.checks[:told] != former.checks
    lives = (columns.published < as_of) & ~columns.gone
    asked[:m] |= lives & ~_read_of(former.digests)
    digests = np.zeros((n, 2), np.uint64)
    digests[:m][lives] = former.digests[lives]
    rows = np.flatnonzero(asked)
    digests[rows] = digests_of([articles[row] for row in rows.tolist()], as_of)
    return asked, digests


def _with_new(old: Rows, ids: NDArray[np.int32], new: Mapping[int, Found], n: int) -> Rows:
    """The vectors of n articles: the `old` ones, their terms by `ids`, but for the `new` ones by row."""
    starts, terms = spliced(old.starts, ids[old.terms], {row: vector[0] for row, vector in new.items()}, n)
    _, weights = spliced(old.starts, old.weights, {row: vector[1] for row, vector in new.items()}, n)
    return Rows(starts, terms, weights)


def _read_of(digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """(n,) which articles were read."""
    found: NDArray[np.bool_] = np.not_equal(digests[:, 0] | digests[:, 1], 0)
    return found
