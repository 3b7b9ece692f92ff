"""Articles that share visitors: the item-item model, one of the simple ones that a list must beat."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from training.replay import Acts

NEIGHBOURS = 50  # of an article, by the visitors they share; more brought nothing on any site measured
NEWEST_LIKES = 1_000  # of a visitor count for those neighbours, so that nobody ties a whole site together

_PAIRS = 5_000_000  # of articles that share a visitor, in memory at a time: 0.2 GB

Scores = NDArray[np.float64]


def item_neighbours(liked: Acts, n: int) -> sparse.csr_array:
    """(n, n) cosine between the sets of visitors who liked two articles, the NEIGHBOURS greatest of each row.

    cost    O(visitors x likes of each, squared); 40 bytes for each of _PAIRS
    source  Sarwar et al., Item-based collaborative filtering recommendation algorithms, WWW 2001
    """
    likes = _likes(liked, n)
    by_article = sparse.csr_array(likes.T)
    size = np.sqrt(np.maximum(np.diff(by_article.indptr), 1.0))
    pairs = np.cumsum(by_article @ np.diff(likes.indptr))
    starts = [0, *(np.flatnonzero(np.diff(pairs // _PAIRS)) + 1).tolist()]
    parts = [_nearest(by_article, likes, size, *block) for block in pairwise([*starts, n])]
    cosine, owner, other = (np.concatenate(column) for column in zip(*parts, strict=True))
    return sparse.csr_array((cosine, (owner, other)), shape=(n, n))


def _likes(liked: Acts, n: int) -> sparse.csr_array:
    """(visitors, n) 1.0 where a visitor liked an article, of each only the newest."""
    _, visitor, counts = np.unique(liked.visitor, return_inverse=True, return_counts=True)
    order = np.lexsort((-liked.at, visitor))
    newest = np.arange(order.size) - np.repeat(np.cumsum(counts) - counts, counts) < NEWEST_LIKES
    kept = order[newest]
    likes = sparse.csr_array((np.ones(kept.size), (visitor[kept], liked.row[kept])), shape=(counts.size, n))
    likes.sum_duplicates()
    likes.data[:] = 1.0
    return likes


def _nearest(
    by_article: sparse.csr_array, likes: sparse.csr_array, size: Scores, start: int, stop: int
) -> tuple[Scores, NDArray[np.integer], NDArray[np.integer]]:
    """The cosines, rows and columns of `item_neighbours` for the rows start..stop-1.

    by_article, likes  (n, visitors), (visitors, n) 1.0 for a like      size  (n,) the root of each article's likes
    """
    together = sparse.csr_array(by_article[start:stop] @ likes)
    owner, other = np.repeat(np.arange(start, stop), np.diff(together.indptr)), together.indices
    apart = owner != other
    owner, other = owner[apart], other[apart]
    cosine = together.data[apart] / (size[owner] * size[other])
    kept = _greatest_of_each(cosine, owner - start, other, NEIGHBOURS)
    return cosine[kept], owner[kept], other[kept]


def _greatest_of_each(score: Scores, owner: NDArray[np.integer], row: NDArray[np.integer], k: int) -> NDArray[np.intp]:
    """Positions, ascending, of the k greatest of each owner; of equal ones those of the lower row.

    score, owner, row  (m,) > 0, ascending from 0, any

    One integer sorts by owner and falling float32; only what is equal by then is told apart by the score itself.
    """
    counts = np.bincount(owner)
    falling = ~score.astype(np.float32).view(np.uint32)
    keys = (owner.astype(np.uint64) << np.uint64(32)) | falling
    keys.sort()
    more = counts > k
    last = np.full(counts.size, np.iinfo(np.uint32).max)
    last[more] = keys[(counts.cumsum() - counts)[more] + k - 1].astype(np.uint32)
    kept = falling < last[owner]
    room = k - np.bincount(owner[kept], minlength=counts.size)
    level = (falling == last[owner]).nonzero()[0]
    level = level[np.lexsort((row[level], -score[level], owner[level]))]
    among = np.bincount(owner[level], minlength=counts.size)
    place = np.arange(level.size) - (among.cumsum() - among)[owner[level]]
    kept[level[place < room[owner[level]]]] = True
    found: NDArray[np.intp] = kept.nonzero()[0]
    return found
