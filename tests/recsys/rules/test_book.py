"""Rules follow the clock and every change of an article; brought up to date they are what fresh ones would be."""

from copy import deepcopy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.article import Article
from recsys.columns import ArticleColumns
from recsys.event import LIST_NAMES
from recsys.rules.book import RuleBook
from recsys.rules.rule import LEAST_FACTOR, MOST_FACTOR, Rule, Selection
from recsys.times import HOUR, NEVER

NOW = 1_000 * HOUR
WORDS = ("x", "y", "z")


def columns_of(*articles):
    columns = ArticleColumns()
    for row, article in enumerate(articles):
        columns.put(row, article, language="en")
    return columns


def article(number, **fields):
    return Article(**({"id": f"a{number}", "title": "t", "published_at": NOW - number * HOUR} | fields))


def admitted(book, columns, now, name="related", page=None):
    book.refresh(columns, now)
    return book.ruled(name, page, sensitive=False).admits(np.arange(len(columns))).tolist()


@st.composite
def selections(draw):
    fields = {
        "tags": tuple(draw(st.lists(st.sampled_from(WORDS), max_size=2))),
        "labels": tuple(draw(st.lists(st.sampled_from(["set", "own"]), max_size=1))),
        "max_age": draw(st.sampled_from([None, "2h", "4h"])),
        "min_age": draw(st.sampled_from([None, "1h"])),
    }
    fields = {name: value for name, value in fields.items() if value}
    return Selection(**(fields or {"tags": ("x",)}))


@st.composite
def rules(draw):
    kind = draw(st.sampled_from(["bury", "boost", "filter", "label"]))
    fields = {"kind": kind, "articles": draw(selections())}
    if kind == "label":
        fields |= {"articles": Selection(tags=(draw(st.sampled_from(WORDS)),), max_age="3h"), "label": "set"}
    else:
        if draw(st.booleans()):
            fields["pages"] = draw(selections())
        if draw(st.booleans()):
            fields["except_articles"] = draw(selections())
        fields["lists"] = draw(st.sampled_from([(), ("related",), ("ranking",)]))
    if kind == "boost":
        fields["factor"] = draw(st.sampled_from([0.5, 2.0, 100.0]))
    start = draw(st.integers(-3, 3)) * HOUR
    fields |= {"starts_at": NOW + start} if draw(st.booleans()) else {}
    fields |= {"ends_at": NOW + start + 2 * HOUR} if draw(st.booleans()) else {}
    return Rule(**fields)


def told(book, columns, now):
    book.refresh(columns, now)
    found = []
    for name in LIST_NAMES:
        for page in (None, *range(len(columns))):
            ruled = book.ruled(name, page, sensitive=False)
            asked = (ruled.admits, ruled.factor, ruled.buried)
            found.append([ask(np.arange(len(columns))).tolist() for ask in asked])
    labels = columns.ruled_label(np.arange(len(columns)), "set").tolist()
    return found, labels, book.next_turn(columns, now)


@settings(deadline=None, max_examples=150)
@given(st.lists(rules(), min_size=1, max_size=6), st.data())
def test_brought_up_to_date_is_the_same_as_made_anew(some, data):
    columns = columns_of(*(article(n, tags=(WORDS[n % 3],), labels=("own",) * (n % 2)) for n in range(4)))
    book, now = RuleBook(some), NOW
    for _ in range(5):
        turn = book.next_turn(columns, now)
        step = data.draw(st.sampled_from(["pass", "turn", "back", "put", "add"]))
        if step == "pass":
            now += data.draw(st.integers(0, 3 * HOUR))
        elif step == "turn":
            now = now if turn == NEVER else turn
        elif step == "back":
            now -= HOUR
        else:
            row = len(columns) if step == "add" else data.draw(st.integers(0, len(columns) - 1))
            columns.put(row, article(row, tags=(data.draw(st.sampled_from(WORDS)),), published_at=now), language="en")
            book.put(row)
        fresh = columns.beside()
        found, expected = told(book, columns, now), told(RuleBook(some), fresh, now)
        assert found[:2] == expected[:2]
        assert now < found[2] <= expected[2]


@settings(deadline=None, max_examples=50)
@given(st.lists(rules(), min_size=1, max_size=4), st.integers(0, 6 * HOUR))
def test_nothing_changes_before_the_next_turn(some, passed):
    columns = columns_of(*(article(n, tags=(WORDS[n % 3],)) for n in range(4)))
    book = RuleBook(some)
    before = told(book, columns, NOW)
    now = min(NOW + passed, before[2] - 1)
    assert told(RuleBook(some), deepcopy(columns), now)[0] == before[0]


def test_a_filter_by_page_holds_on_that_page_only():
    columns = columns_of(article(0), article(1, tags=("x",)), article(2))
    never = Rule(kind="filter", articles=Selection(ids=("a2",)), pages=Selection(tags=("x",)))
    book = RuleBook([never])
    assert admitted(book, columns, NOW, page=1) == [True, True, False]
    assert admitted(book, columns, NOW, page=0) == [True, True, True]
    assert admitted(book, columns, NOW) == [True, True, True]


