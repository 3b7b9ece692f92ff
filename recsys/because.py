"""Why articles are recommended, told to the request that asked, and nothing that it didn't know."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.because_kernel import parts
from recsys.candidates import Candidates
from recsys.carried import KIND, TASTES
from recsys.items import Item, Reason
from recsys.mix import SIGNALS
from recsys.reader import Reader
from recsys.votes import TIES

if TYPE_CHECKING:
    from recsys.model import Model

NAMED = 2  # how many articles of the reader's history an item's reasons name

_READ = "because_read"
_KINDS = (*[_READ] * NAMED, *TASTES, _READ, *SIGNALS[TIES + len(TASTES) :])  # of the parts, as of `parts`
_UNNAMED = NAMED + len(TASTES)  # from here on a part has no name


def items_because(model: "Model", reader: Reader, found: Candidates, places: NDArray[np.intp]) -> list[Item]:
    """The candidates at `places` (k,) with their reasons; what may not be named adds up in one without a name."""
    room = places.size * len(_KINDS)
    kind, weight, about = np.empty(room, np.int64), np.empty(room), np.empty(room, np.int64)
    stop = np.empty(places.size, np.int64)
    x = parts(
        places,
        found.rows,
        found.signals,
        found.share,
        found.number,
        found.votes.cast,
        found.votes.ends,
        model.carrying.table,
        reader.rows,
        reader.weights,
        reader.nameable,
        KIND,
        NAMED,
        len(TASTES),
        kind,
        weight,
        about,
        stop,
    )
    kinds, weights, whats = kind[:x].tolist(), weight[:x].tolist(), about[:x].tolist()
    read, name_of = reader.rows.tolist(), model.carrying.name
    ids = {what: model.articles.id(read[what]) for j, what in zip(kinds, whats, strict=True) if j < NAMED}
    reasons = [
        Reason(kind=_READ, weight=part, article_id=ids[what])
        if j < NAMED
        else Reason(kind=_KINDS[j], weight=part, name=name_of(what))
        if j < _UNNAMED
        else Reason(kind=_KINDS[j], weight=part)
        for j, part, what in zip(kinds, weights, whats, strict=True)
    ]
    items, first = [], 0
    for row, last in zip(found.rows.take(places).tolist(), stop.tolist(), strict=True):
        items.append(Item(row, sum(weights[first:last], 0.0), tuple(reasons[first:last])))
        first = last
    return items
