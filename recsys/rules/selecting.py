"""Which articles each of many selections selects, for all of them at once: one bit per selection.

Conditions become tables from a name to the selections that name it, so that one pass over what the articles carry
answers for all selections.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.cards import title_of
from recsys.columns import ArticleColumns
from recsys.lookup import met
from recsys.membership import Membership
from recsys.rules.rule import NAMING, Selection
from recsys.rules.titles import Phrases
from recsys.times import NEVER, parse_span

BITS = 64

Words = NDArray[np.uint64]

_GROUP_OF = {"sections": "section", "tags": "tag", "authors": "author", "labels": "label"}


def words_of(places: Iterable[int], count: int) -> Words:
    """(w,) with the bits at `places` set, w enough for `count` bits."""
    found = np.zeros(-(-count // BITS), np.uint64)
    for place in places:
        found[place // BITS] |= np.uint64(1 << place % BITS)
    return found


def bit(words: Words, place: int) -> NDArray[np.bool_]:
    """(m,) whether the bit at `place` is set in `words` (w, m)."""
    found: NDArray[np.bool_] = words[place // BITS] >> np.uint64(place % BITS) & np.uint64(1) == 1
    return found


def bits_at(words: Words, count: int) -> list[int]:
    """The places below `count` of the bits that are set in `words` (w,)."""
    return [place for place in range(count) if int(words[place // BITS]) >> place % BITS & 1]


@dataclass(frozen=True, slots=True)
class AgeBound:
    """One end of an age. An article fulfils it, or ceases to, when it is `span` old or an instant later.

    bits  (w,) the selections that have it      least  at least so old, else at most
    """

    span: int
    least: bool
    bits: Words

    @property
    def late(self) -> int:
        """From how long after `span` on the other side holds, microseconds."""
        return 0 if self.least else 1


class Selector:
    """s selections, ready to be asked about articles."""

    def __init__(self, selections: Sequence[Selection | None], *, absent: bool) -> None:
        """absent  whether no selection at all selects everything, or nothing"""
        count = len(selections)
        given = [(place, some) for place, some in enumerate(selections) if some is not None]
        self._start = words_of(range(count) if absent else (place for place, _ in given), count)
        self._needs = {
            field: words_of((place for place, some in given if getattr(some, field)), count) for field in NAMING
        }
        self._named = {field: _by_name(given, field, count) for field in NAMING}
        self._coded: dict[str, tuple[int, NDArray[np.int32], Words]] = {}
        self._phrases = Phrases(self._named["title_words"])
        self._ages = _age_bounds(given, count)

    def select(self, articles: ArticleColumns, rows: NDArray[np.integer], now: int) -> Words:
        """(w, m) the bits of each of `rows` (m,), ascending, at `now`."""
        found = np.repeat(self._start[:, None], rows.size, axis=1)
        for field in NAMING:
            if self._named[field]:
                found &= self._fulfilled(field, articles, rows) | ~self._needs[field][:, None]
        for age in self._ages:
            old = articles.published[rows] <= now - age.span - age.late
            out = np.flatnonzero(~old if age.least else old)
            found[:, out] &= ~age.bits[:, None]
        return found

    def crossing(self, articles: ArticleColumns, then: int, now: int) -> NDArray[np.intp]:
        """The rows, ascending, for which an age bound came to hold or ceased to, since `then`."""
        published = articles.published
        crossed = np.zeros(published.size, np.bool_)
        for age in self._ages:
            wait = age.span + age.late
            crossed |= (published > then - wait) & (published <= now - wait)
        return np.flatnonzero(crossed)

    def next_crossing(self, published: NDArray[np.int64], now: int) -> int:
        """The first moment after `now` at which one of the articles `published` then crosses a bound, else NEVER."""
        found = NEVER
        for age in self._ages:
            wait = age.span + age.late
            waiting = published[published > now - wait]
            if waiting.size:
                found = min(found, int(waiting.min()) + wait)
        return found

    def _fulfilled(self, field: str, articles: ArticleColumns, rows: NDArray[np.integer]) -> Words:
        """(w, m) the selections whose condition `field` each row fulfils."""
        found = np.zeros((self._start.size, rows.size), np.uint64)
        if field == "ids":
            owner, named = _ids_of(articles, rows, self._named[field])
        elif field == "title_words":
            owner, named = self._phrases.found_in([title_of(articles.card(row)) for row in rows.tolist()])
        else:
            owner, named = self._carried(field, articles, rows)
        for word, bits in zip(found, named.T, strict=True):
            np.bitwise_or.at(word, owner, bits)
        return found

    def _carried(
        self, field: str, articles: ArticleColumns, rows: NDArray[np.integer]
    ) -> tuple[NDArray[np.intp], Words]:
        """Positions in `rows` that carry a name of the condition `field`, and the bits of its selections."""
        group, named = _GROUP_OF[field], self._named[field]
        membership = articles.groups[group]
        if field not in self._coded or self._coded[field][0] != len(membership):
            self._coded[field] = (len(membership), *_codes(membership, named))
        _, known, bits_of = self._coded[field]
        owners, parts = [np.zeros(0, np.intp)], [bits_of[:0]]
        if known.size:
            owner, codes = membership.gather(rows)
            at, place = met(known, codes)
            owners.append(owner[at])
            parts.append(bits_of[place])
        if group == "label":
            for label, bits in named.items():
                at = np.flatnonzero(articles.ruled_label(rows, label))
                owners.append(at)
                parts.append(np.repeat(bits[None, :], at.size, axis=0))
        return np.concatenate(owners), np.concatenate(parts)


def _age_bounds(given: Sequence[tuple[int, Selection]], count: int) -> tuple[AgeBound, ...]:
    places: dict[tuple[int, bool], list[int]] = {}
    for place, some in given:
        for span, least in ((some.min_age, True), (some.max_age, False)):
            if span is not None:
                places.setdefault((parse_span(span), least), []).append(place)
    return tuple(AgeBound(span, least, words_of(some, count)) for (span, least), some in places.items())


def _codes(membership: Membership, named: Mapping[str, Words]) -> tuple[NDArray[np.int32], Words]:
    """The codes of the names that any article ever had, ascending, and the bits of their selections."""
    coded = sorted(
        ((code, bits) for name, bits in named.items() if (code := membership.code(name)) is not None),
        key=lambda pair: pair[0],
    )
    width = next(iter(named.values())).size
    bits_of = np.array([bits for _, bits in coded], np.uint64).reshape(len(coded), width)
    return np.array([code for code, _ in coded], np.int32), bits_of


def _by_name(given: Sequence[tuple[int, Selection]], field: str, count: int) -> dict[str, Words]:
    """The selections that name each name in `field`."""
    places: dict[str, list[int]] = {}
    for place, some in given:
        for name in getattr(some, field):
            places.setdefault(name, []).append(place)
    return {name: words_of(some, count) for name, some in places.items()}


def _ids_of(
    articles: ArticleColumns, rows: NDArray[np.integer], named: Mapping[str, Words]
) -> tuple[NDArray[np.intp], Words]:
    """Positions in `rows` whose id is named, and the bits of its selections."""
    if rows.size < len(named):
        hits = [(at, named[id_]) for at, id_ in enumerate(map(articles.id, rows.tolist())) if id_ in named]
    else:
        known = [(articles.row(id_), bits) for id_, bits in named.items()]
        sought = np.array([row for row, _ in known if row is not None], np.int64)
        place = np.minimum(np.searchsorted(rows, sought), rows.size - 1)
        bits_of = [bits for row, bits in known if row is not None]
        hits = [(int(place[i]), bits_of[i]) for i in np.flatnonzero(rows[place] == sought)] if rows.size else []
    return _pairs(hits, next(iter(named.values())).size)


def _pairs(hits: Sequence[tuple[int, Words]], width: int) -> tuple[NDArray[np.intp], Words]:
    owner = np.array([at for at, _ in hits], np.intp)
    return owner, np.array([bits for _, bits in hits], np.uint64).reshape(owner.size, width)
