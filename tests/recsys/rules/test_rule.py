"""A rule is taken as it stands or refused with its index, field and reason."""

import json
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from recsys.errors import BadRules
from recsys.record import Micros, wire_json
from recsys.rules.rule import ALL_NAMES, FIELDS, KINDS, NAMES, REQUIRED, RULES, Rule, RuleSet, Selection, read_rules
from recsys.times import parse_time

GOOD = {
    "pin": {"kind": "pin", "articles": {"ids": ["a"]}, "position": 2},
    "bury": {"kind": "bury", "articles": {"tags": ["x"]}},
    "boost": {"kind": "boost", "articles": {"max_age": "36h"}, "factor": 2},
    "filter": {"kind": "filter", "pages": {"sections": ["News"]}},
    "label": {"kind": "label", "articles": {"title_words": ["in memoriam"]}, "label": "sensitive"},
    "allow": {"kind": "allow", "pages": {"ids": ["a"]}, "lists": ["ranking"]},
}


def faults(*rules, **more):
    with pytest.raises(BadRules) as caught:
        read_rules({"rules": list(rules)} | more, UTC)
    return [(index, bad.field, bad.reason) for index, bad in caught.value.faults]


def test_there_is_a_good_rule_of_each_kind():
    assert len(read_rules({"rules": list(GOOD.values())}, UTC).rules) == len(KINDS) == len(FIELDS) == len(REQUIRED)


def test_what_is_read_can_be_written_and_read_again():
    rules = read_rules({"rules": list(GOOD.values())}, UTC)
    assert read_rules(json.loads(wire_json(rules)), UTC) == rules


def test_times_without_offset_are_in_the_site_s_zone():
    rule = GOOD["bury"] | {"starts_at": "2026-07-01T00:00"}
    [read] = read_rules({"rules": [rule]}, ZoneInfo("Europe/Berlin")).rules
    assert read.starts_at == parse_time("2026-06-30T22:00:00Z")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "promote"}, "kind"),
        ({"colour": 1}, "colour"),
        ({"articles": {"tag": ["x"]}}, "tag"),
        ({"articles": {}}, "articles"),
        ({"articles": {"tags": []}}, "articles"),
        ({"articles": {"tags": "x"}}, "articles.tags"),
        ({"articles": {"tags": [" "]}}, "articles"),
        ({"articles": {"ids": [".."]}}, "articles"),
        ({"articles": {"ids": ["x" * 513]}}, "articles"),
        ({"articles": {"title_words": ["?!"]}}, "articles"),
        ({"articles": {"max_age": "soon"}}, "articles"),
        ({"articles": {"tags": ["x"] * (NAMES + 1)}}, "articles"),
        ({"factor": 0}, "factor"),
        ({"factor": 1e9}, "factor"),
        ({"factor": "2"}, "factor"),
        ({"factor": None}, "factor"),
        ({"position": 1}, "position"),
        ({"label": "x"}, "label"),
        ({"lists": ["search"]}, "lists[0]"),
        ({"lists": ["related", "related"]}, "lists"),
        ({"starts_at": "2026-02-01", "ends_at": "2026-02-01"}, "ends_at"),
        ({"starts_at": 5}, "starts_at"),
        ({"note": "x" * 301}, "note"),
        ({"note": "\ud800"}, "note"),
    ],
)
def test_a_bad_rule_is_named_by_index_and_field(change, field):
    [(index, named, reason)] = faults(GOOD["pin"], GOOD["boost"] | change)
    assert (index, named) == (1, field)
    assert reason


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"kind": "pin"}, "articles"),
        ({"kind": "pin", "articles": {"tags": ["x"]}}, "articles"),
        ({"kind": "pin", "articles": {"ids": ["a"], "tags": ["x"]}}, "articles"),
        ({"kind": "pin", "articles": {"ids": ["a"]}, "position": 0}, "position"),
        ({"kind": "pin", "articles": {"ids": ["a"]}, "position": 101}, "position"),
        ({"kind": "filter"}, "articles"),
        ({"kind": "filter", "lists": ["related"]}, "articles"),
        ({"kind": "label", "articles": {"tags": ["x"]}}, "label"),
        ({"kind": "label", "articles": {"labels": ["x"]}, "label": "y"}, "articles"),
        ({"kind": "label", "articles": {"tags": ["x"]}, "label": "y", "pages": {"tags": ["x"]}}, "pages"),
        ({"kind": "allow"}, "pages"),
        ({"articles": {"tags": ["x"]}}, "kind"),
    ],
)
def test_each_kind_has_its_own_fields(rule, field):
    assert [(index, named) for index, named, _ in faults(rule)] == [(0, field)]


def test_all_bad_rules_are_named_at_once():
    assert [index for index, _, _ in faults(5, GOOD["pin"], {"kind": "pin"}, [])] == [0, 2, 3]


@pytest.mark.parametrize("values", [None, [], "x", {}, {"rules": {}}, {"rules": [], "version": 1}])
def test_a_set_is_an_object_with_rules_and_nothing_else(values):
    with pytest.raises(BadRules) as caught:
        read_rules(values, UTC)
    assert caught.value.faults[0][0] is None


def test_a_set_has_bounds():
    assert faults(*[GOOD["bury"]] * (RULES + 1))[0][:2] == (None, "rules")
    many = {"kind": "bury", "articles": {"tags": [f"t{n}" for n in range(NAMES)]}}
    assert faults(*[many] * (ALL_NAMES // NAMES + 1))[0][:2] == (None, "rules")
    assert len(read_rules({"rules": [many] * (ALL_NAMES // NAMES)}, UTC).rules) == ALL_NAMES // NAMES


def test_a_rule_is_in_force_from_its_start_until_before_its_end():
    rule = Rule(kind="allow", pages=Selection(ids=("a",)), starts_at=Micros(5), ends_at=Micros(7))
    assert [rule.in_force(now) for now in (4, 5, 6, 7)] == [False, True, True, False]


def test_no_rules_are_a_set():
    assert read_rules({"rules": []}, UTC) == RuleSet()
