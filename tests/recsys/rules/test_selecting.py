"""All selections at once select what each selects by itself."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.article import Article
from recsys.columns import ArticleColumns
from recsys.record import SectionPath
from recsys.rules.rule import Selection
from recsys.rules.selecting import Selector, bits_at
from recsys.times import HOUR, parse_span

NOW = 1_000 * HOUR
NAMES = ("x", "y", "z")
names = st.lists(st.sampled_from(NAMES), max_size=2).map(tuple)
ages = st.sampled_from([None, "1h", "2h", "5h"])


@st.composite
def articles(draw):
    records = []
    for number in range(draw(st.integers(1, 8))):
        records.append(
            Article(
                id=f"a{number}",
                title=" ".join(draw(names)) or "w",
                section=SectionPath(draw(names)),
                tags=draw(names),
                authors=draw(names),
                labels=draw(names),
                published_at=NOW - draw(st.integers(-2, 6)) * HOUR,
            )
        )
    return records


@st.composite
def selections(draw):
    fields = {field: draw(names) for field in ("sections", "tags", "authors", "labels", "title_words")}
    fields = {field: some for field, some in fields.items() if some and draw(st.booleans())}
    if draw(st.booleans()):
        fields["ids"] = tuple(draw(st.lists(st.sampled_from(["a0", "a1", "a5", "never"]), min_size=1, max_size=3)))
    fields |= {field: age for field in ("min_age", "max_age") if (age := draw(ages))}
    return Selection(**fields) if fields else None


def plainly(selection, record, ruled, now):
    if selection is None:
        return True
    age = now - record.published_at
    checks = [
        not selection.ids or record.id in selection.ids,
        not selection.sections or set(selection.sections) & set(record.section),
        not selection.tags or set(selection.tags) & set(record.tags),
        not selection.authors or set(selection.authors) & set(record.authors),
        not selection.labels or set(selection.labels) & ({*record.labels} | ruled),
        not selection.title_words or set(selection.title_words) & set(record.title.split()),
        selection.min_age is None or age >= parse_span(selection.min_age),
        selection.max_age is None or age <= parse_span(selection.max_age),
    ]
    return all(map(bool, checks))


@settings(deadline=None, max_examples=200)
@given(articles(), st.lists(selections(), min_size=1, max_size=70), st.data())
def test_selector_equals_one_selection_after_the_other(records, wanted, data):
    columns = ArticleColumns()
    for row, record in enumerate(records):
        columns.put(row, record, language="en")
    ruled = np.array([data.draw(st.booleans()) for _ in records])
    columns.set_ruled_labels(np.arange(len(records)), {"z": ruled})
    rows = np.array(sorted(data.draw(st.sets(st.sampled_from(range(len(records)))))), np.int64)
    found = Selector(wanted, absent=True).select(columns, rows, NOW)
    for at, row in enumerate(rows):
        expected = [plainly(some, records[row], {"z"} if ruled[row] else set(), NOW) for some in wanted]
        assert bits_at(found[:, at], len(wanted)) == [place for place, good in enumerate(expected) if good]


@settings(deadline=None, max_examples=100)
@given(articles(), st.lists(selections(), min_size=1, max_size=5), st.integers(0, 8 * HOUR), st.integers(0, 8 * HOUR))
def test_what_no_crossing_names_stays_as_it_is(records, wanted, then, passed):
    columns = ArticleColumns()
    for row, record in enumerate(records):
        columns.put(row, record, language="en")
    selector, then = Selector(wanted, absent=True), NOW + then
    now, rows = then + passed, np.arange(len(records))
    before, after = (selector.select(columns, rows, moment) for moment in (then, now))
    crossed = set(selector.crossing(columns, then, now).tolist())
    assert {int(row) for row in np.flatnonzero((before != after).any(axis=0))} <= crossed
    assert (selector.next_crossing(columns.published, then) <= now) == bool(crossed)


def test_no_selection_selects_everything_or_nothing():
    columns = ArticleColumns()
    columns.put(0, Article(id="a", title="t", published_at=0), language="en")
    for absent in (True, False):
        found = Selector([None], absent=absent).select(columns, np.array([0]), NOW)
        assert bits_at(found[:, 0], 1) == ([0] if absent else [])