def test_only_on_some_pages_is_a_filter_everywhere_else():
    columns = columns_of(article(0), article(1, tags=("x",)), article(2))
    only = Rule(kind="filter", articles=Selection(ids=("a2",)), except_pages=Selection(tags=("x",)))
    book = RuleBook([only])
    assert admitted(book, columns, NOW, page=1) == [True, True, True]
    assert admitted(book, columns, NOW, page=0) == admitted(book, columns, NOW) == [True, True, False]


def test_only_some_articles_is_a_filter_with_an_exception():
    columns = columns_of(article(0), article(1, tags=("x",)))
    book = RuleBook([Rule(kind="filter", except_articles=Selection(tags=("x",)))])
    assert admitted(book, columns, NOW) == [False, True]


def test_none_under_a_tag():
    columns = columns_of(article(0), article(1, tags=("x",)))
    book = RuleBook([Rule(kind="filter", pages=Selection(tags=("x",)), lists=("ranking",))])
    assert admitted(book, columns, NOW, "ranking", 1) == [False, False]
    assert admitted(book, columns, NOW, "related", 1) == [True, True]


def test_boosts_multiply_and_have_a_bound():
    columns = columns_of(article(0, tags=("x",)), article(1, tags=("x", "y")), article(2))
    by = [
        Rule(kind="boost", articles=Selection(tags=(tag,)), factor=factor) for tag, factor in (("x", 2.0), ("y", 3.0))
    ]
    book = RuleBook(by)
    book.refresh(columns, NOW)
    assert book.ruled("ranking", None, sensitive=False).factor(np.arange(3)).tolist() == [2.0, 6.0, 1.0]
    for factor, bound in ((100.0, MOST_FACTOR), (0.01, LEAST_FACTOR)):
        many = RuleBook([Rule(kind="boost", articles=Selection(tags=("x",)), factor=factor)] * 200)
        many.refresh(columns, NOW)
        assert many.ruled("ranking", None, sensitive=False).factor(np.arange(3)).tolist() == [bound, bound, 1.0]


def test_labels_of_rules_come_before_other_rules_and_go_with_them():
    columns = columns_of(article(0, tags=("x",)), article(1))
    book = RuleBook(
        [
            Rule(kind="filter", articles=Selection(labels=("tragedy",))),
            Rule(kind="label", articles=Selection(tags=("x",)), label="tragedy", ends_at=NOW + HOUR),
        ]
    )
    assert admitted(book, columns, NOW) == [False, True]
    assert admitted(book, columns, NOW + HOUR) == [True, True]
    book.set([])
    book.refresh(columns, NOW)
    assert not columns.ruled_label(np.arange(2), "tragedy").any()
    assert not book


@pytest.mark.parametrize("label", ["sensitive", "unlisted", "sponsored"])
def test_reserved_labels_work_by_rule_as_by_record(label):
    columns = columns_of(article(0, tags=("x",)), article(1, labels=(label,)), article(2))
    book = RuleBook([Rule(kind="label", articles=Selection(tags=("x",)), label=label)])
    book.refresh(columns, NOW)
    rows = np.arange(3)
    assert [columns.is_sensitive(row) for row in rows] == [label == "sensitive", label == "sensitive", False]
    assert columns.shown(rows, NOW).tolist() == [label == "sensitive", label == "sensitive", True]
    assert columns.shown(rows, NOW, pinned=True).tolist() == [label != "unlisted", label != "unlisted", True]
    assert b'"labels":["' + label.encode() + b'"]' in columns.marked_card(0)
    assert b"labels" not in columns.card(0)


def test_an_article_put_again_keeps_the_labels_that_rules_give_it():
    columns = columns_of(article(0, tags=("x",)), article(1))
    book = RuleBook([Rule(kind="label", articles=Selection(tags=("x",)), label="sensitive")])
    book.refresh(columns, NOW)
    for row in (0, 1):
        columns.put(row, article(row, tags=("x",), title="changed"), language="en")
        book.put(row)
    book.refresh(columns, NOW)
    assert columns.is_sensitive(0)
    assert columns.is_sensitive(1)


def test_rules_that_touch_nothing_are_told():
    columns = columns_of(article(0, tags=("x",)))
    book = RuleBook(
        [
            Rule(kind="bury", articles=Selection(tags=("x",))),
            Rule(kind="bury", articles=Selection(tags=("X",))),
            Rule(kind="bury", articles=Selection(tags=("x",)), pages=Selection(ids=("gone",))),
        ]
    )
    book.refresh(columns, NOW)
    assert book.touched() == [True, False, False]


def test_no_rules_are_false():
    assert not RuleBook()
    assert RuleBook().next_turn(columns_of(article(0)), NOW) == NEVER
