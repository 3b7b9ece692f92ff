"""The stories of a site: which of its articles say the same."""

import numpy as np

from recsys.neighbours import NeighbourIndex
from recsys.stories import ALIKE, NO_MARKS, Shingles, Stories, marks_of
from training.corpus import Corpus

NEAREST = 50  # of an article's neighbours that may be its near duplicates


def stories_of(corpus: Corpus, index: NeighbourIndex) -> Stories:
    """The stories of a corpus, whose vectors are in `index`."""
    lists = index.first_lists(np.arange(len(index)), NEAREST)
    shingles = [Shingles.of(fields.text) for fields in corpus.fields]
    known = zip(corpus.articles, corpus.known, strict=True)
    marks = [marks_of(stored.article) if is_known else NO_MARKS for stored, is_known in known]
    return Stories.build(shingles, marks, np.where(lists.scores >= ALIKE, lists.rows, -1), lists.scores)
