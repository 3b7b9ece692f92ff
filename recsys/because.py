"""Why articles are recommended, told to the request that asked, and nothing that it didn't know."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.candidates import Candidates
from recsys.items import Item, Reason
from recsys.mix import SIGNALS
from recsys.reader import Reader

if TYPE_CHECKING:
    from recsys.model import Model

NOWHERE = -1

NAMED = 2  # how many articles of the reader's history an item's reasons name

_BY_ITSELF = [(SIGNALS.index(kind), kind) for kind in ("liked", "popular", "new")]


def items_because(
    model: "Model",
    reader: Reader,
    found: Candidates,
    places: NDArray[np.intp],
    *,
    weights: NDArray[np.float64],
) -> list[Item]:
    """The candidates at `places` (k,) with their reasons; what may not be named adds up in one reason without a name.

    weights  (9,) of the signals
    """
    rows = found.rows[places]
    strength = (weights[:, None] * found.strength[:, places]).T.tolist()
    owners, named, others = (column.tolist() for column in _read(reader, found, weights, places))
    tasted = [(SIGNALS.index(kind), kind, taste.strongest(places)) for kind, taste in found.tastes.items()]
    ids: dict[int, str] = {}
    items = []
    for at, row in enumerate(rows.tolist()):
        reasons, unnamed = [], others[at]
        for owner, weight in zip(owners[at], named[at], strict=True):
            if weight > 0.0:
                if owner not in ids:
                    ids[owner] = model.articles.id(int(reader.rows[owner]))
                reasons.append(Reason(kind="because_read", weight=weight, article_id=ids[owner]))
        for signal, kind, names in tasted:
            weight, name = strength[at][signal], names[at]
            if name is None:
                unnamed += weight
            elif weight > 0.0:
                reasons.append(Reason(kind=kind, weight=weight, name=name))
        if unnamed > 0.0:
            reasons.append(Reason(kind="because_read", weight=unnamed))
        for signal, kind in _BY_ITSELF:
            if strength[at][signal] > 0.0:
                reasons.append(Reason(kind=kind, weight=strength[at][signal]))
        reasons.sort(key=lambda reason: -reason.weight)
        items.append(Item(row, sum(reason.weight for reason in reasons), tuple(reasons)))
    return items


def _read(
    reader: Reader, found: Candidates, weights: NDArray[np.float64], places: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Of the reader's articles, by candidate, which to name (k, at most NAMED), their votes, and all other votes (k,).

    A vote of 0 names nothing.
    """
    votes, h = found.votes, reader.rows.size
    at = np.searchsorted(votes.rows, found.rows[places])
    tied = (
        np.flatnonzero(votes.rows[np.minimum(at, votes.rows.size - 1)] == found.rows[places])
        if votes.rows.size
        else at[:0]
    )
    slot_of = np.full(votes.rows.size, NOWHERE, np.intp)
    slot_of[at[tied]] = tied
    slot = slot_of[votes.place]
    own = np.flatnonzero(slot != NOWHERE)
    signal = votes.signal[own]
    weight = votes.weight[own] * (weights[: votes.scale.size] / votes.scale)[signal]
    by_owner = np.bincount(slot[own] * h + votes.owner[own], weight, places.size * h).reshape(places.size, h)
    nameable = np.where(reader.nameable, by_owner, 0.0)
    owners = np.argsort(-nameable, axis=1, kind="stable")[:, :NAMED]
    named = np.take_along_axis(nameable, owners, axis=1)
    others = by_owner
    np.put_along_axis(others, owners, np.take_along_axis(by_owner, owners, axis=1) * (named == 0.0), axis=1)
    return owners, named, others.sum(axis=1)
