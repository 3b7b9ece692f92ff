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


def items_because(model: "Model", reader: Reader, found: Candidates, places: NDArray[np.intp]) -> list[Item]:
    """The candidates at `places` (k,) with their reasons; what may not be named adds up in one without a name."""
    k, p, others = places.size, len(_KINDS), NAMED + len(TASTES)
    part, about = np.zeros((k, p)), np.empty((k, others), np.int64)
    order, count = np.zeros((k, p), np.int64), np.empty(k, np.int64)
    parts(
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
        part,
        about,
        order,
        count,
    )
    read, name_of = reader.rows.tolist(), model.carrying.name
    ids: dict[int, str] = {}  # by position in `read`
    items = []
    columns = [column.tolist() for column in (found.rows.take(places), part, about, order, count)]
    for row, weight_of, what, ordered, m in zip(*columns, strict=True):
        reasons, score = [], 0.0
        for j in ordered[:m]:
            weight = weight_of[j]
            score += weight
            if j < NAMED:
                if what[j] not in ids:
                    ids[what[j]] = model.articles.id(read[what[j]])
                reason = Reason(kind=_READ, weight=weight, article_id=ids[what[j]])
            elif j < others:
                reason = Reason(kind=_KINDS[j], weight=weight, name=name_of(what[j]))
            else:
                reason = Reason(kind=_KINDS[j], weight=weight)
            reasons.append(reason)
        items.append(Item(row, score, tuple(reasons)))
    return items
