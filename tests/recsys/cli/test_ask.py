"""related, ranking, recommend, page: the answers of the HTTP API, as tables and as JSON."""

import json
import os

import pytest

from recsys.cli.tables import _parts
from recsys.settings import Settings
from recsys.store.sqlite import SqliteStore
from recsys.times import now_micros
from serving.run import open_service
from tests.recsys.cli.running import AS_OF, run_process
from tests.serving.client import Client
from tests.serving.conftest import NOW

SLASH = "/v1/articles/with%2Fslash%20%C3%A9"
ASKED = [
    (("related", "harbour-3"), "/v1/articles/harbour-3/related"),
    (("related", "harbour-3", "-k", 4, "--tag", "harbour"), "/v1/articles/harbour-3/related?limit=4&tag=harbour"),
    (("related", "with/slash é", "--fill", "none"), f"{SLASH}/related?fill=none"),
    (("related", "harbour-3", "--min-score", "0.4"), "/v1/articles/harbour-3/related?min_score=0.4"),
    (("ranking",), "/v1/ranking"),
    (
        ("ranking", "--window", "week", "-k", 3, "--section", "Council"),
        "/v1/ranking?window=week&limit=3&section=Council",
    ),
    (("ranking", "--language", "en", "--window", "all"), "/v1/ranking?language=en&window=all"),
    (("recommend", "--visitor", "reader-1"), "/v1/recommendations?visitor_id=reader-1"),
    (("recommend", "--history", "harbour-1,council-2"), "/v1/recommendations?history=harbour-1,council-2"),
    (("recommend", "--article", "council-2", "-k", 5), "/v1/recommendations?article_id=council-2&limit=5"),
    (("recommend",), "/v1/recommendations"),
    (("page", "council-4"), "/v1/articles/council-4/page"),
    (("page", "council-4", "--visitor", "reader-2"), "/v1/articles/council-4/page?visitor_id=reader-2"),
    (("page", "sensitive"), "/v1/articles/sensitive/page"),
]


@pytest.mark.parametrize(("command", "path"), ASKED, ids=[" ".join(map(str, command)) for command, _ in ASKED])
def test_json_is_byte_for_byte_what_http_answers(recsys, home, command, path):
    ran = recsys(*command, "--home", home.root, "--as-of", AS_OF, "--format", "json")
    with Client(open_service(home, Settings(), lambda: NOW)) as api:
        answer = api.get(path)
    assert ran.code == 0
    assert answer.status_code == 200
    assert ran.out.encode() == answer.content + b"\n"


def test_a_text_gets_what_a_draft_gets_over_http(recsys, home, tmp_path):
    draft = tmp_path / "draft.txt"
    draft.write_text("Crane on the quay\nThe harbour pilot and the cargo dock.", encoding="utf-8")
    ran = recsys("related", "--text", draft, "--home", home.root, "--as-of", AS_OF, "--format", "json")
    with Client(open_service(home, Settings(), lambda: NOW)) as api:
        body = {"title": "Crane on the quay", "body": "The harbour pilot and the cargo dock."}
        answer = api.post("/v1/related", json=body)
    assert ran.out.encode() == answer.content + b"\n"
    assert json.loads(ran.out)["items"][0]["id"].startswith("harbour-")


@pytest.mark.slow
def test_a_text_may_come_from_standard_input(home):
    command = ("related", "--text", "-", "--home", home.root, "--format", "json")
    ran = run_process(*command, text="Mayor and council\nBudget vote in the committee.")
    assert ran.code == 0
    assert json.loads(ran.out)["items"][0]["id"].startswith("council-")


def test_a_table_names_score_article_and_reason(recsys, home):
    ran = recsys("related", "harbour-3", "-k", 3, "--home", home.root, "--as-of", AS_OF)
    answer = json.loads(
        recsys("related", "harbour-3", "-k", 3, "--home", home.root, "--as-of", AS_OF, "--format", "json").out
    )
    assert ran.code == 0
    for item in answer["items"]:
        assert item["id"] in ran.out
        assert f"{item['score']:.4f}" in ran.out
    assert "terms" in ran.out


def test_why_not_agrees_with_the_list_and_shows_what_speaks_for_both(recsys, home):
    asked = ("related", "harbour-3", "-k", 3, "--home", home.root, "--as-of", AS_OF)
    shown = [item["id"] for item in json.loads(recsys(*asked, "--format", "json").out)["items"]]
    [after] = {
        item["id"] for item in json.loads(recsys(*asked[:2], "-k", 4, *asked[4:], "--format", "json").out)["items"]
    } - {*shown}
    told = json.loads(recsys(*asked, "--why-not", after, "--format", "json").out)
    assert (told["verdict"], told["standing"]["place"], told["instead"]["id"]) == ("outscored", 4, shown[2])
    table = recsys(*asked, "--why-not", after).out
    assert table.startswith(told["why"])
    assert f"{told['standing']['score']:.4f}" in table
    assert f"{told['instead']['score']:.4f}" in table
    assert json.loads(recsys(*asked, "--why-not", shown[1], "--format", "json").out)["standing"]["place"] == 2


def test_why_not_of_what_never_was_is_an_answer(recsys, home):
    ran = recsys("related", "harbour-3", "--why-not", "nowhere", "--home", home.root, "--as-of", AS_OF)
    assert (ran.code, ran.out) == (0, "There never was such an article.\n")


def test_fill_is_marked_in_the_table(recsys, home):
    ran = recsys("recommend", "--visitor", "nobody", "--home", home.root, "--as-of", AS_OF)
    assert "fill: ranking" in ran.out


