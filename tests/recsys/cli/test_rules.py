"""recsys rules: show, set, preview, history; what is refused changes nothing."""

import json

import pytest

from recsys.times import DAY, format_time
from tests.recsys.cli.running import AS_OF
from tests.serving.conftest import NOW

PIN = {"kind": "pin", "articles": {"ids": ["harbour-7"]}, "position": 2, "lists": ["ranking"]}
BURY = {"kind": "bury", "articles": {"tags": ["council"]}, "note": "as agreed"}


@pytest.fixture
def written(tmp_path):
    def write(*rules, text=None):
        path = tmp_path / "rules.json"
        path.write_text(json.dumps({"rules": rules}) if text is None else text, encoding="utf-8")
        return path

    return write


def shown(recsys, home):
    return json.loads(recsys("rules", "show", "--home", home.root, "--format", "json").out)["rules"]


def ranked(recsys, home, *more):
    ran = recsys("ranking", "--home", home.root, "--format", "json", *more)
    return [item["id"] for item in json.loads(ran.out)["items"]]


def test_what_is_set_is_shown_and_in_force(recsys, home, written):
    assert shown(recsys, home) == []
    ran = recsys("rules", "set", written(PIN, BURY), "--home", home.root)
    assert (ran.code, ran.out) == (0, "revision 1: 2 added, 0 removed, 2 in all\n")
    assert shown(recsys, home) == [PIN, BURY]
    assert ranked(recsys, home)[1] == "harbour-7"
    table = recsys("rules", "show", "--home", home.root).out
    assert "revision 1" in table
    assert "as agreed" in table


def test_what_is_shown_as_json_can_be_set_again(recsys, home, written):
    recsys("rules", "set", written(PIN), "--home", home.root)
    text = recsys("rules", "show", "--home", home.root, "--format", "json").out
    ran = recsys("rules", "set", written(text=text), "--home", home.root)
    assert ran.out == "revision 1: 0 added, 0 removed, 1 in all\n"


def test_a_colleagues_edit_is_not_lost(recsys, home, written):
    recsys("rules", "set", written(PIN), "--home", home.root)
    ran = recsys("rules", "set", written(BURY), "--home", home.root, "--revision", 0)
    assert ran.code == 3
    assert "revision 1" in ran.err
    assert shown(recsys, home) == [PIN]
    assert recsys("rules", "set", written(BURY), "--home", home.root, "--revision", 1).code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"rules": [{"kind": "boost", "articles": {"tags": ["x"]}}]}', "rule 0: factor: is missing"),
        ('{"rules": 1}', "expected"),
        ("{", "not JSON"),
        ('{"rules": [], "rules": []}', "a key twice"),
        ("\x00", "not JSON"),
    ],
)
def test_bad_rules_are_refused_in_a_line(recsys, home, written, text, said):
    ran = recsys("rules", "set", written(text=text), "--home", home.root)
    assert ran.code == 1
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert shown(recsys, home) == []


def test_preview_tells_and_changes_nothing(recsys, home, written):
    before = ranked(recsys, home)
    unknown = {"kind": "bury", "articles": {"tags": ["nobody has it"]}}
    ran = recsys("rules", "preview", written(PIN, unknown), "--home", home.root, "--article", "council-4")
    assert ran.code == 0
    assert "harbour-7" in ran.out
    assert " lists would change: " in ran.out
    assert "touch nothing as things are: 1" in ran.out
    asked = ("--home", home.root, "--article", "council-4", "--as-of", AS_OF, "--format", "json")
    told = json.loads(recsys("rules", "preview", written(PIN), *asked).out)
    assert told["pages"] == ["council-4"]
    assert {"list", "moved"} & set(told["changes"][0])
    assert recsys("rules", "preview", written(PIN), "--home", home.root, "--article", "unknown").code == 1
    assert shown(recsys, home) == []
    assert ranked(recsys, home) == before


def test_history_tells_who_when_and_what(recsys, home, written):
    recsys("rules", "set", written(PIN), "--home", home.root)
    recsys("rules", "set", written(BURY), "--home", home.root)
    ran = recsys("rules", "history", "--home", home.root, "--format", "json")
    second, first = map(json.loads, ran.out.splitlines())
    assert (first["revision"], first["by"], first["added"], first["removed"]) == (1, "local", [PIN], [])
    assert (second["revision"], second["added"], second["removed"]) == (2, [BURY], [PIN])
    table = recsys("rules", "history", "--home", home.root, "--last", 1).out
    assert '+ {"kind":' in table
    assert "- {" in table


def test_as_of_sees_the_rules_of_that_time(recsys, home, written):
    recsys("rules", "set", written(PIN), "--home", home.root)
    assert ranked(recsys, home)[1] == "harbour-7"
    assert ranked(recsys, home, "--as-of", format_time(NOW + DAY))[1] != "harbour-7"


def test_exports_obey_the_rules(recsys, home, written, tmp_path):
    recsys("rules", "set", written(PIN | {"lists": ["related"], "position": 1}), "--home", home.root)
    out = tmp_path / "related.jsonl"
    assert recsys("export", "related", "--home", home.root, "--out", out).code == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {row["items"][0]["id"] for row in rows if row["article_id"] not in ("harbour-7", "sensitive")} == {
        "harbour-7"
    }
