"""The examples of docs/rules.md do what the page says of them."""

import json
import re
from datetime import UTC
from pathlib import Path

import pytest

from recsys.items import Wish
from recsys.page import page
from recsys.ranking import ranking
from recsys.record import SectionPath
from recsys.related import related
from recsys.rules.rule import ALL_NAMES, FIELDS, KINDS, NAMES, RULES, Rule, Selection, read_rules
from recsys.times import DAY
from tests.recsys.sites import NOW, Reading, article, model_of

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")


def examples(heading):
    section = PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", section, re.MULTILINE | re.DOTALL)]


SPECIAL = {
    0: {"id": "addiction"},
    1: {"id": "casino"},
    2: {"id": "tides"},
    3: {"id": "ferry"},
    4: {"id": "crash", "labels": ("sensitive",)},
    14: {"authors": ("Press office",)},
    6: {"section": SectionPath(("News", "Investigations"))},
    7: {"tags": ("obituary",)},
    8: {"tags": ("betting",)},
    9: {"section": SectionPath(("Sport", "Rowing"))},
    10: {"section": SectionPath(("Sport", "Rowing"))},
    11: {"title": "Two found dead in the harbour"},
    12: {"section": SectionPath(("Archive",))},
}


@pytest.fixture(scope="module")
def plain():
    articles = [article(n, **SPECIAL.get(n, {})) for n in range(36)]
    known = {one.id for one in articles}
    return model_of(articles, [event for event in Reading().events if event.article_id in known])


@pytest.fixture
def site(plain):
    yield plain
    plain.rules.set([])
    plain.rules.refresh(plain.articles, NOW)


def under(site, example):
    site.rules.set(read_rules(example, UTC).rules)


def rows_of(items):
    return [item.row for item in items]


def everything(found):
    return {item.row for items in (found.related, found.ranking, found.recommendation) for item in items}


def ranked(site, limit=8):
    return rows_of(ranking(site, "day", Wish(limit=limit), NOW))


def test_every_kind_has_a_heading_and_an_example():
    for kind in KINDS:
        assert all(rule["kind"] == kind for example in examples(kind.title()) for rule in example["rules"])
        assert examples(kind.title())


def test_the_table_of_fields_is_that_of_the_code():
    section = PAGE.split("\n## The set\n", 1)[1].split("**A selection**", 1)[0]
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|", section, re.MULTILINE)
    fields = {name: of for names, of in rows for name in re.findall(r"`(\w+)`", names)}
    assert set(fields) == set(Rule.__struct_fields__)
    everywhere = set.intersection(*map(set, FIELDS.values()))
    for name, of in fields.items():
        kinds = {kind for kind in KINDS if name in FIELDS[kind]}
        if of == "all":
            assert name in everywhere or not kinds
        elif not of.startswith("all but"):
            assert kinds == {of}
    conditions = PAGE.split("**A selection**", 1)[1].split("\n## ", 1)[0]
    named = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", conditions, re.MULTILINE)))
    assert set(named) == set(Selection.__struct_fields__)


def test_the_bounds_are_those_of_the_code():
    assert f"At most {RULES} rules, {NAMES} names in a field, {ALL_NAMES:,} in all, 1 MB." in PAGE


def test_the_set_can_be_read():
    [example] = examples("The set")
    assert [rule.kind for rule in read_rules(example, UTC).rules] == ["pin", "filter"]


def test_pin(site):
    under(site, *examples("Pin"))
    assert ranked(site)[1:3] == [2, 3]


def test_bury(site):
    under(site, *examples("Bury"))
    items = ranking(site, "day", Wish(limit=100, fill="none"), NOW)
    assert items[-1].row == 14
    assert items[-1].reasons[-1].kind == "buried"


def test_boost(site):
    before = {item.row: item.score for item in ranking(site, "day", Wish(limit=100), NOW)}
    under(site, *examples("Boost"))
    after = {item.row: item.score for item in ranking(site, "day", Wish(limit=100), NOW)}
    assert after[6] == pytest.approx(2.5 * before[6])
    assert all(after[row] == before[row] for row in after if row != 6)


def test_filter(site):
    never, under_a_tag, only_there, only_own = examples("Filter")
    under(site, never)
    assert 1 not in everything(page(site, 0, NOW))
    assert any(1 in everything(page(site, row, NOW)) for row in range(13, 36))
    under(site, under_a_tag)
    assert page(site, 7, NOW).ranking == []
    assert len(page(site, 7, NOW).related) == 10
    under(site, only_there)
    assert all(8 not in everything(page(site, row, NOW)) for row in range(8))
    assert 8 not in ranked(site, 100)
    assert 8 in rows_of(related(site, 9, Wish(limit=30), NOW))
    under(site, only_own)
    assert rows_of(related(site, 9, Wish(limit=30), NOW)) == [10]


def test_label(site):
    under(site, *examples("Label"))
    found = page(site, 11, NOW)
    assert found.ranking == found.recommendation == []
    assert 12 not in ranked(site, 100)


def test_allow(site):
    assert page(site, 4, NOW).ranking == []
    under(site, *examples("Allow"))
    found = page(site, 4, NOW)
    assert len(found.ranking) == 8
    assert found.recommendation == []


def test_rules_end(site):
    [example] = examples("The set")
    under(site, {"rules": [example["rules"][0] | {"articles": {"ids": ["ferry"]}}]})
    assert ranked(site)[0] == 3
    assert rows_of(ranking(site, "day", Wish(limit=8), NOW + 31 * DAY))[0] != 3
