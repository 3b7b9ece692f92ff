"""The stories of a site: which of its articles say the same."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recsys.neighbours import NeighbourIndex
from recsys.stories import ALIKE, NO_MARKS, Marks, Shingles, Stories, marks_of
from training.corpus import Corpus
from training.text_model import COMPILING_PAYS

NEAREST = 50  # of an article's neighbours that may be its near duplicates


def stories_of(corpus: Corpus, index: NeighbourIndex) -> Stories:
    """The stories of a corpus, whose vectors are in `index`."""
    lists = index.first_lists(np.arange(len(index)), NEAREST)
    shingles = shingles_of([fields.text for fields in corpus.fields])
    return Stories.build(shingles, _marks(corpus), np.where(lists.scores >= ALIKE, lists.rows, -1), lists.scores)


def stories_renewed(corpus: Corpus, index: NeighbourIndex, former: Stories, changed: NDArray[np.bool_]) -> Stories:
    """The stories of a corpus of which only the `changed` (n,) articles are read; the others are as in `former`.

    A story of which an article changed is told apart anew; the others stay what they were.
    """
    n, m = len(index), len(former)
    labels = former.of(np.arange(m))
    stays = ~np.isin(labels, labels[changed[:m]])
    old = np.flatnonzero(stays)
    known = np.column_stack((old, labels[old]))[labels[old] != old]
    asked = np.ones(n, np.bool_)
    asked[old] = False
    lists = index.first_lists(np.arange(n), NEAREST)
    asks = (lists.scores >= ALIKE) & (asked[:, None] | asked[lists.rows])
    none = Shingles.of("")
    shingles = [
        Shingles.of(fields.text) if changed[row] else former.shingles(row) if row < m else none
        for row, fields in enumerate(corpus.fields)
    ]
    return Stories.build(
        shingles, _marks(corpus), np.where(asks, lists.rows, -1), np.where(asks, lists.scores, 0), known.tolist()
    )


def _marks(corpus: Corpus) -> list[Marks]:
    known = zip(corpus.articles, corpus.known, strict=True)
    return [marks_of(stored.article) if is_known else NO_MARKS for stored, is_known in known]


def shingles_of(texts: Sequence[str]) -> list[Shingles]:
    """`Shingles.of` each text, in whichever way is faster for so many characters."""
    if sum(map(len, texts)) < COMPILING_PAYS:
        return [*map(Shingles.of, texts)]
    from training.shingles import compiled_shingles  # numba takes a second to import

    return compiled_shingles(texts)