def test_an_empty_list_says_what_may_help(recsys, home):
    ran = recsys("ranking", "--tag", "no-such-tag", "--home", home.root, "--as-of", AS_OF)
    assert ran.code == 0
    assert "nothing to show" in ran.out


def test_a_page_repeats_nothing(recsys, home):
    answer = json.loads(recsys("page", "harbour-3", "--home", home.root, "--as-of", AS_OF, "--format", "json").out)
    ids = [item["id"] for name in ("related", "ranking", "recommendation") for item in answer[name]["items"]]
    assert len(ids) == len(set(ids)) == 26
    assert "harbour-3" not in ids


def test_an_id_that_begins_with_a_dash_follows_two_dashes(recsys, tmp_path):
    articles = tmp_path / "articles.jsonl"
    articles.write_text('{"id": "-12 -k", "title": "A dash", "published_at": "2026-01-01"}\n')
    site = tmp_path / "site"
    assert recsys("import", "--home", site, "--articles", articles).code == 0
    ran = recsys("page", "--home", site, "--as-of", AS_OF, "--format", "json", "--", "-12 -k")
    assert json.loads(ran.out)["article_id"] == "-12 -k"
    assert recsys("page", "--home", site, "-12 -k").code == 2


def test_a_moment_that_the_model_has_seen_is_refused(recsys, home):
    for command in (("related", "harbour-3"), ("ranking",), ("recommend",), ("page", "harbour-3")):
        ran = recsys(*command, "--home", home.root, "--as-of", "2026-03-10T11:59:59Z")
        assert ran.code == 3
        assert AS_OF in ran.err
        assert "train --as-of" in ran.err


def test_a_moment_without_offset_is_in_the_sites_time_zone(recsys, home):
    """The model is of 12:00 UTC, which is 13:00 in Berlin."""
    home.settings.write_text('timezone = "Europe/Berlin"\n')
    assert recsys("ranking", "--home", home.root, "--as-of", "2026-03-10T12:59:59").code == 3
    assert recsys("ranking", "--home", home.root, "--as-of", "2026-03-10T13:00:00").code == 0


def test_events_from_the_moment_on_are_not_seen(recsys, home, tmp_path):
    events = tmp_path / "events.jsonl"
    line = '{{"type": "like", "article_id": "council-11", "visitor_id": "v{}", "at": "2026-03-10T12:00:01Z"}}\n'
    events.write_text("".join(line.format(number) for number in range(200)))
    command = ("ranking", "--window", "all", "--home", home.root, "--format", "json", "--as-of")
    before = recsys(*command, AS_OF).out
    assert recsys("import", "--home", home.root, "--events", events).code == 0
    assert recsys(*command, AS_OF).out == before
    assert json.loads(recsys(*command, "2026-03-10T12:00:02Z").out)["items"][0]["id"] == "council-11"


@pytest.mark.parametrize("command", ["related", "page"])
@pytest.mark.parametrize(
    ("article", "said"),
    [
        ("nowhere", "There is no article with the id nowhere."),
        ("embargoed", "embargoed is not published before 20"),
        ("expired", "expired has expired."),
    ],
)
def test_an_article_that_is_not_to_be_seen_is_told_in_one_line_with_the_reason(recsys, home, command, article, said):
    ran = recsys(command, article, "--home", home.root, "--as-of", AS_OF)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"recsys: {said}")
    assert ran.err.count("\n") == 1


def test_a_deleted_article_is_told_as_one(recsys, home):
    store = SqliteStore(home.store)
    store.catalogue.delete(["harbour-3"], now_micros())
    store.close()
    ran = recsys("related", "harbour-3", "--home", home.root)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("recsys: harbour-3 is deleted.")


def test_a_text_in_place_of_its_file_is_told_what_to_do(recsys, home):
    ran = recsys("related", "--text", "oysters die", "--home", home.root)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "recsys: oysters die: no such file. --text takes a file; - reads the text from input.\n"


def test_a_reason_that_would_stand_there_as_nothing_is_not_told():
    reasons = [{"kind": "context", "weight": 0.0003}, {"kind": "terms", "weight": 0.1, "terms": [["tide", 0.1]]}]
    assert _parts(reasons) == "terms 0.100 (tide)"


@pytest.mark.parametrize(
    "arguments",
    [
        ("related",),
        ("related", "harbour-3", "--text", os.devnull),
        ("related", "--text", os.devnull, "--why-not", "harbour-3"),
        ("related", "harbour-3", "-k", 0),
        ("related", "harbour-3", "-k", 101),
        ("related", "harbour-3", "--min-score", -1),
        ("related", "harbour-3", "--min-score", "nan"),
        ("ranking", "--window", "year"),
        ("ranking", "--language", "??"),
        ("ranking", "--format", "yaml"),
        ("ranking", "--as-of", "soon"),
        ("recommend", "--visitor", "v", "--history", "harbour-1"),
        ("recommend", "--history", "a\\"),
        ("page",),
    ],
)
def test_what_can_not_be_asked_is_a_usage_error(recsys, home, arguments):
    ran = recsys(*arguments, "--home", home.root)
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err
    assert ran.err.splitlines()[-1].startswith("Error: ")


def test_a_text_that_is_none_is_told_in_one_line(recsys, home, tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\xff\xfe")
    ran = recsys("related", "--text", path, "--home", home.root)
    assert ran.code == 1
    assert ran.err.endswith("picture.png is not UTF-8 text.\n")
