"""What the articles that a reader read vote for: by what the same visitors read, what was read next, and likeness of
text; and which articles have the strongest votes.
"""

from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsys.items import Wish
from recsys.reader import Reader
from recsys.votes_kernel import Cast, counted, spans, strongest

if TYPE_CHECKING:
    from recsys.model import Model

TIES = 4  # so many of the first of `recsys.mix.SIGNALS` are ties, each a kind of votes
TIED = 200  # of the articles voted for so many are candidates
NEIGHBOURS = 30  # how many text neighbours each article brings
FRESH = 3  # of so many of the newest reads also neighbours that were published since the bundle

_NO_FACTOR = np.zeros(0)


class Votes(NamedTuple):
    """Votes for m articles, those that are known otherwise before those that are not.

    rows       (m,) int32, each once
    known      how many are known otherwise
    sums       (m, 4) float64, by kind
    electable  (m,) bool, whether the wish doesn't exclude it
    cast       of each vote (v,), kind by kind, the position of its article in `rows`, of who votes in `Reader.rows`,
               and its weight > 0
    ends       (4,) where the votes of each kind end
    """

    rows: NDArray[np.int32]
    known: int
    sums: NDArray[np.float64]
    electable: NDArray[np.bool_]
    cast: Cast
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, model: "Model", reader: Reader, known: NDArray[np.int32], wish: Wish) -> Self:
        """The votes of the reader's articles, beside the rows `known` (k,), each once."""
        covisits, rows = model.covisits, reader.rows
        near = model.neighbours.listed(rows, NEIGHBOURS, current=FRESH)
        a, b, c = covisits.together_table, covisits.after_table, covisits.learned_table
        tables = (a.rows, a.scores), (b.rows, b.scores), (c.rows, c.scores), (near.rows, near.scores)
        begin, end = np.empty((TIES, rows.size), np.int64), np.empty((TIES, rows.size), np.int64)
        votes = spans((a.starts, b.starts, c.starts), near.lists, near.apart, near.k, tables, rows, begin, end)
        out, zeros = np.fromiter(wish.exclude, np.int64, len(wish.exclude)), model.mix.zeros.of(len(model.articles))
        room = known.size + votes
        met, sums, electable = np.empty(room, np.int32), np.zeros((room, TIES)), np.empty(room, np.bool_)
        number, owner, weight = np.empty(votes, np.int32), np.empty(votes, np.int32), np.empty(votes)
        cast, ends = (number, owner, weight), np.empty(TIES, np.int64)
        m = counted(tables, begin, end, reader.weights, known, out, zeros, met, sums, electable, cast, ends)
        v = int(ends[-1])  # fewer than there are ties, where a list is not full
        return cls(met[:m], known.size, sums[:m], electable[:m], (number[:v], owner[:v], weight[:v]), ends)


class Elected(NamedTuple):
    """What comes of the votes, of what the wish admits.

    tied    (t,) positions in `Votes.rows` of the TIED articles most strongly voted for
    others  (o,) those of the other articles that are known otherwise
    scale   (4,) the greatest sum of each kind, 1 where there is none
    """

    tied: NDArray[np.int64]
    others: NDArray[np.int64]
    scale: NDArray[np.float64]


def elected(model: "Model", votes: Votes, weights: NDArray[np.float64], wish: Wish, now: int) -> Elected:
    """The outcome, the kinds weighed by `weights` (4,) on their scales."""
    admitted = model.articles.passes(votes.rows, wish, now)
    admitted &= votes.electable
    factor = _NO_FACTOR if wish.ruled is None or not wish.ruled.boosts else wish.ruled.factor(votes.rows)
    scale, tied, others = np.empty(TIES), np.empty(votes.rows.size, np.int64), np.empty(votes.known, np.int64)
    t, o = strongest(votes.rows, votes.sums, admitted, weights, factor, TIED, scale, tied, others)
    return Elected(tied[:t], others[:o], scale)
