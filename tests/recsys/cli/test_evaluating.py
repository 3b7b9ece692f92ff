"""`recsys evaluate` on the trained site: tables, JSON and a page of the same figures; lists made elsewhere; clicks."""

import json

import pytest

from recsys.event import Event
from recsys.record import Micros
from recsys.store.sqlite import SqliteStore
from recsys.times import HOUR
from tests.recsys.cli.running import AS_OF
from tests.serving.conftest import NOW


@pytest.fixture
def evaluate(recsys, home):
    return lambda *more: recsys("evaluate", "--home", home.root, "--as-of", AS_OF, *more)


@pytest.mark.slow
def test_table_json_and_page_tell_the_same_figures(evaluate, tmp_path):
    plan = ("--list", "recommendation", "--cut", "2026-03-10T09:30:00Z", "--protocol", "split")
    (found,) = json.loads(evaluate(*plan, "--format", "json").out)
    figure = next(f for f in found["figures"] if (f["model"], f["metric"], f["against"]) == ("ours", "ndcg@10", None))
    value = f"{figure['value']:.3f}"
    said = f"{value} [{figure['low']:.3f}, {figure['high']:.3f}]"
    table = evaluate(*plan).out
    assert value in table
    assert f"({found['questions']:,} lists)" in table
    few = f"note: {found['questions']} lists are too few to tell models apart"  # then intervals would only mislead
    assert (few in table) == (said not in table) == (found["questions"] < 20)
    page = tmp_path / "report.html"
    assert evaluate(*plan, "--format", "html", "--out", page).out == ""
    assert said in page.read_text()
    written = tmp_path / "table.txt"
    evaluate(*plan, "--out", written)
    assert written.read_text() == table


@pytest.mark.slow
def test_all_that_export_writes_can_be_compared(recsys, home, evaluate, tmp_path):
    options = []
    for what in ("related", "recommendations", "ranking"):
        out = tmp_path / f"{what}.jsonl"
        assert recsys("export", what, "--home", home.root, "--as-of", AS_OF, "--out", out).code == 0
        options += ["--compare", f"today={out}"]
    found = json.loads(evaluate(*options, "--cut", "2026-03-10T09:30:00Z", "--format", "json").out)
    assert {one["list"] for one in found} == {"related", "recommendation", "ranking"}
    for one in found:
        assert one["questions"] == 0 or any(figure["model"] == "today" for figure in one["figures"])
        assert "shown" in one["notes"][-1]
    assert "note: Readers could only turn to" in evaluate(*options, "--cut", "2026-03-10T09:30:00Z").out


def test_a_bad_row_of_lists_made_elsewhere_is_named_before_anything_is_trained(evaluate, tmp_path):
    path = tmp_path / "lists.jsonl"
    path.write_text('{"visitor_id": "a", "items": []}\n{"visitor_id": "b", "items": [{"id": 7}]}\n')
    ran = evaluate("--compare", f"today={path}")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "recsys: lists.jsonl:2 items[0].id: Expected `str`, got `int`\n"
    gone = evaluate("--compare", f"today={tmp_path / 'gone.jsonl'}")
    assert gone.code == 1
    assert "gone.jsonl" in gone.err


@pytest.mark.parametrize("option", [("--compare", "lists.jsonl"), ("--cut", "soon"), ("--splits", 0)])
def test_an_option_that_can_not_be_is_a_usage_error(evaluate, option):
    ran = evaluate(*option)
    assert ran.code == 2
    assert option[0] in ran.err


def test_a_cut_before_all_events_leaves_nothing_to_measure_by(evaluate):
    assert evaluate("--cut", "2001-01-01").out.startswith("nothing to measure by")
    assert evaluate("--cut", "2001-01-01", "--format", "json").out == "[]\n"


def test_clicks_are_told_from_the_log(home, evaluate, tmp_path):
    (home.root / "recsys.toml").write_text('experiment = "e"\nvariants = {today = 1, ours = 1}\n')
    events = [
        Event(
            type=kind, article_id="harbour-1", visitor_id=f"reader-{n}", at=Micros(NOW - HOUR), list="related",
            position=3, request_id=f"r{n}", variant="ours" if n % 2 else "today",
        )
        for n in range(30)
        for kind in ("impression", *(["click"] if n % 3 == 0 else []))
    ]  # fmt: skip
    store = SqliteStore(home.store)
    store.log.append_events(events, NOW)
    store.close()
    found = json.loads(evaluate("--clicks", "--format", "json").out)
    assert (found["impressions"], found["clicks"]) == (30, 10)
    assert found["split"]["visitors"] == {"today": 15, "ours": 15}
    table = evaluate("--clicks").out
    assert "30 impressions, 10 of them clicked" in table
    assert "visitors by variant: today 15, ours 15: as set" in table
    page = tmp_path / "clicks.html"
    evaluate("--clicks", "--format", "html", "--out", page)
    assert "30 impressions, 10 of them clicked" in page.read_text()
