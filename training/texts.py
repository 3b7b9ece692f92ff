"""Everything that a model knows of a site's texts, read in full or carried on from the model that serves.

A model carries on from one of the same code and settings while little has changed. Articles that stayed as they were
are not read again: their languages, vectors and shingles are taken over, and their neighbour lists too, into which the
new ones are sorted. What is *exact* then: every vector by the frequencies of terms (idf) as they were at the last full
reading, every cosine and every list by these vectors. What is *approximate*: those frequencies, the site's main
language and what `training.related` found out of its texts are of the last full reading; a pair of words that only a
new and an old article share counts for nothing, and articles that were one story stay one while they don't change.
`RENEWED` bounds how far that goes. benchmarks/retraining.py measures what it costs and what it saves.
"""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import regex
import Stemmer
from numpy.typing import NDArray
from scipy import sparse

import recsys
from recsys.bundle import Manifest
from recsys.columns import ArticleColumns
from recsys.cosine import Neighbours, Rows
from recsys.model import component
from recsys.neighbours import NeighbourIndex
from recsys.related import RelatedFit
from recsys.store import StoredArticle
from recsys.stories import Stories
from recsys.tfidf import NO_TERM, TextModel, csr
from training.corpus import Corpus, read_corpus
from training.neighbour_lists import fit_neighbours
from training.progress import Progress
from training.related import typical_words
from training.renewal import renewed
from training.stories import stories_of, stories_renewed
from training.text_model import fit_text

RENEWED = 0.02  # of the articles of the last full reading may have come, changed or gone since; then all are read again
COMPUTED = 0.05  # of all neighbour lists may be computed one by one; the compiled build is sooner beyond

Arrays = Mapping[str, NDArray[Any]]

# What decides what is made of a text: with other code, or other versions of it, nothing is carried on.
_CODE = ("text", "tfidf", "stories", "stopwords", "markup", "language", "model", "cosine")


@dataclass(frozen=True, slots=True)
class Former:
    """A model to carry on from.

    digests  (n, 2) uint64 of what was read of each article; 0 for those that were not known
    """

    manifest: Manifest
    columns: ArticleColumns
    text: TextModel
    vectors: Rows
    lists: Neighbours
    stories: Stories
    related: RelatedFit
    digests: NDArray[np.uint64]

    @classmethod
    def of(cls, manifest: Manifest, arrays: Arrays) -> "Former | None":
        """From an opened bundle; None where other code made it."""
        if manifest.fitted.get("texts", {}).get("code") != code_digest() or "texts.digests" not in arrays:
            return None
        neighbours = component(arrays, "neighbours")
        return cls(
            manifest=manifest,
            columns=ArticleColumns(component(arrays, "articles")),
            text=TextModel.from_arrays(component(arrays, "text")),
            vectors=Rows(*(neighbours[f"vector_{name}"] for name in ("starts", "terms", "weights"))),
            lists=Neighbours(neighbours["rows"], neighbours["scores"]),
            stories=Stories.from_arrays(component(arrays, "stories")),
            related=RelatedFit.from_arrays(component(arrays, "related")),
            digests=arrays["texts.digests"],
        )


@dataclass(frozen=True, slots=True)
class Texts:
    """What was made of the texts.

    words    distinct ones in a typical article
    related  what was found out of the texts, where it is carried on
    report   for the manifest: {"code", "full", "renewed"}: of how many articles the last full reading was, and how many
             came, changed or went since
    """

    corpus: Corpus
    text: TextModel
    neighbours: NeighbourIndex
    stories: Stories
    digests: NDArray[np.uint64]
    words: float
    related: RelatedFit | None
    report: dict[str, Any]


def texts_of(
    articles: Sequence[StoredArticle],
    as_of: int,
    language: str | None,
    *,
    jobs: int,
    former: Former | None,
    progress: Progress,
) -> Texts:
    """What is known of the texts of `articles`, by row, as of a moment; carried on from `former` where that pays."""
    digests = digests_of(articles, as_of)
    if former is not None and former.manifest.settings.get("language") == language:
        found = _renewed(articles, as_of, former, digests, progress)
        if found is not None:
            return found
    return _read(articles, as_of, language, digests, jobs=jobs, progress=progress)


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


