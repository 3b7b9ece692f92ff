"""The rule record: one definition for files, API and store."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Annotated, Literal, get_args

import msgspec

from recsys.article import NAME_CHARACTERS
from recsys.errors import BadRecord, BadRules
from recsys.event import ListName
from recsys.record import Micros, RecordReader, check_id, check_text
from recsys.text import read
from recsys.times import parse_span

RULES = 500  # in one set
NAMES = 200  # in one field of a selection
ALL_NAMES = 20_000  # in one set
DOCUMENT_BYTES = 1_000_000
POSITIONS = 100
LEAST_FACTOR, MOST_FACTOR = 0.01, 100.0

Kind = Literal["pin", "bury", "boost", "filter", "label", "allow"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMING = ("ids", "sections", "tags", "authors", "labels", "title_words")

_COMMON = frozenset({"kind", "starts_at", "ends_at", "note"})
_SCOPE = frozenset({"lists", "pages", "except_pages"})
_ARTICLES = frozenset({"articles", "except_articles"})

# The fields that a rule of each kind has beside those of all, and those of them that it must have.
FIELDS: Mapping[Kind, frozenset[str]] = {
    "pin": _SCOPE | {"articles", "position"},
    "bury": _SCOPE | _ARTICLES,
    "boost": _SCOPE | _ARTICLES | {"factor"},
    "filter": _SCOPE | _ARTICLES,
    "label": _ARTICLES | {"label"},
    "allow": _SCOPE,
}
REQUIRED: Mapping[Kind, tuple[str, ...]] = {
    "pin": ("articles",),
    "bury": ("articles",),
    "boost": ("articles", "factor"),
    "filter": (),
    "label": ("articles", "label"),
    "allow": ("pages",),
}


class Selection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Some of the articles: those that fulfil every condition given, and of a condition any one of its names.

    sections     a name at any level of the path      title_words  words, or phrases, as they stand in the title
    labels       of the record, or set by a rule      min_age, max_age  spans since publication such as "36h" or "30d"
    """

    ids: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    title_words: tuple[str, ...] = ()
    min_age: str | None = None
    max_age: str | None = None

    def __post_init__(self) -> None:
        for field in NAMING:
            names = getattr(self, field)
            if len(names) > NAMES:
                raise ValueError(f"{field}: expected at most {NAMES} names, got {len(names)}")
            for name in names:
                _check_name(name, field)
        for field in ("min_age", "max_age"):
            span = getattr(self, field)
            if span is not None:
                _check_span(span, field)
        if not self.size and self.min_age is None and self.max_age is None:
            raise ValueError(f"expected at least one of {', '.join(NAMING)}, min_age, max_age")

    @property
    def size(self) -> int:
        """How many names there are."""
        return sum(len(getattr(self, field)) for field in NAMING)


class Rule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What an editor wants of the lists. `FIELDS` says which fields a rule of each kind has.

    lists      those that it holds for; none named: all three
    articles   what it does something to, except what `except_articles` selects
    pages      the pages that it holds on, except those that `except_pages` selects; none named: everywhere
    starts_at  in force from then on, and before `ends_at`
    position   of a pin, from 1; more ids than one take the places after it
    factor     of a boost: what the score is multiplied by
    """

    kind: Kind
    lists: tuple[ListName, ...] = ()
    articles: Selection | None = None
    except_articles: Selection | None = None
    pages: Selection | None = None
    except_pages: Selection | None = None
    position: Annotated[int, msgspec.Meta(ge=1, le=POSITIONS)] | None = None
    factor: Annotated[float, msgspec.Meta(ge=LEAST_FACTOR, le=MOST_FACTOR)] | None = None
    label: str | None = None
    starts_at: Micros | None = None
    ends_at: Micros | None = None
    note: str = ""

    def __post_init__(self) -> None:
        given = {name for name in self.__struct_fields__ if getattr(self, name) not in (None, (), "")}
        for field in sorted(given - FIELDS[self.kind] - _COMMON):
            raise ValueError(f"{field}: is no field of a {self.kind}")
        for field in REQUIRED[self.kind]:
            if field not in given:
                raise ValueError(f"{field}: is missing")
        if self.kind == "filter" and not given & (_ARTICLES | {"pages", "except_pages"}):
            raise ValueError("articles: is missing; without articles and pages nothing would be shown anywhere")
        if self.kind == "pin":
            _check_pinned(self.articles)
        if self.kind == "label" and any(
            part is not None and part.labels for part in (self.articles, self.except_articles)
        ):
            raise ValueError("articles: labels: a rule that sets a label can't go by labels")
        if self.label is not None:
            _check_name(self.label, "label")
        if len(set(self.lists)) != len(self.lists):
            raise ValueError("lists: name each list once")
        if self.starts_at is not None and self.ends_at is not None and self.starts_at >= self.ends_at:
            raise ValueError("ends_at: expected a time after starts_at")
        check_text(self.note, "note", NAME_CHARACTERS)

    @property
    def size(self) -> int:
        """How many names its selections hold."""
        parts = (self.articles, self.except_articles, self.pages, self.except_pages)
        return sum(part.size for part in parts if part is not None)

    def in_force(self, now: int) -> bool:
        """Whether it holds at `now`, microseconds."""
        return (self.starts_at is None or self.starts_at <= now) and (self.ends_at is None or now < self.ends_at)


class RuleSet(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All rules of a site. Where two claim one place, the earlier has it."""

    rules: tuple[Rule, ...] = ()


def read_rules(values: object, default_zone: tzinfo) -> RuleSet:
    """The rules in the value of a JSON document; raises BadRules, which names every bad rule by its index."""
    if not isinstance(values, dict) or set(values) != {"rules"} or not isinstance(values["rules"], list):
        raise BadRules([(None, BadRecord("", 'expected {"rules": [...]} and nothing else'))])
    items = values["rules"]
    if len(items) > RULES:
        raise BadRules([(None, BadRecord("rules", f"expected at most {RULES} rules"))])
    reader = RecordReader(Rule, default_zone)
    rules: list[Rule] = []
    faults: list[tuple[int | None, BadRecord]] = []
    for index, item in enumerate(items):
        try:
            rules.append(reader.from_mapping(item))
        except BadRecord as error:
            faults.append((index, error))
    if not faults and sum(rule.size for rule in rules) > ALL_NAMES:
        faults.append((None, BadRecord("rules", f"expected at most {ALL_NAMES:,} names in all selections together")))
    if faults:
        raise BadRules(faults)
    return RuleSet(rules=tuple(rules))


def _check_name(name: str, field: str) -> None:
    if field == "ids":
        check_id(name, field)
        return
    check_text(name, field, NAME_CHARACTERS)
    if not name.strip():
        raise ValueError(f"{field}: expected a name that is not empty")
    if field == "title_words" and not any(read(name)):
        raise ValueError("title_words: expected words")


def _check_span(span: str, field: str) -> None:
    try:
        parse_span(span)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


def _check_pinned(articles: Selection | None) -> None:
    if (
        articles is None
        or not articles.ids
        or articles.size > len(articles.ids)
        or articles.min_age
        or articles.max_age
    ):
        raise ValueError("articles: a pin names its articles by ids, and by nothing else")
