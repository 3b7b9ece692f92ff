"""Why an article stands in a Related list, in readers' words: shared terms and tags, context, days, readers, links."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import Found
from recsys.items import Reason
from recsys.lookup import met
from recsys.resemblance import Evidence
from recsys.text import read, word_stems
from recsys.tfidf import term_hash
from recsys.times import DAY

if TYPE_CHECKING:
    from recsys.model import Model

TOLD_READERS = 5  # fewest readers in common that are told of
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
    tags, common = _common_tags(model, own, found.rows[chosen])
    by_tag: list[list[float]] = [[]] * chosen.size
    if tags:
        tag = _tag_of(model, own, tags, vector[0])[place]
        tagged = np.where(common[owner, tag], weight, 0.0)
        flat = np.bincount(owner * (len(tags) + 1) + tag, tagged, common.size)
        by_tag = [parts.tolist() for parts in flat.reshape(common.shape)]
        weight -= tagged
    named = _strongest(owner, place, weight, chosen.size)
    written = _written(model, vector[0], [term for terms in named for term, _ in terms])
    parts = (found.terms, found.context, found.together, found.links, found.time)
    likeness, context, together, links, time = (part[chosen].tolist() for part in parts)
    readers, days = found.readers[chosen].tolist(), (np.abs(found.apart[chosen]) / DAY).tolist()
    explained = []
    for at in range(chosen.size):
        shared = tuple([(name, part) for name, part in zip(tags, by_tag[at], strict=False) if part > 0])
        of_tags = sum(part for _, part in shared)
        why = []
        if likeness[at] - of_tags > 0 and (named[at] or not shared):  # else what is left is rounding
            terms = tuple([(written[term], part) for term, part in named[at]])
            why.append(Reason(kind="terms", weight=likeness[at] - of_tags, terms=terms))
        if of_tags > 0:
            why.append(Reason(kind="tags", weight=of_tags, terms=shared))
        if context[at] > 0:
            why.append(Reason(kind="context", weight=context[at]))
        if together[at] > 0:
            why.append(_read_together(together[at], readers[at]))
        if links[at] > 0:
            why.append(Reason(kind="links", weight=links[at]))
        if time[at] > 0:
            why.append(Reason(kind="time", weight=time[at], days=days[at]))
        explained.append(tuple(why))
    return explained


def _read_together(weight: float, readers: int) -> Reason:
    """What few readers did is weighed and not told: who knows one of them could learn what the others read."""
    if readers < TOLD_READERS:
        return Reason(kind="other", weight=weight)
    return Reason(kind="read_together", weight=weight, count=readers)


def _strongest(
    owner: NDArray[np.intp], place: NDArray[np.intp], weight: NDArray[np.float64], m: int
) -> list[list[tuple[int, float]]]:
    """Of each of m owners the `TERMS` places that weigh most, with their weights > 0; of equals the first.

    owner  ascending      weight  0..1
    """
    order = np.argsort(owner - weight, kind="stable")
    first = np.searchsorted(owner, np.arange(m + 1))
    kept = order[np.arange(owner.size) - first[owner] < TERMS]
    found: list[list[tuple[int, float]]] = [[] for _ in range(m)]
    for at, term, part in zip(owner[kept].tolist(), place[kept].tolist(), weight[kept].tolist(), strict=True):
        if part > 0:
            found[at].append((term, part))
    return found


def _written(model: "Model", terms: NDArray[np.int32], places: Sequence[int]) -> dict[int, str]:
    """The terms at `places` of `terms` as readers would write them, each looked up once."""
    once = list(dict.fromkeys(places))
    return dict(zip(once, map(model.text.display, terms[once].tolist()), strict=True))


def _shared(one: Found, others: Sequence[Found]) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """The terms that `one` shares with each of `others`: which of them, the place in `one`, what it adds to the cosine.

    returns  three arrays of equal length, the first ascending
    """
    if not others or not one[0].size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0)
    terms = np.concatenate([terms for terms, _ in others])
    weights = np.concatenate([weights for _, weights in others])
    owner = np.repeat(np.arange(len(others)), [terms.size for terms, _ in others])
    at, place = met(one[0], terms)
    return owner[at], place, one[1][place].astype(np.float64) * weights[at]


def _common_tags(
    model: "Model", own: int | None, rows: NDArray[np.integer]
) -> tuple[tuple[str, ...], NDArray[np.bool_]]:
    """The tags that the article at `own` shares with any of `rows` (m,), and which of them has which.

    returns  t tags and (m, t + 1) bool, the last column False
    """
    membership = model.articles.groups["tag"]
    asked = membership.codes(own) if own is not None else np.zeros(0, np.int32)
    common = np.zeros((rows.size, asked.size), np.bool_)
    if asked.size:
        owner, codes = membership.gather(rows)
        at, tag = np.nonzero(codes[:, None] == asked)
        common[owner[at], tag] = True
    shared = np.flatnonzero(common.any(axis=0))
    tags = tuple(map(membership.name, asked[shared].tolist()))
    return tags, np.column_stack((common[:, shared], np.zeros(rows.size, np.bool_)))


def _tag_of(model: "Model", own: int | None, tags: Sequence[str], terms: NDArray[np.int32]) -> NDArray[np.intp]:
    """For each of `terms` (u,) the place in `tags` of the first tag that it is a word of; len(tags) for none."""
    found = np.full(terms.size, len(tags), np.intp)
    if own is None or not terms.size or not tags:
        return found
    language = model.articles.language(own)
    hashes = [_tag_hashes(tag, language) for tag in tags]
    owner = np.repeat(np.arange(len(tags)), [len(some) for some in hashes])
    ids = model.text.terms_of(np.array([one for some in hashes for one in some], np.uint64))
    at, place = met(terms, ids)
    np.minimum.at(found, place, owner[at])
    return found


@lru_cache(maxsize=10_000)
def _tag_hashes(tag: str, language: str) -> tuple[int, ...]:
    """The hashes of the terms of a tag. Remembered, as the same few tags stand in most lists: half of a list's time."""
    words, fragments = read(tag)
    return tuple(map(term_hash, [*filter(None, word_stems(words, language)), *fragments]))
