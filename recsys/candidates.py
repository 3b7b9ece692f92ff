"""The candidates of a Recommendation, and how strongly each signal speaks for each of them.

Two kinds of articles are looked at: those most strongly tied to what the reader read, and those that readers favour.
Neither is more than a few hundred, so that an answer costs the same on a site of a thousand articles and of a million.
What is to say of the favourites whoever reads is known beforehand (`recsys.favoured`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.affinity import TASTES, Taste
from recsys.favoured import LEADERS, Favourites, favour
from recsys.items import Wish, best
from recsys.membership import Carried, Membership
from recsys.mix import SIGNALS
from recsys.reader import Reader
from recsys.votes import TIES, Ballot, Votes, elected, greatest

if TYPE_CHECKING:
    from recsys.model import Model

POPULAR = 100  # with fewer favourites that a wish admits, the whole site is searched for more
NOWHERE = -1

_WHOEVER = len(SIGNALS) - 3  # the last three signals are those of `favour`


@dataclass(frozen=True, slots=True)
class Candidates:
    """What speaks for c candidates.

    rows       (c,) distinct
    strength   (9, c) float64 in 0..1, by signal; the best candidate of a signal that says anything has 1; ties count
               for those that are tied most strongly alone
    votes      what the strength of the signals that are ties consists of
    ballot     the articles voted for
    scale      (4,) by kind: divided by it, the votes for a candidate sum to its strength
    number     (c,) of the candidates in `ballot`; NOWHERE where ties don't count
    taste      the reader's taste in sections and in tags, and how well articles match it
    tasted     (c,) the positions of the candidates among those articles
    """

    rows: NDArray[np.integer]
    strength: NDArray[np.float64]
    votes: Votes
    ballot: Ballot
    scale: NDArray[np.float64]
    number: NDArray[np.intp]
    taste: Taste
    tasted: NDArray[np.intp]


def candidates_for(model: "Model", reader: Reader, wish: Wish, now: int) -> Candidates:
    """All articles that `wish` admits and that are tied to what the reader read, or that readers favour now."""
    favoured = model.mix.favoured.at(model, now)
    votes, weights = Votes.of(model, reader), model.mix.weights_at(reader.idle or 0)[:TIES]
    ballot = Ballot.of(model, favoured.rows, votes, wish)
    found = elected(model, ballot, weights, wish, now)
    if favoured.rows.size >= LEADERS and np.count_nonzero(found.known) < POPULAR:
        favoured = Favourites.of(model, _searched(model, wish, now, favoured.clock), favoured.clock)
        ballot = Ballot.of(model, favoured.rows, votes, wish)
        found = elected(model, ballot, weights, wish, now)
    twice = np.zeros(ballot.rows.size, np.bool_)
    twice[found.tied] = True
    kept = (found.known & ~twice.take(ballot.numbers[: ballot.known])).nonzero()[0]
    tied = ballot.rows.take(found.tied)
    k, c = kept.size, kept.size + tied.size

    number = np.full(c, NOWHERE)
    number[k:] = found.tied
    tasted = np.arange(favoured.rows.size - k, favoured.rows.size + tied.size)
    tasted[:k] = kept
    taste = _taste(model, reader, favoured, tied)
    strength = np.zeros((len(SIGNALS), c))
    np.divide(ballot.sums.take(found.tied, axis=1), found.scale[:, None], out=strength[:TIES, k:])
    strength[TIES:_WHOEVER] = taste.match.take(tasted, axis=0).T
    strength[_WHOEVER:, :k] = favoured.strength.take(kept, axis=1)
    strength[_WHOEVER:, k:] = favour(model, tied, favoured.clock)
    others = strength[TIES:]
    others /= greatest(others)[:, None]
    rows = np.concatenate((favoured.rows.take(kept), tied))
    return Candidates(rows, strength, votes, ballot, found.scale, number, taste, tasted)


def _taste(model: "Model", reader: Reader, favoured: Favourites, tied: NDArray[np.integer]) -> Taste:
    """The taste, and how the favourites match it, and after them those that are tied."""
    h, m = reader.rows.size, favoured.rows.size + tied.size
    groups = [model.articles.groups[group] for group in TASTES.values()]
    both = Membership.gather_all(groups, np.concatenate((reader.rows, tied)))
    read = both.holder < h * len(groups)
    own, others = both.only(read), both.only(~read)
    holder = np.concatenate((favoured.carried.holder, others.holder + (favoured.rows.size - h) * len(groups)))
    carried = Carried(holder, np.concatenate((favoured.carried.code, others.code)))
    return Taste.of(reader, own, carried, m, model.mix.slate)


def _searched(model: "Model", wish: Wish, now: int, clock: int) -> NDArray[np.integer]:
    """The favourites among all articles that the wish admits."""
    rows = np.arange(len(model.articles))
    rows = rows[model.articles.admits(rows, wish, now)]
    first = [best(strength, rows, LEADERS) for strength in favour(model, rows, clock)[1:]]
    return rows[np.unique(np.concatenate(first))]
