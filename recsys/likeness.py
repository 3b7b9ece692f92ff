"""Why an article stands in a Related list, in readers' words: shared terms and tags, context, days apart, readers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import Found
from recsys.items import Reason
from recsys.resemblance import Evidence
from recsys.text import read, word_stems
from recsys.times import DAY

if TYPE_CHECKING:
    from recsys.model import Model

TERMS = 5  # shared terms that are named; the weight is that of all


def reasons(
    model: "Model", found: Evidence, chosen: NDArray[np.intp], vector: Found, own: int | None
) -> list[tuple[Reason, ...]]:
    """The reasons of each candidate at the positions `chosen` (m,) of `found`; their weights sum to its score.

    vector  terms and weights of the article at row `own`, or of the text that was asked about

    What a shared term adds counts for the first tag that it is a word of, where both articles have that tag.
    """
    rows = found.rows[chosen].tolist()
    owner, place, weight = _shared(vector, [model.neighbours.vector(row) for row in rows])
    total = np.bincount(owner, weight, chosen.size)
    weight *= np.divide(found.terms[chosen], total, out=np.zeros(chosen.size), where=total > 0)[owner]
    tags, common = _common_tags(model, own, rows)
    tag = _tag_of(model, own, tags, vector[0])[place]
    tagged = np.where(common[owner, tag], weight, 0.0)
    by_tag = np.bincount(owner * (len(tags) + 1) + tag, tagged, common.size).reshape(common.shape)
    weight -= tagged
    order = np.lexsort((place, -weight, owner))
    first = np.searchsorted(owner, np.arange(chosen.size)).tolist()
    ends = [*first[1:], owner.size] if first else []
    explained = []
    for at, i in enumerate(chosen.tolist()):
        most = order[first[at] : min(first[at] + TERMS, ends[at])]
        terms = [
            (model.text.display(int(vector[0][place[one]])), float(weight[one])) for one in most if weight[one] > 0
        ]
        parts = [(name, part) for name, part in zip(tags, by_tag[at].tolist(), strict=False) if part > 0]
        explained.append(_reasons_of(found, i, tuple(terms), tuple(parts)))
    return explained


def _reasons_of(
    found: Evidence, i: int, terms: tuple[tuple[str, float], ...], tags: tuple[tuple[str, float], ...]
) -> tuple[Reason, ...]:
    tagged = sum(weight for _, weight in tags)
    parts = (
        Reason(kind="terms", weight=float(found.terms[i]) - tagged, terms=terms),
        Reason(kind="tags", weight=tagged, terms=tags),
        Reason(kind="context", weight=float(found.context[i])),
        Reason(kind="read_together", weight=float(found.together[i]), count=int(found.readers[i])),
        Reason(kind="time", weight=float(found.time[i]), days=abs(int(found.apart[i])) / DAY),
    )
    return tuple(part for part in parts if part.weight > 0)


def _shared(one: Found, others: Sequence[Found]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """The terms that `one` shares with each of `others`: which of them, the place in `one`, what it adds to the cosine.

    returns  three arrays of equal length, the first ascending
    """
    if not others or not one[0].size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0)
    terms = np.concatenate([terms for terms, _ in others])
    weights = np.concatenate([weights for _, weights in others])
    owner = np.repeat(np.arange(len(others)), [terms.size for terms, _ in others])
    place = np.minimum(np.searchsorted(one[0], terms), one[0].size - 1)
    met = one[0][place] == terms
    return owner[met], place[met], one[1][place[met]].astype(np.float64) * weights[met]


def _common_tags(model: "Model", own: int | None, rows: Sequence[int]) -> tuple[list[str], NDArray[np.bool_]]:
    """The tags that the article at `own` shares with any of `rows`, and which of them has which.

    returns  t tags and (m, t + 1) bool, the last column False
    """
    names = model.articles.groups["tag"].names
    asked = names(own) if own is not None else ()
    theirs = [frozenset(names(row)) for row in rows] if asked else [frozenset[str]()] * len(rows)
    tags = [tag for tag in asked if any(tag in some for some in theirs)]
    common = np.array([[*(tag in some for tag in tags), False] for some in theirs], np.bool_)
    return tags, common.reshape(len(rows), len(tags) + 1)


def _tag_of(model: "Model", own: int | None, tags: Sequence[str], terms: NDArray[np.int32]) -> NDArray[np.intp]:
    """For each of `terms` (u,) the place in `tags` of the first tag that it is a word of; len(tags) for none."""
    found = np.full(terms.size, len(tags), np.intp)
    if own is None or not terms.size:
        return found
    language = model.articles.language(own)
    for at in reversed(range(len(tags))):
        words, fragments = read(tags[at])
        stems = [*filter(None, word_stems(words, language)), *fragments]
        ids = model.text.terms_of(stems)
        place = np.minimum(np.searchsorted(terms, ids), terms.size - 1)
        found[place[terms[place] == ids]] = at
    return found
