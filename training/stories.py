"""The stories of a site: which of its articles say the same in the same words."""

import numpy as np

from recsys.neighbours import NeighbourIndex
from recsys.stories import ALIKE, Shingles, Stories
from training.corpus import Corpus

NEAREST = 50  # of an article's neighbours that may be its near duplicates


def stories_of(corpus: Corpus, index: NeighbourIndex) -> Stories:
    """The stories of a corpus, whose vectors are in `index`."""
    lists = index.first_lists(np.arange(len(index)), NEAREST)
    shingles = [Shingles.of(fields.text) for fields in corpus.fields]
    urls = [stored.article.url if known else None for stored, known in zip(corpus.articles, corpus.known, strict=True)]
    return Stories.build(shingles, urls, np.where(lists.scores >= ALIKE, lists.rows, -1), lists.scores)