@cache
def code_digest() -> str:
    """Of the code and the libraries that turn a text into terms."""
    digest = hashlib.blake2b(digest_size=16)
    folder = Path(recsys.__file__).parent
    for name in _CODE:
        digest.update((folder / f"{name}.py").read_bytes())
    digest.update(repr((unicodedata.unidata_version, regex.__version__, Stemmer.version())).encode())
    return digest.hexdigest()


def _read(
    articles: Sequence[StoredArticle],
    as_of: int,
    language: str | None,
    digests: NDArray[np.uint64],
    *,
    jobs: int,
    progress: Progress,
) -> Texts:
    """All of them, anew."""
    corpus = read_corpus(articles, as_of, language, progress)
    progress("text model", 0, 1)
    text, vectors = fit_text(corpus.fields)
    progress("text model", 1, 1)
    neighbours = fit_neighbours(vectors, jobs=jobs)
    return Texts(
        corpus=corpus,
        text=text,
        neighbours=neighbours,
        stories=stories_of(corpus, neighbours),
        digests=digests,
        words=typical_words(vectors, text.parts[:, 1] != NO_TERM),
        related=None,
        report={"code": code_digest(), "full": int(np.count_nonzero(corpus.known)), "renewed": 0},
    )


def _renewed(
    articles: Sequence[StoredArticle],
    as_of: int,
    former: Former,
    digests: NDArray[np.uint64],
    progress: Progress,
) -> Texts | None:
    """Carried on from `former`; None where too much has changed."""
    before = np.zeros_like(digests)
    before[: len(former.digests)] = former.digests[: len(digests)]
    known, was = digests.any(axis=1), before.any(axis=1)
    changed = (digests != before).any(axis=1)
    report = former.manifest.fitted["texts"]
    count = int(report["renewed"]) + int(np.count_nonzero(changed))
    if len(former.digests) > len(digests) or count > RENEWED * report["full"]:
        return None
    came, went = np.flatnonzero(changed & known), np.flatnonzero(changed & was)
    stayed = known & ~changed
    kept = {row: former.columns.language(row) for row in np.flatnonzero(stayed).tolist()}
    corpus = read_corpus(articles, as_of, former.manifest.fitted["main_language"], progress, languages=kept)
    progress("text model", 0, 1)
    text, ids, vectors = former.text.extended([corpus.fields[row] for row in came.tolist()])
    matrix = _with_rows(former.vectors, ids, stayed, came, vectors)
    progress("text model", 1, 1)
    rows = Rows.of(matrix)
    postings = rows.transposed(matrix.shape[1])
    table = renewed(rows, postings, former.lists, came=came, went=went, most=int(COMPUTED * len(rows)))
    if table is None:
        return None
    neighbours = NeighbourIndex(rows, postings, table)
    return Texts(
        corpus=corpus,
        text=text,
        neighbours=neighbours,
        stories=stories_renewed(corpus, neighbours, former.stories, changed),
        digests=digests,
        words=typical_words(matrix, text.parts[:, 1] != NO_TERM),
        related=former.related,
        report={**report, "renewed": count},
    )


def _with_rows(
    old: Rows,
    ids: NDArray[np.int32],
    stayed: NDArray[np.bool_],
    came: NDArray[np.intp],
    vectors: sparse.csr_array,
) -> sparse.csr_array:
    """The matrix (n, W) of the `old` vectors that `stayed` (n,), their terms by `ids`, and of `vectors` at `came`."""
    n = stayed.size
    lengths = np.zeros(n, np.int64)
    stays = np.flatnonzero(stayed)
    lengths[stays] = old.starts[stays + 1] - old.starts[stays]
    lengths[came] = np.diff(vectors.indptr)
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(lengths, out=starts[1:])
    terms, weights = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.float32)
    here = _spans(starts[stays], lengths[stays])
    there = _spans(old.starts[stays], lengths[stays])
    terms[here], weights[here] = ids[old.terms[there]], old.weights[there]
    here = _spans(starts[came], lengths[came])
    terms[here], weights[here] = vectors.indices, vectors.data
    return csr(starts, terms, weights, vectors.shape[1])


def _spans(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The positions from each of `starts` on, as many as its length, one after the other."""
    ends = np.cumsum(lengths)
    found: NDArray[np.int64] = np.arange(ends[-1] if ends.size else 0) + np.repeat(starts - ends + lengths, lengths)
    return found
