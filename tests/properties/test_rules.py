"""Whatever the rules: no repeats on a page but pins, filters hold, lists are full, the same question has one answer."""

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.event import LIST_NAMES
from recsys.items import Wish
from recsys.page import LIMITS, page
from recsys.ranking import ranking
from recsys.recommendation import recommend
from recsys.related import related
from recsys.rules.rule import FIELDS, KINDS, read_rules
from recsys.times import DAY, parse_span
from tests.recsys.sites import NOW, TOPICS, Reading, article, model_of

N = 36
IDS = [f"a{number}" for number in range(N)]
TINY = 4


@pytest.fixture(scope="module")
def articles():
    found = [article(n) for n in range(N)]
    found[7] = article(7, labels=("sensitive",))
    found[8] = article(8, labels=("sponsored",))
    found[9] = article(9, published_at=NOW + 1)
    found[10] = article(10, labels=("unlisted",))
    found[11] = article(11, authors=("Ada",), labels=("paid",))
    return found


class Site:
    """A model that hypothesis need not write out."""

    def __init__(self, model):
        self.model = model


@pytest.fixture(scope="module")
def site(articles):
    return Site(model_of(articles, Reading().events))


@pytest.fixture(scope="module")
def tiny():
    return Site(model_of([article(n) for n in range(TINY)], []))


selections = st.fixed_dictionaries(
    {},
    optional={
        "ids": st.lists(st.sampled_from([*IDS, "never"]), min_size=1, max_size=4),
        "sections": st.lists(st.sampled_from([topic.title() for topic in TOPICS]), min_size=1, max_size=3),
        "tags": st.lists(st.sampled_from([*TOPICS, "News"]), min_size=1, max_size=2),
        "authors": st.just(["Ada"]),
        "labels": st.lists(st.sampled_from(["paid", "set", "sensitive"]), min_size=1, max_size=2),
        "title_words": st.lists(st.sampled_from(["harbour", "Report 3", "report"]), min_size=1, max_size=2),
        "min_age": st.sampled_from(["1d", "5d"]),
        "max_age": st.sampled_from(["3d", "10d"]),
    },
).filter(bool)


@st.composite
def rules(draw, kinds=KINDS):
    kind = draw(st.sampled_from(kinds))
    rule = {"kind": kind}
    if kind == "pin":
        rule["articles"] = {"ids": draw(st.lists(st.sampled_from(IDS), min_size=1, max_size=2))}
        rule["position"] = draw(st.integers(1, 10))
    elif kind != "allow":
        rule["articles"] = draw(selections)
    if kind == "label":
        rule["articles"].pop("labels", None)
        rule["articles"].setdefault("tags", ["harbour"])
        rule["label"] = draw(st.sampled_from(["set", "sensitive", "unlisted", "sponsored"]))
    if kind == "boost":
        rule["factor"] = draw(st.sampled_from([0.1, 2, 50]))
    if kind == "allow":
        rule["pages"] = draw(selections)
    for field in ("pages", "except_pages", "except_articles"):
        if field in FIELDS[kind] and field not in rule and draw(st.integers(0, 3)) == 0:
            rule[field] = draw(selections)
            if kind == "label" and rule[field].pop("labels", None) and not rule[field]:
                del rule[field]
    if "lists" in FIELDS[kind] and draw(st.booleans()):
        rule["lists"] = draw(st.lists(st.sampled_from(LIST_NAMES), min_size=1, unique=True))
    return rule


def selected(selection, record, labels):
    """Written anew, one article at a time."""
    if selection is None:
        return True
    age = NOW - record.published_at
    title = f" {record.title.lower()} "
    return all(
        (
            selection.ids == () or record.id in selection.ids,
            selection.sections == () or bool({*selection.sections} & {*record.section}),
            selection.tags == () or bool({*selection.tags} & {*record.tags}),
            selection.authors == () or bool({*selection.authors} & {*record.authors}),
            selection.labels == () or bool({*selection.labels} & labels),
            selection.title_words == () or any(f" {words.lower()} " in title for words in selection.title_words),
            selection.min_age is None or age >= parse_span(selection.min_age),
            selection.max_age is None or age <= parse_span(selection.max_age),
        )
    )


def falls(rule, record, labels, *, page):
    within, without = (rule.pages, rule.except_pages) if page else (rule.articles, rule.except_articles)
    return selected(within, record, labels) and not (without is not None and selected(without, record, labels))


def labels_of(rule_set, articles):
    found = []
    for record in articles:
        ruled = {r.label for r in rule_set if r.kind == "label" and falls(r, record, set(), page=False)}
        found.append({*record.labels} | ruled)
    return found


