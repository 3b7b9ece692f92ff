"""Why articles are recommended, told to the request that asked, and nothing that it didn't know."""

from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.affinity import TASTES
from recsys.candidates import NOWHERE, Candidates
from recsys.items import Item, Reason
from recsys.mix import SIGNALS
from recsys.reader import Reader
from recsys.votes import TIES

if TYPE_CHECKING:
    from recsys.model import Model

NAMED = 2  # how many articles of the reader's history an item's reasons name

_WEIGHT = attrgetter("weight")
_BY_NAME = [(SIGNALS.index(kind), kind) for kind in TASTES]
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
    ids: dict[int, str] = {}
    items = []
    strength = (weights[:, None] * found.strength(places)).T.tolist()
    columns = (found.rows.take(places).tolist(), strength, *_read(reader, found, weights, places))
    for row, weight_of, owners, named, others in zip(*columns, strict=True):
        reasons, unnamed = [], others
        for owner, weight in zip(owners, named, strict=True):
            if weight > 0.0:
                if owner not in ids:
                    ids[owner] = model.articles.id(int(reader.rows[owner]))
                reasons.append(Reason(kind="because_read", weight=weight, article_id=ids[owner]))
        for (signal, kind), name in zip(_BY_NAME, found.taste.strongest(model.carrying, row), strict=True):
            weight = weight_of[signal]
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
    slot_of = np.empty(found.ballot.rows.size + 1, np.intp)
    slot_of.fill(NOWHERE)
    slot_of[found.number.take(places)] = np.arange(k)
    slot_of[NOWHERE] = NOWHERE
    slot = slot_of.take(found.ballot.numbers[found.ballot.known : found.ballot.end])
    own = (slot >= 0).nonzero()[0]
    weight = votes.weight.take(own)
    weight *= (weights[:TIES] / found.scale[:TIES]).take(votes.ends.searchsorted(own, "right"))
    by_owner = np.bincount(slot.take(own) * h + votes.owner.take(own), weight, k * h).reshape(k, h)
    nameable = by_owner * reader.nameable
    owners = (-nameable).argsort(axis=1, kind="stable")[:, :NAMED]
    place = owners + h * np.arange(k)[:, None]
    named = nameable.take(place)
    by_owner.ravel()[place[named > 0.0]] = 0.0
    return owners.tolist(), named.tolist(), by_owner.sum(axis=1).tolist()
