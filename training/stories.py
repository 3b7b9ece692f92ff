"""The stories of a site: which of its articles say the same."""

from collections.abc import Mapping, Sequence

import numpy as np

from recsys.neighbours import NeighbourIndex
from recsys.ragged import spliced
from recsys.store import StoredArticle
from recsys.stories import ALIKE, MARKS, NO_MARKS, Marks, Shingles, ShingleTable, Stories, marks_of
from recsys.tfidf import Fields
from training.corpus import Corpus
from training.text_model import COMPILING_PAYS

NEAREST = 50  # of an article's neighbours that may be its near duplicates


def stories_of(corpus: Corpus, index: NeighbourIndex) -> Stories:
    """The stories of a corpus, whose vectors are in `index`."""
    lists = index.first_lists(np.arange(len(index)), NEAREST)
    shingles = shingles_of([fields.text for fields in corpus.fields])
    return Stories.build(shingles, _marks(corpus), lists.rows, lists.scores)


def stories_renewed(
    changed: Mapping[int, tuple[StoredArticle, Fields] | None], index: NeighbourIndex, former: Stories
) -> Stories:
    """The stories of n articles, those of `former` but for the `changed` rows: None for one that is not known.

    A story of which an article changed is told apart anew; the others stay what they were.
    """
    n, m = len(index), len(former)
    rows = np.array(sorted(changed), np.intp)
    shingles = {row: Shingles.of(told[1].text if told else "") for row, told in changed.items()}
    old = former.arrays()
    sizes, marks = np.zeros(n, np.int32), np.zeros((n, MARKS), np.uint64)
    sizes[:m], marks[:m] = old["sizes"], old["marks"].reshape(-1, MARKS)
    for row, told in changed.items():
        sizes[row] = shingles[row].size
        marks[row] = marks_of(told[0].article) if told else NO_MARKS
    starts, hashes = spliced(old["starts"], old["hashes"], {row: one.hashes for row, one in shingles.items()}, n)
    labels = old["labels"]
    stays = np.flatnonzero(~np.isin(labels, labels[rows[rows < m]]))
    known = np.column_stack((stays, labels[stays]))[labels[stays] != stays]
    asked = np.ones(n + 1, np.bool_)
    asked[stays], asked[-1] = False, False  # row -1, which is none, is the last
    lists = index.first_lists(np.arange(n), NEAREST)
    asks = (lists.scores >= ALIKE) & (asked[:-1, None] | asked[lists.rows])
    return Stories.closed(
        sizes,
        starts,
        hashes,
        marks.reshape(-1),
        near=np.where(asks, lists.rows, -1),
        cosine=np.where(asks, lists.scores, 0),
        known=known.tolist(),
    )


def _marks(corpus: Corpus) -> list[Marks]:
    known = zip(corpus.articles, corpus.known, strict=True)
    return [marks_of(stored.article) if is_known else NO_MARKS for stored, is_known in known]


def shingles_of(texts: Sequence[str]) -> ShingleTable:
    """`Shingles.of` each text, in whichever way is faster for so many characters."""
    if sum(map(len, texts)) < COMPILING_PAYS:
        return ShingleTable.of([*map(Shingles.of, texts)])
    from training.shingles import compiled_shingles  # numba takes a second to import

    return compiled_shingles(texts)
