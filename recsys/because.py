"""Why articles are recommended, told to the request that asked, and nothing that it didn't know."""

from operator import attrgetter
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

_WEIGHT = attrgetter("weight")
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
    rows = found.rows[places].tolist()
    strength = (weights[:, None] * found.strength.take(places, axis=1)).T.tolist()
    owners, named, others = _read(reader, found, weights, places)
    tasted = [(SIGNALS.index(kind), kind, taste.strongest(places)) for kind, taste in found.tastes.items()]
    ids: dict[int, str] = {}
    items = []
    for at, row in enumerate(rows):
        reasons, unnamed, weight_of = [], others[at], strength[at]
        for owner, weight in zip(owners[at], named[at], strict=True):
            if weight > 0.0:
                if owner not in ids:
                    ids[owner] = model.articles.id(int(reader.rows[owner]))
                reasons.append(Reason(kind="because_read", weight=weight, article_id=ids[owner]))
        for signal, kind, names in tasted:
            weight, name = weight_of[signal], names[at]
            if name is None:
                unnamed += weight
            elif weight > 0.0:
                reasons.append(Reason(kind=kind, weight=weight, name=name))
        if unnamed > 0.0:
            reasons.append(Reason(kind="because_read", weight=unnamed))
        for signal, kind in _BY_ITSELF:
            if weight_of[signal] > 0.0:
                reasons.append(Reason(kind=kind, weight=weight_of[signal]))
        reasons.sort(key=_WEIGHT, reverse=True)
        items.append(Item(row, sum([reason.weight for reason in reasons]), tuple(reasons)))
    return items


def _read(
    reader: Reader, found: Candidates, weights: NDArray[np.float64], places: NDArray[np.intp]
) -> tuple[list[list[int]], list[list[float]], list[float]]:
    """Of the reader's articles, by candidate, which to name (k, at most NAMED), their votes, and all other votes (k,).

    A vote of 0 names nothing.
    """
    votes, k, h = found.votes, places.size, reader.rows.size
    slot_of = np.full(votes.articles, NOWHERE, np.intp)
    tied = found.strength[: votes.scale.size, places].any(axis=0)
    slot_of[found.article[places]] = np.where(tied, np.arange(k), NOWHERE)
    slot = slot_of.take(votes.article)
    own = (slot >= 0).nonzero()[0]
    weight = votes.weight.take(own)
    weight *= (weights[: votes.scale.size] / votes.scale).take(votes.bounds.searchsorted(own, "right"))
    by_owner = np.bincount(slot.take(own) * h + votes.owner.take(own), weight, k * h).reshape(k, h)
    nameable = by_owner if reader.nameable.all() else np.where(reader.nameable, by_owner, 0.0)
    owners = (-nameable).argsort(axis=1, kind="stable")[:, :NAMED]
    each = np.arange(k)[:, None]
    named = nameable[each, owners]
    others = by_owner
    others[each, owners] *= named == 0.0
    return owners.tolist(), named.tolist(), others.sum(axis=1).tolist()
