"""The candidates of a Recommendation, and how strongly each signal speaks for each of them.

Two kinds of articles are looked at: those most strongly tied to what the reader read, and those that readers favour.
Neither is more than a few hundred, so that an answer costs the same on a site of a thousand articles and of a million.
What is to say of the favourites whoever reads is known beforehand (`recsys.favoured`).
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.affinity import Matchable, Taste
from recsys.carried import Carried
from recsys.favoured import LEADERS, favour
from recsys.items import Wish
from recsys.mix import SIGNALS
from recsys.reader import Reader
from recsys.votes import TIES, Ballot, Votes, elected, greatest

if TYPE_CHECKING:
    from recsys.model import Model

POPULAR = 100  # with fewer favourites that a wish admits, it is looked further for more
NOWHERE = -1

_WHOEVER = len(SIGNALS) - 3  # the last three signals are those of `favour`


class Candidates(NamedTuple):
    """What speaks for c candidates.

    rows      (c,) distinct
    signals   (9, c) float64 >= 0, how much each signal says of each; ties count for those most strongly tied alone
    scale     (9,) > 0, by which a signal is divided so that its best candidate has 1
    votes     what the signals that are ties consist of
    ballot    the articles voted for
    number    (c,) of the candidates in `ballot`; NOWHERE where ties don't count
    taste     the reader's taste in sections and in tags
    """

    rows: NDArray[np.integer]
    signals: NDArray[np.float64]
    scale: NDArray[np.float64]
    votes: Votes
    ballot: Ballot
    number: NDArray[np.intp]
    taste: Taste

    def scores(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """(c,) the signals on their scales, weighed by `weights` (9,)."""
        found: NDArray[np.float64] = (weights / self.scale) @ self.signals
        return found

    def strength(self, places: NDArray[np.intp]) -> NDArray[np.float64]:
        """(9, k) in 0..1, how strongly each signal speaks for the candidates at `places` (k,)."""
        found: NDArray[np.float64] = self.signals.take(places, axis=1) / self.scale[:, None]
        return found


def candidates_for(model: "Model", reader: Reader, wish: Wish, now: int) -> Candidates:
    """All articles that `wish` admits and that are tied to what the reader read, or that readers favour now."""
    votes, weights = Votes.of(model, reader), model.mix.weights_at(reader.idle or 0)[:TIES]
    for favoured in model.mix.favoured.wider(model, wish, now):
        ballot = Ballot.of(model, favoured.rows, votes, wish)
        found = elected(model, ballot, weights, wish, now)
        if favoured.rows.size < LEADERS or np.count_nonzero(found.known) >= POPULAR:
            break
    twice = np.zeros(ballot.rows.size, np.bool_)
    twice[found.tied] = True
    kept = (found.known & ~twice.take(ballot.numbers[: ballot.known])).nonzero()[0]
    tied = ballot.rows.take(found.tied)
    k = kept.size

    rows = np.concatenate((favoured.rows.take(kept), tied))
    number = np.empty(rows.size, np.intp)
    number[:k], number[k:] = NOWHERE, found.tied
    own, carried = _carried(model, reader.rows, tied)
    taste = Taste.of(reader, own, model.mix.slate)
    match, match_of_tied = taste.matches(model.carrying, (favoured.names, Matchable.of(carried, tied.size)))
    signals = np.zeros((len(SIGNALS), rows.size))
    signals[:TIES, k:] = ballot.sums.take(found.tied, axis=1)
    signals[TIES:_WHOEVER, :k] = match.take(kept, axis=1)
    signals[TIES:_WHOEVER, k:] = match_of_tied
    signals[_WHOEVER:, :k] = favoured.strength.take(kept, axis=1)
    signals[_WHOEVER:, k:] = favour(model, tied, favoured.clock)
    scale = np.concatenate((found.scale, greatest(signals[TIES:])))
    return Candidates(rows, signals, scale, votes, ballot, number, taste)


def _carried(model: "Model", read: NDArray[np.integer], tied: NDArray[np.integer]) -> tuple[Carried, Carried]:
    """What the articles read carry, and what those that are tied to them do: one look-up for both."""
    owner, code = model.carrying.of(np.concatenate((read, tied)))
    cut = int(owner.searchsorted(read.size))
    return Carried(owner[:cut], code[:cut]), Carried(owner[cut:] - read.size, code[cut:])
