"""What the lists need to know of every article, one column per fact; base arrays from a bundle, changes in memory.

Row = position in import order; it never changes. Base arrays may be memory maps and are never written to: the small
fixed-width columns are copied once, everything else is overlaid per row.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from hashlib import blake2b
from operator import attrgetter
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.article import SENSITIVE, SPONSORED, UNLISTED, Article
from recsys.cards import card_json, card_table
from recsys.growing import Growing
from recsys.items import Wish
from recsys.membership import Membership
from recsys.names import Names
from recsys.ragged import spliced
from recsys.strings import StringTable

NEVER = int(np.iinfo(np.int64).max)
NO_CODE = -1
NO_ROW = -1
REMEMBERED = 1 << 16  # ids whose rows are at hand, 8 MB
FEW = 8  # exclusions that are compared one by one, a tenth of the time of np.isin
GROUPS = ("section", "tag", "label", "author")

_NAMES = dict(zip(GROUPS, map(attrgetter, ("section", "tags", "labels", "authors")), strict=True))
_DIGEST = np.dtype("<u8")
_GONE, _UNLISTED, _SENSITIVE, _SPONSORED, _EVERGREEN = 1, 2, 4, 8, 16
_RULED = {UNLISTED: 32, SENSITIVE: 64, SPONSORED: 128}  # the same labels, set by a rule
_ANY_UNLISTED, _ANY_SENSITIVE, _ANY_SPONSORED = _UNLISTED | 32, _SENSITIVE | 64, _SPONSORED | 128
_FIXED: dict[str, type[np.generic]] = {
    "published": np.int64,
    "expires": np.int64,
    "flags": np.uint8,
    "language": np.int16,
    "id_hash": np.uint64,
}


class _Shown(NamedTuple):
    """Which articles may stand in a list (n,), from one moment until another; as long as no article changes."""

    rows: NDArray[np.bool_]
    since: int
    until: int


class ArticleColumns:
    """Columns by row, and the way from an id to its row."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]] | None = None) -> None:
        """Empty, or what `arrays` returned."""
        found = dict(arrays) if arrays is not None else _empty_arrays()
        self._ids = StringTable(found["id_data"], found["id_starts"])
        self._cards = StringTable(found["card_data"], found["card_starts"])
        self._sorted_ids: tuple[NDArray[np.uint64], NDArray[np.int32]] = (found["sorted_hash"], found["sorted_row"])
        self._languages: list[str] = [*StringTable(found["language_data"], found["language_starts"])]
        self._fixed = {name: Growing(found[name]) for name in _FIXED}
        self._new_ids: dict[str, int] = {}
        self._asked_ids: dict[str, int] = {}  # of the base: there an id keeps its row
        self._id_of_new: dict[int, str] = {}
        self._new_cards: dict[int, bytes] = {}
        self._ruled_labels: dict[str, NDArray[np.bool_]] = {}
        self._shown: _Shown | None = None  # until something changes
        self.groups = {group: Membership.from_arrays(_part(found, group)) for group in GROUPS}

    @classmethod
    def of(cls, articles: Sequence[Article], languages: Sequence[str], gone: Sequence[bool]) -> Self:
        """Of n articles: the same as `extend` of no columns, laid down as base arrays in a quarter of the time."""
        codes: dict[str, int] = {}
        found: dict[str, NDArray[Any]] = {
            "language": np.array([codes.setdefault(language, len(codes)) for language in languages], np.int16),
            "published": np.array([article.published_at for article in articles], np.int64),
            "expires": np.array([*map(_expires_of, articles)], np.int64),
            "flags": np.array([*map(_flags_of, articles, gone)], np.uint8),
            "id_hash": _hashes(article.id.encode() for article in articles),
        }
        found |= _sorted(found["id_hash"])
        ids = StringTable.from_strings(article.id for article in articles)
        tables = {"id": ids, "card": card_table(articles), "language": StringTable.from_strings(codes)}
        found |= {f"{name}_{part}": array for name, table in tables.items() for part, array in table.arrays().items()}
        for group, names_of in _NAMES.items():
            membership = Membership.of(map(names_of, articles))
            found |= {f"{group}_{name}": array for name, array in membership.arrays(len(articles)).items()}
        return cls(found)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Base and overlay as plain arrays."""
        ids = self._ids.with_more(self._id_of_new[row] for row in range(len(self._ids), len(self)))
        new_cards = {row: np.frombuffer(card, np.uint8) for row, card in self._new_cards.items()}
        cards = StringTable(*spliced(self._cards.starts, self._cards.data, new_cards, len(self))[::-1])
        languages = StringTable.from_strings(self._languages)
        found: dict[str, NDArray[Any]] = {name: self._fixed[name].view.copy() for name in _FIXED}
        found |= {"id_data": ids.data, "id_starts": ids.starts, "card_data": cards.data, "card_starts": cards.starts}
        found |= {"language_data": languages.data, "language_starts": languages.starts}
        found |= _sorted(found["id_hash"])
        for group, membership in self.groups.items():
            found |= {f"{group}_{name}": array for name, array in membership.arrays(len(self)).items()}
        return found

    def __len__(self) -> int:
        return len(self._fixed["flags"])

    def put(self, row: int, article: Article, *, language: str, gone: bool = False) -> None:
        """Sets all columns of `row`, which is an existing row or the next new one."""
        if row > len(self):
            raise ValueError(f"row {row} leaves a gap after {len(self)}")
        if row == len(self):
            self.extend([article], [language], [gone])
            return
        self._shown = None
        for name, value in zip(_FIXED, _fixed_of(article, self._language_code(language), gone), strict=True):
            self._fixed[name].own[row] = value
        self._put_names(row, article)

    def extend(self, articles: Sequence[Article], languages: Sequence[str], gone: Sequence[bool]) -> None:
        """Appends m articles that are new: the same as `put` for each, in a third of the time."""
        self._shown = None
        first = len(self)
        codes = map(self._language_code, languages)
        for name, values in zip(_FIXED, zip(*map(_fixed_of, articles, codes, gone), strict=True), strict=False):
            self._fixed[name].extend(np.array(values, _FIXED[name]))
        for row, article in enumerate(articles, first):
            self._new_ids[article.id] = row
            self._id_of_new[row] = article.id
            self._put_names(row, article)

    def remove(self, row: int) -> None:
        """Takes `row` out of every answer until it is put again."""
        self._shown = None
        self._fixed["flags"].own[row] |= _GONE

    def row(self, article_id: str) -> int | None:
        """The row of an id, also of one that is gone; None where it never was."""
        if article_id in self._new_ids:
            return self._new_ids[article_id]
        hashes, rows = self._sorted_ids
        wanted = _id_hash(article_id)
        raw = article_id.encode()
        for place in range(int(np.searchsorted(hashes, wanted)), hashes.size):
            if hashes[place] != wanted:
                break
            if self._ids.raw(int(rows[place])) == raw:
                return int(rows[place])
        return None

    def rows(self, article_ids: Sequence[str]) -> NDArray[np.int64]:
        """(m,) `row` of each id, NO_ROW where it never was. One asked for before takes a tenth of a microsecond."""
        asked, new = self._asked_ids, self._new_ids
        if len(asked) > REMEMBERED:
            asked.clear()
        unseen = [one for one in dict.fromkeys(article_ids) if one not in asked and one not in new]
        if unseen:
            self._remember(unseen)
        found = [new.get(one, NO_ROW) if (row := asked.get(one)) is None else row for one in article_ids]
        return np.array(found, np.int64)

    def _remember(self, ids: Sequence[str]) -> None:
        """Looks distinct ids up in the base, and keeps the rows of those that are there. A microsecond each."""
        hashes, rows = self._sorted_ids
        if not hashes.size:
            return
        raw = [one.encode() for one in ids]
        wanted = _hashes(raw)
        there = rows.take(hashes.searchsorted(wanted), mode="clip")
        for one, asked, row, found in zip(ids, raw, there.tolist(), self._ids.some(there), strict=True):
            if found == asked:
                self._asked_ids[one] = row
            elif (other := self.row(one)) is not None:  # of an equal hash
                self._asked_ids[one] = other

    def id(self, row: int) -> str:
        """The id at `row`."""
        return self._id_of_new[row] if row in self._id_of_new else self._ids[row]

    def card(self, row: int) -> bytes:
        """The `Card` of `row` as a JSON object, without labels that rules set."""
        return self._new_cards[row] if row in self._new_cards else self._cards.raw(row)

    def marked_card(self, row: int) -> bytes:
        """The `Card` of `row` as a list shows it, labels set by rules included."""
        card = self.card(row)
        if not self._ruled_labels:
            return card
        ruled = [label for label, carried in self._ruled_labels.items() if carried[row]]
        if not ruled:
            return card
        known = msgspec.json.decode(card)
        return msgspec.json.encode(known | {"labels": [*dict.fromkeys([*known.get("labels", ()), *ruled])]})

    def set_ruled_labels(self, rows: NDArray[np.integer], labels: Mapping[str, NDArray[np.bool_]]) -> None:
        """Sets the labels that rules give to `rows` (m,), in place of those given before.

        labels  by label, whether each of `rows` has it: (m,)
        """
        for label in dict.fromkeys([*self._ruled_labels, *labels]):
            carried = self._ruled_labels.get(label, np.zeros(0, np.bool_))
            carried = np.concatenate((carried, np.zeros(len(self) - carried.size, np.bool_)))
            carried[rows] = labels.get(label, False)
            self._ruled_labels[label] = carried
        self._ruled_labels = {label: carried for label, carried in self._ruled_labels.items() if carried.any()}
        self._shown = None
        own = self._fixed["flags"].own
        for label, bit in _RULED.items():
            flags = own[rows] & np.uint8(255 - bit)
            own[rows] = flags | np.where(labels.get(label, np.zeros(rows.size, np.bool_)), bit, 0).astype(np.uint8)

    def labelled(self, rows: NDArray[np.integer], label: str) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) has the label, by its record or by a rule: (m,)."""
        return self.groups["label"].has(rows, label) | self.ruled_label(rows, label)

    def ruled_label(self, rows: NDArray[np.integer], label: str) -> NDArray[np.bool_]:
        """Whether rules give each of `rows` (m,) the label: (m,)."""
        carried = self._ruled_labels.get(label)
        return np.zeros(rows.size, np.bool_) if carried is None else carried[rows]

    def beside(self) -> "ArticleColumns":
        """The same articles without the labels that rules set, for others to be tried; good until one is put here."""
        other = copy(self)
        other._fixed = self._fixed | {"flags": Growing(self._flags & np.uint8(31))}
        other._ruled_labels, other._shown = {}, None
        return other

    def language(self, row: int) -> str:
        """Primary subtag, declared or detected."""
        return self._languages[int(self.languages[row])]

    @property
    def published(self) -> NDArray[np.int64]:
        """(n,) microseconds."""
        return self._fixed["published"].view

    @property
    def languages(self) -> NDArray[np.int16]:
        """(n,) codes; equal codes are equal languages."""
        return self._fixed["language"].view

    @property
    def evergreen(self) -> NDArray[np.bool_]:
        """(n,) articles that stay valid."""
        return self._flag(_EVERGREEN)

    @property
    def gone(self) -> NDArray[np.bool_]:
        """(n,) deleted, until put again."""
        return self._flag(_GONE)

    def is_sensitive(self, row: int) -> bool:
        """Whether the article is labelled as a tragedy: its page gets no fill, no Ranking, no Recommendation."""
        return bool(self._flags[row] & _ANY_SENSITIVE)

    def dateless(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) is evergreen, so that its date says nothing of what it is about."""
        found: NDArray[np.bool_] = self._flags[rows] & _EVERGREEN != 0
        return found

    def exists(self, row: int, now: int) -> bool:
        """Whether an article can be answered for at all: published, not deleted, not expired."""
        return bool(not self._flags[row] & _GONE and self.published[row] <= now < self._expires[row])

    def next_turn(self, now: int) -> int:
        """The first moment after `now` at which an article appears or expires; NEVER where none does. O(n)."""
        turns = (moments[moments > now] for moments in (self.published, self._expires))
        return min((int(moments.min()) for moments in turns if moments.size), default=NEVER)

    def shown(self, rows: NDArray[np.integer], now: int, *, pinned: bool = False) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) may stand in a list at `now`: published, in force, not unlisted.

        A sponsored one may only where it is `pinned`.
        """
        if pinned:
            return self._without(_GONE | _ANY_UNLISTED, rows, now)
        if self._shown is None or not self._shown.since <= now < self._shown.until:
            found = self._without(_GONE | _ANY_UNLISTED | _ANY_SPONSORED, slice(None), now)
            self._shown = _Shown(found, now, self.next_turn(now))
        return self._shown.rows.take(rows)

    def _without(self, flags: int, rows: NDArray[np.integer] | slice, now: int) -> NDArray[np.bool_]:
        """Whether each of `rows` is in force at `now` and has none of the `flags`."""
        found: NDArray[np.bool_] = self._flags[rows] & flags == 0
        found &= self.published[rows] <= now
        found &= self._expires[rows] > now
        return found

    def admits(
        self, rows: NDArray[np.integer], wish: Wish, now: int, *, as_fill: bool = False, pinned: bool = False
    ) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) may stand in the list that `wish` describes; sensitive articles never as fill."""
        mask = self.passes(rows, wish, now, pinned=pinned)
        if as_fill:
            mask &= self._flags[rows] & _ANY_SENSITIVE == 0
        if 0 < len(wish.exclude) <= FEW:
            for row in wish.exclude:
                mask &= rows != row
        elif wish.exclude:
            mask &= ~np.isin(rows, np.fromiter(wish.exclude, np.int64, len(wish.exclude)))
        return mask

    def passes(self, rows: NDArray[np.integer], wish: Wish, now: int, *, pinned: bool = False) -> NDArray[np.bool_]:
        """The same but for what `wish` excludes."""
        mask = self.shown(rows, now, pinned=pinned)
        if wish.ruled is not None and wish.ruled.filters:
            mask &= wish.ruled.admits(rows)
        if wish.language is not None:
            known = wish.language in self._languages
            mask &= self.languages[rows] == (self._languages.index(wish.language) if known else NO_CODE)
        if wish.max_age is not None:
            mask &= self.published[rows] >= now - wish.max_age
        for group, name in (("section", wish.section), ("tag", wish.tag)):
            if name is not None:
                mask &= self.groups[group].has(rows, name)
        if wish.label is not None:
            mask &= self.labelled(rows, wish.label)
        return mask

    @property
    def _flags(self) -> NDArray[np.uint8]:
        return self._fixed["flags"].view

    @property
    def _expires(self) -> NDArray[np.int64]:
        return self._fixed["expires"].view

    def _flag(self, bit: int) -> NDArray[np.bool_]:
        mask: NDArray[np.bool_] = np.not_equal(self._flags & bit, 0)
        return mask

    def _put_names(self, row: int, article: Article) -> None:
        self._new_cards[row] = card_json(article)
        for group, names_of in _NAMES.items():
            self.groups[group].put(row, names_of(article))

    def _language_code(self, language: str) -> int:
        if language not in self._languages:
            self._languages.append(language)
        return self._languages.index(language)


def _fixed_of(article: Article, language: int, gone: bool) -> tuple[int, ...]:
    """The values of the columns of fixed width, in the order of _FIXED."""
    return article.published_at, _expires_of(article), _flags_of(article, gone), language, int(_id_hash(article.id))


def _expires_of(article: Article) -> int:
    return NEVER if article.expires_at is None else article.expires_at


def _flags_of(article: Article, gone: bool) -> int:
    flags = _EVERGREEN * article.evergreen | _GONE * gone
    if article.labels:
        flags |= _UNLISTED * (UNLISTED in article.labels) | _SENSITIVE * (SENSITIVE in article.labels)
        flags |= _SPONSORED * (SPONSORED in article.labels)
    return flags


def _hashes(raw: Iterable[bytes]) -> NDArray[np.uint64]:
    """(m,) of m ids."""
    return np.frombuffer(b"".join(map(_digest, raw)), _DIGEST)


def _id_hash(article_id: str) -> np.uint64:
    return np.uint64(int.from_bytes(_digest(article_id.encode()), "little"))


def _digest(raw: bytes) -> bytes:
    return blake2b(raw, digest_size=_DIGEST.itemsize).digest()


def _sorted(hashes: NDArray[np.uint64]) -> dict[str, NDArray[Any]]:
    order = np.argsort(hashes, kind="stable").astype(np.int32)
    return {"sorted_hash": hashes[order], "sorted_row": order}


def _part(arrays: Mapping[str, NDArray[Any]], group: str) -> dict[str, NDArray[Any]]:
    prefix = f"{group}_"
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _empty_arrays() -> dict[str, NDArray[Any]]:
    nothing = StringTable.from_strings([])
    found: dict[str, NDArray[Any]] = {name: np.zeros(0, kind) for name, kind in _FIXED.items()}
    found |= {f"{name}_data": nothing.data for name in ("id", "card", "language")}
    found |= {f"{name}_starts": nothing.starts for name in ("id", "card", "language")}
    found |= {"sorted_hash": np.zeros(0, np.uint64), "sorted_row": np.zeros(0, np.int32)}
    for group in GROUPS:
        found |= {f"{group}_{name}": array for name, array in Membership(Names.of(())).arrays(0).items()}
    return found
