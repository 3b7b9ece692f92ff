"""What the lists need to know of every article, one column per fact; base arrays from a bundle, changes in memory.

Row = position in import order; it never changes. Base arrays may be memory maps and are never written to: the small
fixed-width columns are copied once, everything else is overlaid per row. `recsys.column_arrays` lays them down.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.article import SENSITIVE, SPONSORED, UNLISTED, Article
from recsys.article_ids import ArticleIds
from recsys.cards import card_json
from recsys.column_arrays import (
    BY_RECORD,
    BY_RULE,
    FIXED,
    IS_EVERGREEN,
    IS_GONE,
    IS_SENSITIVE,
    IS_SPONSORED,
    IS_UNLISTED,
    NAMES_OF,
    Arrays,
    arrays_of,
    fixed_of,
    group_arrays,
    groups_of,
    string_arrays,
)
from recsys.growing import Growing
from recsys.items import Wish
from recsys.ragged import spliced
from recsys.strings import StringTable
from recsys.times import NEVER

NO_CODE = -1
FEW = 8  # exclusions that are compared one by one, a tenth of the time of np.isin

_ANY_UNLISTED = IS_UNLISTED | BY_RULE[UNLISTED]
_ANY_SENSITIVE = IS_SENSITIVE | BY_RULE[SENSITIVE]
_ANY_SPONSORED = IS_SPONSORED | BY_RULE[SPONSORED]


class _Shown(NamedTuple):
    """Which articles may stand in a list (n,), from one moment until another; as long as no article changes."""

    rows: NDArray[np.bool_]
    since: int
    until: int


class ArticleColumns:
    """Columns by row, and the way from an id to its row."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]] | None = None) -> None:
        """Empty, or what `arrays` returned."""
        found = arrays_of((), (), ()) if arrays is None else arrays
        self._ids = ArticleIds(found)
        self._cards = StringTable(found["card_data"], found["card_starts"])
        self._languages: list[str] = [*StringTable(found["language_data"], found["language_starts"])]
        self._fixed = {name: Growing(found[name]) for name in FIXED}
        self._new_cards: dict[int, bytes] = {}
        self._ruled_labels: dict[str, NDArray[np.bool_]] = {}
        self._shown: _Shown | None = None  # until something changes
        self.groups = groups_of(found)

    @classmethod
    def of(cls, articles: Sequence[Article], languages: Sequence[str], gone: Sequence[bool]) -> Self:
        """Of n articles: the same as `extend` of no columns, laid down as base arrays in a quarter of the time."""
        return cls(arrays_of(articles, languages, gone))

    def arrays(self) -> Arrays:
        """Base and overlay as plain arrays."""
        new_cards = {row: np.frombuffer(card, np.uint8) for row, card in self._new_cards.items()}
        cards = StringTable(*spliced(self._cards.starts, self._cards.data, new_cards, len(self))[::-1])
        found: Arrays = {name: self._fixed[name].view.copy() for name in FIXED}
        found |= string_arrays({"card": cards, "language": StringTable.from_strings(self._languages)})
        return found | self._ids.arrays() | group_arrays(self.groups, len(self))

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
        for name, value in zip(FIXED, fixed_of(article, self._language_code(language), gone), strict=True):
            self._fixed[name].own[row] = value
        self._put_names(row, article)

    def extend(self, articles: Sequence[Article], languages: Sequence[str], gone: Sequence[bool]) -> None:
        """Appends m articles that are new: the same as `put` for each, in a third of the time."""
        self._shown = None
        first = len(self)
        codes = map(self._language_code, languages)
        for name, values in zip(FIXED, zip(*map(fixed_of, articles, codes, gone), strict=True), strict=False):
            self._fixed[name].extend(np.array(values, FIXED[name]))
        self._ids.extend([article.id for article in articles])
        for row, article in enumerate(articles, first):
            self._put_names(row, article)

    def remove(self, row: int) -> None:
        """Takes `row` out of every answer until it is put again."""
        self._shown = None
        self._fixed["flags"].own[row] |= IS_GONE

    def row(self, article_id: str) -> int | None:
        """The row of an id, also of one that is gone; None where it never was."""
        return self._ids.row(article_id)

    def rows(self, article_ids: Sequence[str]) -> NDArray[np.int64]:
        """(m,) `row` of each id, NO_ROW where it never was. One asked for before takes a tenth of a microsecond."""
        return self._ids.rows(article_ids)

    def id(self, row: int) -> str:
        """The id at `row`."""
        return self._ids.id(row)

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
        for label, bit in BY_RULE.items():
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
        other._fixed = self._fixed | {"flags": Growing(self._flags & np.uint8(BY_RECORD))}
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
        return self._flag(IS_EVERGREEN)

    @property
    def gone(self) -> NDArray[np.bool_]:
        """(n,) deleted, until put again."""
        return self._flag(IS_GONE)

    def is_sensitive(self, row: int) -> bool:
        """Whether the article is labelled as a tragedy: its page gets no fill, no Ranking, no Recommendation."""
        return bool(self._flags[row] & _ANY_SENSITIVE)

    def dateless(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) is evergreen, so that its date says nothing of what it is about."""
        found: NDArray[np.bool_] = self._flags[rows] & IS_EVERGREEN != 0
        return found

    def exists(self, row: int, now: int) -> bool:
        """Whether an article can be answered for at all: published, not deleted, not expired."""
        return bool(not self._flags[row] & IS_GONE and self.published[row] <= now < self._expires[row])

    def next_turn(self, now: int) -> int:
        """The first moment after `now` at which an article appears or expires; NEVER where none does. O(n)."""
        turns = (moments[moments > now] for moments in (self.published, self._expires))
        return min((int(moments.min()) for moments in turns if moments.size), default=NEVER)

    def shown(self, rows: NDArray[np.integer], now: int, *, pinned: bool = False) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) may stand in a list at `now`: published, in force, not unlisted.

        A sponsored one may only where it is `pinned`.
        """
        if pinned:
            return self._without(IS_GONE | _ANY_UNLISTED, rows, now)
        if self._shown is None or not self._shown.since <= now < self._shown.until:
            found = self._without(IS_GONE | _ANY_UNLISTED | _ANY_SPONSORED, slice(None), now)
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
        for group, names_of in NAMES_OF.items():
            self.groups[group].put(row, names_of(article))

    def _language_code(self, language: str) -> int:
        if language not in self._languages:
            self._languages.append(language)
        return self._languages.index(language)
