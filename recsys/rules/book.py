"""The rules in force on one model: what they keep out, how much they weigh, what is pinned where.

Which articles and pages fall under which rule is worked out once, and anew only for what changes: an article that is
put, an age that is reached. A request reads one word of bits for every 64 rules.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.columns import ArticleColumns
from recsys.event import LIST_NAMES, ListName
from recsys.rules.falling import Falling, patched
from recsys.rules.rule import KINDS, Kind, Rule
from recsys.rules.selecting import Selector, Words, bit, bits_at, words_of
from recsys.times import NEVER

KEPT = 10_000  # combinations of rules whose pins are worked out
_LABEL: Kind = "label"


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """What the rules in force make of one list on one page.

    pinned, at   (p,) rows and positions from 1, in the order of the rules; None where nothing is pinned
    allowed      whether a sensitive page shows the list as other pages do
    """

    _falling: "Falling"
    _filters: Words
    _boosts: Words
    _buries: Words
    filters: bool
    boosts: bool
    buries: bool
    pinned: NDArray[np.int64] | None
    at: NDArray[np.int64] | None
    allowed: bool

    def admits(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) is kept out by no filter: (m,)."""
        return ~self._falling.any(self._filters, rows)

    def buried(self, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) is to come after all others: (m,)."""
        return self._falling.any(self._buries, rows)

    def factor(self, rows: NDArray[np.integer]) -> NDArray[np.float64]:
        """What the score of each of `rows` (m,) is multiplied by, LEAST_FACTOR..MOST_FACTOR: (m,)."""
        return self._falling.factor(self._boosts, rows)


class RuleBook:
    """The rules of a site, brought up to date with articles and clock by `refresh`."""

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self._changed: set[int] = set()
        self._compiled: _Compiled | None = None
        self._labelled = False
        self.set(rules)

    def __bool__(self) -> bool:
        """Whether there is anything to obey, or to undo."""
        return bool(self.rules) or self._labelled

    def set(self, rules: Sequence[Rule]) -> None:
        """Other rules from now on."""
        self.rules = tuple(rules)
        self._compiled = None

    def put(self, row: int) -> None:
        """Notes that the article at `row` is new or changed."""
        if self:
            self._changed.add(row)

    def refresh(self, articles: ArticleColumns, now: int) -> None:
        """Brings everything up to `now`, labels of the articles included. O(1) where nothing has changed.

        cost  O(articles x rules / 64) where rules were set or begin or end; O(changed articles) else
        """
        known = self._compiled
        if known is not None and not self._changed and known.at <= now < known.turn:
            return
        if known is None or not known.at <= now < known.next_rule:
            self._compiled = _Compiled(self.rules, articles, now)
            self._labelled = self._compiled.labels
        else:
            known.renew(articles, np.array(sorted(self._changed), np.int64), now)
        self._changed.clear()

    def next_turn(self, articles: ArticleColumns, now: int) -> int:
        """The first moment after `now` at which a rule begins, ends or reaches an age; NEVER where there is none."""
        if not self:
            return NEVER
        self.refresh(articles, now)
        return NEVER if self._compiled is None else self._compiled.turn

    def ruled(self, name: ListName, page: int | None, *, sensitive: bool) -> Ruled:
        """What holds for a list on the page at row `page`, or by itself; after `refresh`.

        On a sensitive page nothing is pinned but by a rule that names pages.
        """
        if self._compiled is None:
            raise RuntimeError("refresh comes first")
        return self._compiled.ruled(name, page, sensitive=sensitive)

    def touched(self) -> list[bool]:
        """Of each rule, whether any article falls under it, and any page where it asks for pages; after `refresh`."""
        if self._compiled is None:
            raise RuntimeError("refresh comes first")
        return self._compiled.touched()


class _Compiled:
    """`rules` on `articles`, as of `at`."""

    def __init__(self, rules: tuple[Rule, ...], articles: ArticleColumns, now: int) -> None:
        count = len(rules)
        self.rules = rules
        self.at = now
        self.next_rule = _next_rule(rules, now)
        labelling = [rule for rule in rules if rule.kind == _LABEL and rule.in_force(now)]
        self._label_names = [rule.label or "" for rule in labelling]
        self._label_in = Selector([rule.articles for rule in labelling], absent=True)
        self._label_out = Selector([rule.except_articles for rule in labelling], absent=False)
        self._in = Selector([rule.articles for rule in rules], absent=True)
        self._out = Selector([rule.except_articles for rule in rules], absent=False)
        self._page_in = Selector([rule.pages for rule in rules], absent=True)
        self._page_out = Selector([rule.except_pages for rule in rules], absent=False)
        self._of_kind = {kind: words_of((i for i, r in enumerate(rules) if r.kind == kind), count) for kind in KINDS}
        force = words_of((i for i, rule in enumerate(rules) if rule.in_force(now)), count)
        self._of_list = {
            name: force & words_of((i for i, r in enumerate(rules) if not r.lists or name in r.lists), count)
            for name in LIST_NAMES
        }
        self._anywhere = words_of((i for i, rule in enumerate(rules) if rule.pages is None), count)
        self._by_page = any(rule.pages is not None or rule.except_pages is not None for rule in rules)
        self._made: OrderedDict[bytes, Ruled] = OrderedDict()
        self._articles = articles
        every = np.arange(len(articles))
        self._label(every)
        self._under = Falling(self._select(self._in, self._out, every), [rule.factor or 1.0 for rule in rules])
        self._on = self._select(self._page_in, self._page_out, every) if self._by_page else None
        self.turn = self._next_turn(articles.published)

    @property
    def labels(self) -> bool:
        """Whether any label is set."""
        return bool(self._label_names)

    def renew(self, articles: ArticleColumns, changed: NDArray[np.int64], now: int) -> None:
        """Works out anew the rows that `changed`, and those that have reached an age since."""
        self._articles = articles
        crossed = [some.crossing(articles, self.at, now) for some in self._selectors] if now >= self.turn else []
        rows = np.unique(np.concatenate([changed, *crossed]))
        self.at = now
        if rows.size:
            self._label(rows)
            self._under.patch(rows, self._select(self._in, self._out, rows))
            if self._on is not None:
                self._on = patched(self._on, rows, self._select(self._page_in, self._page_out, rows))
            self._made.clear()
        if crossed:
            self.turn = self._next_turn(articles.published)
        else:
            self.turn = min(self.turn, self._next_turn(articles.published[rows]))

    def ruled(self, name: ListName, page: int | None, *, sensitive: bool) -> Ruled:
        words = self._of_list[name]
        if page is None:
            words = words & self._anywhere
        elif self._on is not None:
            words = words & self._on[:, page]
        if sensitive:
            words = words & ~(self._of_kind["pin"] & self._anywhere)
        key = words.tobytes()
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(words)
            if len(self._made) > KEPT:
                self._made.popitem(last=False)
        return found

    def touched(self) -> list[bool]:
        hit = self._under.touched()
        if self._on is not None:
            hit = hit & np.bitwise_or.reduce(self._on, axis=1)
        found = set(bits_at(hit, len(self.rules)))
        return [place in found for place in range(len(self.rules))]

    @property
    def _selectors(self) -> tuple[Selector, ...]:
        return self._label_in, self._label_out, self._in, self._out, self._page_in, self._page_out

    def _next_turn(self, published: NDArray[np.int64]) -> int:
        return min([self.next_rule, *(some.next_crossing(published, self.at) for some in self._selectors)])

    def _select(self, within: Selector, without: Selector, rows: NDArray[np.integer]) -> Words:
        """(w, m) what selects each row: `within` and not `without`."""
        found = within.select(self._articles, rows, self.at)
        return found & ~without.select(self._articles, rows, self.at)

    def _label(self, rows: NDArray[np.integer]) -> None:
        """Sets the labels that rules give to `rows`, in place of those that they gave before."""
        selected = self._select(self._label_in, self._label_out, rows)
        masks: dict[str, NDArray[np.bool_]] = {}
        for place, name in enumerate(self._label_names):
            mask = bit(selected, place)
            masks[name] = masks[name] | mask if name in masks else mask
        self._articles.set_ruled_labels(rows, masks)

    def _make(self, words: Words) -> Ruled:
        filters, boosts, buries = (words & self._of_kind[kind] for kind in ("filter", "boost", "bury"))
        pinned, at = self._pins(words & self._of_kind["pin"])
        return Ruled(
            self._under,
            filters,
            boosts,
            buries,
            filters=bool(filters.any()),
            boosts=bool(boosts.any()),
            buries=bool(buries.any()),
            pinned=pinned,
            at=at,
            allowed=bool((words & self._of_kind["allow"]).any()),
        )

    def _pins(self, words: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]] | tuple[None, None]:
        rows, at = [], []
        for place in bits_at(words, len(self.rules)):
            rule = self.rules[place]
            for offset, article_id in enumerate(rule.articles.ids if rule.articles else ()):
                row = self._articles.row(article_id)
                if row is not None:
                    rows.append(row)
                    at.append((rule.position or 1) + offset)
        return (np.array(rows, np.int64), np.array(at, np.int64)) if rows else (None, None)


def _next_rule(rules: Sequence[Rule], now: int) -> int:
    turns = (turn for rule in rules for turn in (rule.starts_at, rule.ends_at) if turn is not None and turn > now)
    return min(turns, default=NEVER)