@settings(deadline=None, max_examples=150)
@given(
    some=st.lists(rules(), max_size=8),
    row=st.sampled_from([n for n in range(N) if n != 9]),
    asked=st.fixed_dictionaries(
        {
            "visitor_id": st.sampled_from([None, "v0", "v8"]),
            "exclude": st.frozensets(st.integers(0, N - 1), max_size=2),
            "repeats": st.sampled_from([(), ("ranking",)]),
        }
    ),
)
def test_a_page_keeps_its_promises(site, articles, some, row, asked):
    model, exclude, repeats = site.model, asked["exclude"], asked["repeats"]
    rule_set = read_rules({"rules": some}, UTC).rules
    model.rules.set(rule_set)
    found = page(model, row, NOW, **asked)
    labels = labels_of(rule_set, articles)
    sensitive = "sensitive" in labels[row]
    lists = {name: getattr(found, name) for name in LIST_NAMES}
    pinned = {
        name: {i.row for i in items if any(why.kind == "pinned" for why in i.reasons)} for name, items in lists.items()
    }
    everywhere = []
    for name, items in lists.items():
        rows = [item.row for item in items]
        assert len(rows) == len(set(rows)) <= LIMITS[name]
        assert not set(rows) & (exclude | {row})
        assert [item.score for item in items] == sorted((item.score for item in items), reverse=True)
        everywhere += [r for r in rows if r not in pinned[name]] if name not in repeats else []
        for item in items:
            assert sum(why.weight for why in item.reasons) == pytest.approx(item.score, abs=1e-6)
            assert articles[item.row].published_at <= NOW
            assert "unlisted" not in labels[item.row]
            assert "sponsored" not in labels[item.row] or item.row in pinned[name]
            assert "sensitive" not in labels[item.row] or item.fill is None
            for rule in rule_set:
                if rule.kind == "filter" and (not rule.lists or name in rule.lists):
                    assert not (
                        falls(rule, articles[item.row], labels[item.row], page=False)
                        and falls(rule, articles[row], labels[row], page=True)
                    )
    assert len(everywhere) == len(set(everywhere))
    assert not set(everywhere) & {r for name in LIST_NAMES if name not in repeats for r in pinned[name]}
    if sensitive and not any(rule.kind == "allow" for rule in rule_set):
        assert found.ranking == found.recommendation == []
    for name, items in lists.items():
        if sensitive or len(items) == LIMITS[name]:
            continue
        others = [other for other in lists if other not in repeats and name not in repeats]
        taken = {item.row for other in {name, *others} for item in lists[other]} | exclude | {row}
        if asked["visitor_id"] and name == "recommendation":
            taken |= {*model.histories.of(asked["visitor_id"]).rows.tolist()}
        for spare in set(range(N)) - taken:
            kept_out = any(
                rule.kind == "filter"
                and (not rule.lists or name in rule.lists)
                and falls(rule, articles[spare], labels[spare], page=False)
                and falls(rule, articles[row], labels[row], page=True)
                for rule in rule_set
            )
            hidden = labels[spare] & {"unlisted", "sponsored", "sensitive"} or articles[spare].published_at > NOW
            assert kept_out or hidden, (name, spare)
    model.rules.set(rule_set)
    assert page(model, row, NOW, **asked) == found


@settings(deadline=None, max_examples=60)
@given(some=st.lists(rules(), max_size=6), row=st.integers(0, N - 1), limit=st.integers(1, 30))
def test_single_lists_keep_their_promises(site, articles, some, row, limit):
    model = site.model
    rule_set = read_rules({"rules": some}, UTC).rules
    model.rules.set(rule_set)
    wish = Wish(limit=limit)
    for name, ask in (
        ("related", lambda: related(model, row, wish, NOW)),
        ("ranking", lambda: ranking(model, "day", wish, NOW)),
        ("recommendation", lambda: recommend(model, wish, NOW, history=[row])),
    ):
        items = ask()
        rows = [item.row for item in items]
        assert len(rows) == len(set(rows)) <= limit
        labels = labels_of(rule_set, articles)
        for item in items:
            for rule in rule_set:
                if (
                    rule.kind == "filter"
                    and (not rule.lists or name in rule.lists)
                    and not (rule.pages or rule.except_pages)
                ):
                    assert not falls(rule, articles[item.row], labels[item.row], page=False)
        assert ask() == items


@settings(deadline=None, max_examples=60)
@given(some=st.lists(rules(), max_size=6), row=st.integers(0, TINY - 1))
def test_a_tiny_site_keeps_them_too(tiny, some, row):
    tiny.model.rules.set(read_rules({"rules": some}, UTC).rules)
    found = page(tiny.model, row, NOW + DAY)
    for name in LIST_NAMES:
        rows = [item.row for item in getattr(found, name)]
        assert row not in rows
        assert len(rows) == len(set(rows))


@settings(deadline=None, max_examples=40)
@given(some=st.lists(rules(), min_size=1, max_size=6), row=st.integers(0, N - 1))
def test_rules_leave_no_trace_when_they_go(site, some, row):
    model = site.model
    model.rules.set([])
    before = page(model, row, NOW)
    model.rules.set(read_rules({"rules": some}, UTC).rules)
    page(model, row, NOW)
    model.rules.set([])
    assert page(model, row, NOW) == before
