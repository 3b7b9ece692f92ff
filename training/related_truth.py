"""Related, measured against pairs of articles that people linked."""

import gzip
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.errors import BadInput
from recsys.items import Wish
from recsys.model import Model
from recsys.related import related
from recsys.store import StoredArticle
from training.baselines import Popularity, Simple, text_vectors
from training.bm25 import ABSENT, NAME, bm25_lists
from training.comparison import OURS, SEED, Answers, Comparison, compared
from training.other_lists import OtherLists, add_other, in_rows, notes_on
from training.own_links import own_hosts, without_own_links
from training.progress import Progress
from training.replay import Split, acts_of
from training.replay_related import simple_related

Gains = list[dict[int, float]]

TRANSLATION = "translation"
_BLOCK = 256


class Link(msgspec.Struct, frozen=True):
    """Two articles that somebody linked; `kind` "translation" marks two versions of one article."""

    article_id: str
    related_id: str
    kind: str = "linked"


def read_links(path: Path) -> list[Link]:
    """The links in a JSON Lines file, plain or gz; raises BadInput naming file and line."""
    decoder = msgspec.json.Decoder(Link)
    links = []
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    links.append(decoder.decode(line))
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise BadInput(f"{path.name}:{number}: {error}") from None
    return links


def related_truth(
    articles: Sequence[StoredArticle],
    links: Sequence[Link],
    train: Callable[[Sequence[StoredArticle]], Model],
    now: int,
    *,
    events: pa.Table,
    others: Sequence[OtherLists] = (),
    drop_own_links: bool,
    k: int = 10,
    progress: Progress,
) -> list[Comparison]:
    """Ours beside what is simple, and beside lists made elsewhere; links between translations apart.

    articles        by row, all that ever arrived; a model is trained on them anew
    train           makes a model of articles alone: whatever events tell must not count here
    events          of before `now`, for the simple models that go by readers
    drop_own_links  take links to the own site out of the bodies first, with their words

    A link counts in both directions. Links to articles that the site doesn't have are passed over.
    """
    own = own_hosts(stored.article for stored in articles) if drop_own_links else None
    texts = [bare(stored, own) for stored in articles]
    model = train(texts)
    present = np.array([stored.deleted_at is None for stored in texts], np.bool_)
    kinds = {"links that people made": linked(texts, [link for link in links if link.kind != TRANSLATION])}
    translations = linked(texts, [link for link in links if link.kind == TRANSLATION])
    if any(translations):
        kinds["pairs of translations"] = translations
    asked = [row for row in range(len(texts)) if any(truth[row] for truth in kinds.values())]
    split = Split(acts_of(events, model), now, now)
    simple = Simple.at(texts, split)
    popularity = Popularity(split.past, len(texts))
    popularity.move(now)
    by_row = in_rows(others, "related", model, now)
    by_words = bm25_lists(texts, present, asked, k)
    rng = np.random.default_rng(SEED)
    lists: dict[str, list[list[int]]] = {}
    for done, row in enumerate(asked):
        candidates = present.copy()
        candidates[row] = False
        found = {OURS: [item.row for item in related(model, row, Wish(limit=k, fill="none"), now)]}
        found |= simple_related(simple, popularity, row, candidates, k=k, rng=rng)
        if by_words is not None:
            found[NAME] = next(by_words)
        for name, rows in by_row.items():
            add_other(found, name, [other for other in rows.get(row, ()) if candidates[other]][:k])
        for name, some in found.items():
            lists.setdefault(name, []).append(some)
        progress("asking for related lists", done + 1, len(asked))
    links_note = "own-site links removed with their words" if drop_own_links else "bodies as they are"
    return [
        compared(
            "related",
            f"{kind}, both directions, {links_note}, all other articles as candidates; recall of at most {k}",
            [Answers(lists, [truth[row] for row in asked], now=[now] * len(asked), known=simple.known)],
            depths=(k, 5) if k > 5 else (k,),
            catalogue=int(present.sum()),
            notes=[
                *notes_on(others, "related", {stored.article.id for stored in texts}),
                *([ABSENT] if by_words is None else []),
            ],
        )
        for kind, truth in kinds.items()
    ]


def bare(stored: StoredArticle, own: frozenset[str] | None) -> StoredArticle:
    """The article without totals and, where `own` hosts are given, without links to them."""
    body = stored.article.body if own is None else without_own_links(stored.article, own)
    return replace(stored, article=msgspec.structs.replace(stored.article, body=body, views=None, likes=None))


def linked(articles: Sequence[StoredArticle], links: Sequence[Link]) -> Gains:
    """For each row the rows that are linked with it, in either direction."""
    row_of = {stored.article.id: stored.row for stored in articles if stored.deleted_at is None}
    truth: Gains = [{} for _ in articles]
    for link in links:
        one, other = row_of.get(link.article_id), row_of.get(link.related_id)
        if one is not None and other is not None and one != other:
            truth[one][other] = 1.0
            truth[other][one] = 1.0
    return truth


def tfidf_lists(
    articles: Sequence[StoredArticle], present: NDArray[np.bool_], asked: list[int], k: int
) -> list[list[int]]:
    """scikit-learn's TfidfVectorizer() on title and body, cosine; only rows `present` (n,) are found."""
    vectors = text_vectors(articles, np.ones(len(articles), np.bool_))
    lists: list[list[int]] = []
    for start in range(0, len(asked), _BLOCK):
        rows = asked[start : start + _BLOCK]
        scores = (vectors[rows] @ vectors.T).toarray()
        scores[:, ~present] = -1.0
        scores[np.arange(len(rows)), rows] = -1.0
        lists += np.argsort(-scores, axis=1, kind="stable")[:, :k].tolist()
    return lists
