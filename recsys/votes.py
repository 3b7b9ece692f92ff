"""What the articles that a reader read vote for: by what the same visitors read, what was read next, and likeness of
text; and which articles have the strongest votes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsys.covisitation import gathered
from recsys.items import Wish, highest
from recsys.reader import Reader
from recsys.rules.placing import weighed

if TYPE_CHECKING:
    from recsys.model import Model

TIES = 4  # so many of the first of `recsys.mix.SIGNALS` are ties, each a kind of votes
TIED = 200  # of the articles voted for so many are candidates
NEIGHBOURS = 30  # how many text neighbours each article brings
FRESH = 3  # of so many of the newest reads also neighbours that were published since the bundle


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes for articles, kind by kind: (v,) each but `rows`, which is in parts, and `ends`.

    rows    the article voted for      owner  position in `Reader.rows` of the one that votes
    weight  float64, > 0               ends   (4,) where the votes of each kind end
    """

    rows: list[NDArray[np.int32]]
    owner: NDArray[np.intp]
    weight: NDArray[np.float64]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, model: "Model", reader: Reader) -> Self:
        """The votes of the reader's articles."""
        covisits = model.covisits
        tables = (covisits.together_table, covisits.after_table, covisits.learned_table)
        owner, ends, tied, scores = gathered(tables, reader.rows)
        near = model.neighbours.first_lists(reader.rows, NEIGHBOURS, current=FRESH)
        alike, cosine = near.rows.ravel(), near.scores.ravel()
        by = np.arange(reader.rows.size).repeat(near.rows.shape[1])
        if alike.min(initial=0) < 0:
            there = (alike >= 0).nonzero()[0]
            alike, cosine, by = alike.take(there), cosine.take(there), by.take(there)
        owner = np.concatenate((owner, by))
        weight = np.concatenate((*scores, cosine), dtype=np.float64)
        weight *= reader.weights.take(owner)
        return cls([*tied, alike], owner, weight, np.array([*ends, owner.size]))


class Ballot(NamedTuple):
    """The votes counted, beside articles that are known otherwise.

    Articles are numbered. An article has one number, though it may be met several times: those known are met first,
    then those voted for, then those that the wish excludes, whose numbers are `end` or more.

    rows     (m,) by number
    numbers  (m,) as met: the last place at which the same article is met
    known    how many are known      end  where those voted for end
    sums     (4, m) float64, by kind and number
    """

    rows: NDArray[np.integer]
    numbers: NDArray[np.intp]
    known: int
    end: int
    sums: NDArray[np.float64]

    @classmethod
    def of(cls, model: "Model", known: NDArray[np.integer], votes: Votes, wish: Wish) -> Self:
        """Counts the votes."""
        out = np.fromiter(wish.exclude, np.int64, len(wish.exclude))
        rows = np.concatenate((known, *votes.rows, out))
        m, end = rows.size, rows.size - out.size
        numbers = model.mix.slate.last(rows)
        index = numbers[known.size : end].copy()
        for begin in votes.ends[:-1].tolist():
            index[begin:] += m  # as many times as there were kinds before
        sums = np.bincount(index, votes.weight, TIES * m).astype(np.float64, copy=False).reshape(TIES, m)
        return cls(rows, numbers, known.size, end, sums)


class Elected(NamedTuple):
    """What comes of the votes, of what the wish admits.

    tied   (t,) numbers of the TIED articles most strongly voted for
    scale  (4,) the greatest sum of each kind, 1 where there is none
    known  (known,) bool: which of the articles known otherwise are admitted
    """

    tied: NDArray[np.intp]
    scale: NDArray[np.float64]
    known: NDArray[np.bool_]


def elected(model: "Model", ballot: Ballot, weights: NDArray[np.float64], wish: Wish, now: int) -> Elected:
    """The outcome, the kinds weighed by `weights` (4,) on their scales."""
    known, end = ballot.known, ballot.end
    admitted = model.articles.passes(ballot.rows[:end], wish, now)
    there = (admitted[known:] & (ballot.numbers[known:end] == np.arange(known, end))).nonzero()[0] + known
    rows, sums = ballot.rows.take(there), ballot.sums.take(there, axis=1)
    scale = greatest(sums)
    top = highest(weighed(wish, rows, (weights / scale) @ sums), rows, TIED)
    return Elected(there.take(top), scale, admitted[:known] & (ballot.numbers[:known] < end))


def greatest(strength: NDArray[np.float64]) -> NDArray[np.float64]:
    """(s,) the greatest of each row (s, c); 1 where there is nothing above 0."""
    found: NDArray[np.float64] = np.maximum.reduce(strength, axis=1, initial=0.0)
    found[found == 0.0] = 1.0
    return found
