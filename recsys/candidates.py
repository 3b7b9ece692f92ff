"""The candidates of a Recommendation, and how strongly each signal speaks for each of them.

Two kinds of articles are looked at: those most strongly tied to what the reader read, and those that readers favour.
Neither is more than a few hundred, so that an answer costs the same on a site of a thousand articles and of a million.
What is to say of the favourites whoever reads is known beforehand (`recsys.favoured`).
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsys.candidates_kernel import told
from recsys.carried import KIND
from recsys.favoured import LEADERS, favour_of
from recsys.items import Wish
from recsys.mix import SIGNALS
from recsys.reader import Reader
from recsys.votes import TIES, Votes, elected

if TYPE_CHECKING:
    from recsys.model import Model

POPULAR = 100  # with fewer favourites that a wish admits, it is looked further for more


class Candidates(NamedTuple):
    """What speaks for c candidates.

    rows      (c,) int32, each once
    signals   (9, c) float64 >= 0, how much each signal says of each; ties count for those most strongly tied alone
    scale     (9,) > 0, by which a signal is divided so that its best candidate has 1
    share     (9,) >= 0, what a signal weighs for the reader, by `scale`
    score     (c,) >= 0, the signals weighed by `share`
    votes     what the signals that are ties consist of
    number    (c,) the position of each candidate in `votes`; -1 where ties don't count
    """

    rows: NDArray[np.int32]
    signals: NDArray[np.float64]
    scale: NDArray[np.float64]
    share: NDArray[np.float64]
    score: NDArray[np.float64]
    votes: Votes
    number: NDArray[np.int64]

    @property
    def strength(self) -> NDArray[np.float64]:
        """(9, c) in 0..1, how strongly each signal speaks for each candidate."""
        found: NDArray[np.float64] = self.signals / self.scale[:, None]
        return found


def candidates_for(model: "Model", reader: Reader, wish: Wish, now: int) -> Candidates:
    """All articles that `wish` admits and that are tied to what the reader read, or that readers favour now."""
    weights = model.mix.weights_at(reader.idle or 0)
    for favoured in model.mix.favoured.wider(model, wish, now):
        votes = Votes.of(model, reader, favoured.rows, wish)
        found = elected(model, votes, weights[:TIES], wish, now)
        admitted = found.others.size + found.tied.searchsorted(votes.known)
        if favoured.rows.size < LEADERS or admitted >= POPULAR:
            break
    s, c = len(SIGNALS), found.others.size + found.tied.size
    rows, number, signals, score = np.empty(c, np.int32), np.empty(c, np.int64), np.zeros((s, c)), np.zeros(c)
    scale, share = np.empty(s), np.empty(s)
    scale[:TIES] = found.scale
    told(
        found.others,
        found.tied,
        votes.rows,
        votes.sums,
        favoured.strength,
        model.carrying.table,
        favoured.names,
        reader.rows,
        reader.weights,
        KIND,
        favour_of(model),
        favoured.clock,
        weights,
        rows,
        signals,
        scale,
        share,
        score,
        number,
    )
    return Candidates(rows, signals, scale, share, score, votes, number)
