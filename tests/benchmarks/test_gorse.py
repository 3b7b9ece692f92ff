"""What the comparison with Gorse sends and reads, without a Gorse: shapes as its documentation has them."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from benchmarks.gorse import claims
from benchmarks.gorse_api import configuration, gorse, gorse_feedback, gorse_item, our_event, ours
from benchmarks.serving import Server
from recsys.article import Article
from recsys.event import Event
from recsys.event_reader import EventReader
from recsys.record import Micros, SectionPath
from recsys.times import parse_time, zone

AT = Micros(parse_time("2026-03-01T11:00:00Z"))
SERVER = Server("http://127.0.0.1:1", 1, 0.0)


def test_an_article_becomes_an_item_with_its_words_as_labels() -> None:
    section = SectionPath(("News", "Council"))
    article = Article(id="a", title="bridge closed", body="closed again", section=section, published_at=AT)
    assert gorse_item(article) == {
        "ItemId": "a",
        "Categories": ["Council"],
        "Timestamp": "2026-03-01T11:00:00Z",
        "Labels": {"words": ["again", "bridge", "closed"]},
        "Comment": "bridge closed",
    }
    assert gorse_item(Article(id="a", title="b", published_at=AT))["Categories"] == []


def test_an_event_is_the_same_act_to_both() -> None:
    event = Event(id="e", type="like", article_id="a", visitor_id="v", at=AT)
    assert gorse_feedback(event) == {
        "FeedbackType": "like",
        "UserId": "v",
        "ItemId": "a",
        "Value": 1.0,
        "Timestamp": "2026-03-01T11:00:00Z",
    }
    assert EventReader(zone("UTC"), lambda _: None).from_mapping(our_event(event)) == event


def test_gorse_keeps_to_its_folder_and_to_this_machine() -> None:
    found = tomllib.loads(configuration(Path("/folder"), 8_088, 8_086, 30))
    assert {found["database"][name] for name in ("data_store", "cache_store")} == {
        "sqlite:///folder/data.sqlite",
        "sqlite:///folder/cache.sqlite",
    }
    assert found["blob"]["uri"] == "/folder/blob"
    assert (found["master"]["http_host"], found["master"]["host"]) == ("127.0.0.1", "127.0.0.1")
    assert found["recommend"]["collaborative"]["fit_period"] == "30s"
    assert (found["master"]["http_port"], found["master"]["port"]) == (8_088, 8_086)


def test_ids_are_read_from_the_answers_of_both() -> None:
    assert gorse(SERVER).ids([{"Id": "a", "Score": 1.0}, {"Id": "b", "Score": 0.5}]) == ["a", "b"]
    assert gorse(SERVER).ids(["a", "b"]) == ["a", "b"], "recommendations are ids alone"
    assert gorse(SERVER).ids(None) == []
    assert ours(SERVER).ids({"items": [{"id": "a"}, {"id": "b"}]}) == ["a", "b"]


@pytest.mark.parametrize(
    ("name", "worse"),
    [
        ("similar", {"requests_per_second": 1}),
        ("recommended", {"requests_per_second": 1}),
        ("memory_mb", 101),
        ("reader_seconds", 1.1),
        ("crowd_seconds", 1.1),
    ],
)
def test_a_claim_fails_where_we_are_worse(name: str, worse: object) -> None:
    rates: dict[str, object] = {"similar": {"requests_per_second": 2}, "recommended": {"requests_per_second": 2}}
    gorse_row = rates | {"memory_mb": 100, "reader_seconds": 0.1, "crowd_seconds": 30.0}
    our_row = rates | {"memory_mb": 100, "reader_seconds": 1.0, "crowd_seconds": 1.0}
    assert all(claims({"ours": our_row, "gorse": gorse_row}).values())
    assert list(claims({"ours": our_row | {name: worse}, "gorse": gorse_row}).values()).count(False) == 1


@pytest.mark.slow
def test_without_a_gorse_it_says_so_and_measures_nothing(tmp_path: Path) -> None:
    script = [sys.executable, "-m", "benchmarks.gorse", "--home", str(tmp_path / "home")]
    for options in ([], ["--gorse", str(tmp_path / "none")]):
        ran = subprocess.run([*script, *options], capture_output=True, text=True, check=True)
        assert ran.stdout.startswith("not measured: name Gorse's")
    assert not (tmp_path / "home").exists()
