"""BM25, what search engines match articles by, as bm25s computes it with its own defaults: a list to compare with."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from recsys.markup import html_to_text
from recsys.store import StoredArticle

NAME = "BM25 (bm25s)"
ABSENT = f"{NAME} is not compared: install the package bm25s to see it"


def bm25_lists(
    articles: Sequence[StoredArticle], present: NDArray[np.bool_], asked: Sequence[int], k: int
) -> Iterator[list[int]] | None:
    """For each of the rows `asked` the k best of `present` (n,) for its whole text; None where bm25s is not installed.

    Rows that share no word are left out; equal scores stand by lower row.
    """
    if find_spec("bm25s") is None:
        return None
    return _lists(articles, present, asked, k)


def _lists(
    articles: Sequence[StoredArticle], present: NDArray[np.bool_], asked: Sequence[int], k: int
) -> Iterator[list[int]]:
    import bm25s

    texts = [f"{stored.article.title} {html_to_text(stored.article.body)}" for stored in articles]
    tokens = bm25s.tokenize(texts, show_progress=False, return_ids=False)
    if not any(tokens):
        yield from ([] for _ in asked)
        return
    model = bm25s.BM25()
    model.index(tokens, show_progress=False)
    for row in asked:
        score = np.asarray(model.get_scores(tokens[row]) if tokens[row] else np.zeros(len(texts)), np.float64)
        score[~present] = 0.0
        score[row] = 0.0
        order = np.argsort(-score, kind="stable")[:k]
        yield order[score[order] > 0].tolist()
