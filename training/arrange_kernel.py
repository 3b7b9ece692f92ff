"""How the compiled neighbour searches arrange a matrix: rows and terms renumbered.

Rows are ordered so that like ones stand together: sums and re-ranking then hit the cache. Terms are numbered by falling
frequency; those of a single row are left out, as they add to no score.
"""

from typing import NamedTuple, TypeAlias, cast

import numpy as np

from recsys.compiled import F32, I32, I64, compiled
from recsys.cosine import Rows

BLOCK = 65_536  # rows whose running sums are kept at once: 16 bits name one, and the sums stay in the cache

# What compiled functions take: an `Arranged` without its name, as code that is kept on disk must not depend on a class.
Arrays: TypeAlias = tuple[I64, I32, F32, I32, I32, int]


class Arranged(NamedTuple):
    """A matrix of unit rows as the searches read it."""

    starts: I64  # (n + 1,)
    terms: I32  # (m,) within a row in their old order, in which exact scores are added
    weights: F32  # (m,)
    names: I32  # (n,) old number by new one
    places: I32  # (n,) new number by old one
    width: int  # terms that are kept

    def arrays(self) -> Arrays:
        """The fields as a plain tuple."""
        return cast(Arrays, tuple(self))


def arrange(rows: Rows, width: int) -> Arranged:
    """Unit rows with terms below `width`, arranged. O(entries + n log n)."""
    n = len(rows)
    frequency = np.bincount(rows.terms, minlength=width)
    rank = np.empty(width, np.int32)
    rank[np.argsort(-frequency, kind="stable")] = np.arange(width, dtype=np.int32)
    kept = int(np.count_nonzero(frequency > 1))
    alike = signatures(rows.starts, rows.terms, rows.weights, frequency, 3, max(3, n // 50))
    names = np.lexsort((alike[:, 1], alike[:, 0])).astype(np.int32)
    places = np.empty(n, np.int32)
    places[names] = np.arange(n, dtype=np.int32)
    return Arranged(*renumbered(rows.starts, rows.terms, rows.weights, names, rank, kept), names, places, kept)


@compiled
def signatures(starts: I64, terms: I32, weights: F32, frequency: I64, low: int, high: int) -> I32:
    """Per row its two strongest terms whose frequency lies in [low, high], or -1.

    returns  (n, 2); rows with equal ones are alike
    """
    n = starts.size - 1
    found = np.full((n, 2), -1, np.int32)
    for i in range(n):
        first = second = np.float32(0)
        for j in range(starts[i], starts[i + 1]):
            if low <= frequency[terms[j]] <= high:
                if weights[j] > first:
                    second, found[i, 1] = first, found[i, 0]
                    first, found[i, 0] = weights[j], terms[j]
                elif weights[j] > second:
                    second, found[i, 1] = weights[j], terms[j]
    return found


@compiled
def renumbered(starts: I64, terms: I32, weights: F32, names: I32, rank: I32, width: int) -> tuple[I64, I32, F32]:
    """Rows in the order of `names`, each term by its `rank`, without terms of rank `width` and up.

    A row keeps its old order of terms, which is the order in which exact_score adds.
    """
    n = names.size
    new_starts = np.zeros(n + 1, np.int64)
    for i in range(n):
        kept = 0
        for j in range(starts[names[i]], starts[names[i] + 1]):
            kept += rank[terms[j]] < width
        new_starts[i + 1] = new_starts[i] + kept
    new_terms, new_weights = np.empty(new_starts[n], np.int32), np.empty(new_starts[n], np.float32)
    for i in range(n):
        place = new_starts[i]
        for j in range(starts[names[i]], starts[names[i] + 1]):
            if rank[terms[j]] < width:
                new_terms[place], new_weights[place] = rank[terms[j]], weights[j]
                place += 1
    return new_starts, new_terms, new_weights
