"""Rules over HTTP: read, tried, put; in force with the next request, on every process, and after a restart."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from recsys.home import Home
from recsys.registry import FolderRegistry
from recsys.rules.rule import DOCUMENT_BYTES, KINDS, Rule, RuleSet, Selection
from recsys.settings import Settings
from recsys.store import Store
from recsys.times import DAY, HOUR
from serving.live import opened
from serving.routes_rules import MOST_PAGES
from serving.run import open_service
from tests.serving.client import Client
from tests.serving.conftest import NOW

PIN = {"kind": "pin", "articles": {"ids": ["harbour-7"]}, "position": 2, "lists": ["ranking"]}


def put(api: Client, *rules: dict[str, Any], match: str | None = None, query: str = "") -> Any:
    etag = api.get("/v1/rules").headers["etag"] if match is None else match
    return api.put(f"/v1/rules{query}", json={"rules": list(rules)}, headers={"if-match": etag})


def ranked(api: Client, query: str = "") -> list[str]:
    return [item["id"] for item in api.get(f"/v1/ranking{query}").json()["items"]]


def test_a_site_begins_without_rules(api: Client) -> None:
    answer = api.get("/v1/rules")
    assert answer.json() == {"rules": []}
    assert (answer.headers["etag"], answer.headers["cache-control"]) == ('"0"', "no-cache")


def test_what_is_put_is_read_and_can_be_put_again(api: Client) -> None:
    answer = put(api, PIN)
    assert (answer.status_code, answer.json()) == (200, {"revision": 1, "added": 1, "removed": 0})
    read = api.get("/v1/rules")
    assert read.json() == {"rules": [PIN]}
    assert read.headers["etag"] == answer.headers["etag"] == '"1"'
    assert put(api, *read.json()["rules"]).json() == {"revision": 1, "added": 0, "removed": 0}


def test_a_copy_that_still_holds_is_not_sent_again(api: Client) -> None:
    etag = put(api, PIN).headers["etag"]
    assert api.get("/v1/rules", headers={"if-none-match": etag}).status_code == 304


def test_rules_are_in_force_when_the_answer_comes(api: Client) -> None:
    before = ranked(api)
    put(api, PIN)
    assert ranked(api)[1] == "harbour-7"
    put(api)
    assert ranked(api) == before


def test_related_that_nothing_else_would_change_changes_at_once(api: Client) -> None:
    path = "/v1/articles/council-4/related?limit=3"
    first = api.get(path).json()["items"][0]["id"]
    put(api, {"kind": "filter", "articles": {"ids": [first]}, "pages": {"ids": ["council-4"]}})
    assert first not in [item["id"] for item in api.get(path).json()["items"]]


def test_a_kept_answer_goes_when_a_rule_begins(home: Home) -> None:
    now = NOW
    with Client(open_service(home, Settings(), lambda: now)) as api:
        path = "/v1/articles/council-4/related?limit=3"
        first = api.get(path).json()["items"][0]["id"]
        put(api, {"kind": "filter", "articles": {"ids": [first]}, "starts_at": "2026-03-10T13:00:00Z"})
        for moment, shown in ((NOW + HOUR - 1, True), (NOW + HOUR, False)):
            now = moment
            assert (first in [item["id"] for item in api.get(path).json()["items"]]) == shown


def test_without_if_match_nothing_is_put(api: Client) -> None:
    answer = api.put("/v1/rules", json={"rules": []})
    assert (answer.status_code, answer.json()["status"]) == (428, 428)


@pytest.mark.parametrize("match", ['"0"', '"7"', 'W/"1"', "1", "", '"x"', '"0", "3"'])
def test_no_colleagues_edit_is_lost(api: Client, match: str) -> None:
    put(api, PIN)
    assert put(api, match=match).status_code == 412
    assert put(api, match=match, query="?dry_run=true").status_code == 412
    assert api.get("/v1/rules").json() == {"rules": [PIN]}


@pytest.mark.parametrize("match", ["*", '"1"', '"0", "1"'])
def test_whoever_has_read_the_newest_may_put(api: Client, match: str) -> None:
    put(api, PIN)
    assert put(api, match=match).json() == {"revision": 2, "added": 0, "removed": 1}


def test_one_bad_rule_and_none_is_taken(api: Client) -> None:
    answer = put(api, PIN, {"kind": "boost", "articles": {"tags": ["x"]}}, {"kind": "zq9zq9"}, PIN | {"zq9zq9": 1})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "factor", "reason": "is missing", "index": 1},
        {"field": "kind", "reason": f"expected one of {', '.join(KINDS)}", "index": 2},
        {"field": "", "reason": "is not a field of this record", "index": 3},
    ]
    assert "zq9zq9" not in answer.text
    assert api.get("/v1/rules").json() == {"rules": []}


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"rules": 1}', b'{"rules": [], "more": 1}', b"\xff", b"NaN"])
def test_what_are_no_rules_is_refused(api: Client, body: bytes) -> None:
    headers = {"if-match": "*", "content-type": "application/json"}
    assert api.put("/v1/rules", content=body, headers=headers).status_code in (400, 422)


def test_a_body_has_a_bound(api: Client) -> None:
    headers = {"if-match": "*", "content-type": "application/json"}
    assert api.put("/v1/rules", content=b" " * (DOCUMENT_BYTES + 1), headers=headers).status_code == 413


def test_a_dry_run_tells_and_changes_nothing(api: Client) -> None:
    before = ranked(api)
    rules = [PIN, {"kind": "bury", "articles": {"tags": ["zzz"]}}]
    answer = api.put("/v1/rules?dry_run=true&articles=council-4", json={"rules": rules})
    assert answer.status_code == 200
    told, preview = answer.json(), answer.json()["preview"]
    assert (told["revision"], told["added"], told["removed"]) == (0, 2, 0)
    assert (preview["pages"], preview["idle"]) == (["council-4"], [1])
    change = next(change for change in preview["changes"] if "article_id" not in change)
    place = {"id": "harbour-7", "after": 2}
    if "harbour-7" in before:
        place["before"] = before.index("harbour-7") + 1
    assert place in change["moved" if "before" in place else "added"]
    assert ranked(api) == before
    assert api.get("/v1/rules").json() == {"rules": []}
    put(api, PIN)
    assert ranked(api) == _after(before, change)


def _after(before: list[str], change: dict[str, Any]) -> list[str]:
    """The list that a preview announces."""
    places = {place["id"]: place["after"] for kind in ("added", "moved") for place in change.get(kind, [])}
    gone = {place["id"] for place in change.get("gone", [])}
    places |= {id_: at for at, id_ in enumerate(before, start=1) if id_ not in places and id_ not in gone}
    return sorted(places, key=places.__getitem__)


def test_a_dry_run_is_of_articles_that_are_there(api: Client) -> None:
    assert api.put("/v1/rules?dry_run=true&articles=unknown", json={"rules": []}).status_code == 404
    many = ",".join(["council-4"] * (MOST_PAGES + 1))
    assert api.put(f"/v1/rules?dry_run=true&articles={many}", json={"rules": []}).status_code == 422


def test_without_articles_a_dry_run_looks_at_the_most_read(api: Client) -> None:
    told = api.put("/v1/rules?dry_run=true", json={"rules": [PIN]}).json()["preview"]
    assert told["pages"] == ranked(api, "?limit=10")


def test_a_dry_run_of_labels_leaves_none(api: Client) -> None:
    rule = {"kind": "label", "articles": {"sections": ["News"]}, "label": "unlisted"}
    told = api.put("/v1/rules?dry_run=true", json={"rules": [rule]}).json()["preview"]
    assert len(next(change for change in told["changes"] if "article_id" not in change)["gone"]) == 8
    assert len(ranked(api)) == 8


def test_a_label_set_by_a_rule_marks_and_filters(api: Client) -> None:
    put(api, {"kind": "label", "articles": {"tags": ["harbour"]}, "label": "paid"})
    items = api.get("/v1/ranking?limit=40").json()["items"]
    assert {"paid" in item.get("labels", []) for item in items if "harbour" in item["id"]} == {True}
    assert {"paid" in item.get("labels", []) for item in items if "council" in item["id"]} == {False}
    assert all("harbour" in id_ or id_ == "with/slash é" for id_ in ranked(api, "?limit=40&label=paid&fill=none"))


def test_a_new_article_falls_under_the_rules_at_once(api: Client) -> None:
    label = {"kind": "label", "articles": {"title_words": ["quay"]}, "label": "new"}
    put(api, {"kind": "pin", "articles": {"ids": ["fresh"]}}, label)
    assert "fresh" not in ranked(api)
    body = {"id": "fresh", "title": "A quay", "published_at": "2026-03-10T10:00:00Z"}
    assert api.put("/v1/articles/fresh", json=body).status_code == 201
    first = api.get("/v1/ranking").json()["items"][0]
    assert (first["id"], first["labels"]) == ("fresh", ["new"])
    assert api.delete("/v1/articles/fresh").status_code == 204
    assert "fresh" not in ranked(api)


def test_rules_of_another_process_come_through_the_log(api: Client, elsewhere: Store) -> None:
    rules = RuleSet(rules=(Rule(kind="pin", articles=Selection(ids=("harbour-7",))),))
    assert ranked(api)[0] != "harbour-7"
    elsewhere.rules.replace(rules, by="elsewhere", now=NOW)
    api.service.live.catch_up()
    assert ranked(api)[0] == "harbour-7"


def test_rules_outlive_a_restart_and_another_model(
    home: Home, api: Client, versions: tuple[str, str], clock: Callable[[], int]
) -> None:
    put(api, PIN)
    for version in versions[::-1]:
        assert api.post(f"/v1/models/{version}/activate").status_code == 200
        assert ranked(api)[1] == "harbour-7"
    with Client(open_service(home, Settings(), clock)) as again:
        assert ranked(again)[1] == "harbour-7"


def test_a_model_trained_after_the_rules_obeys_them(home: Home, elsewhere: Store) -> None:
    """The entry of the log is older than the bundle then."""
    from training.fit import fit
    from training.publish import named, publish
    from training.train import read_store

    rules = RuleSet(rules=(Rule(kind="pin", articles=Selection(ids=("harbour-7",))),))
    elsewhere.rules.replace(rules, by="local", now=NOW)
    articles, events, log_seq = read_store(elsewhere, home.history, lambda *_: None)
    arrays, manifest = fit(articles, events, NOW, Settings(threads=1), log_seq=log_seq)
    version = named(arrays, manifest)
    registry = FolderRegistry(home.bundles)
    publish(registry, elsewhere, arrays, version, after=registry.active(), now=NOW, keep=5)
    assert opened(registry, elsewhere).model.rules.rules == rules.rules


def test_as_of_sees_the_rules_of_that_time(home: Home, elsewhere: Store) -> None:
    first, second = (RuleSet(rules=(Rule(kind="bury", articles=Selection(tags=(tag,))),)) for tag in ("x", "y"))
    elsewhere.rules.replace(first, by="local", now=NOW + DAY)
    elsewhere.rules.replace(second, by="local", now=NOW + 2 * DAY)
    moments = (NOW + DAY, NOW + DAY + 1, NOW + 3 * DAY)
    seen = [opened(FolderRegistry(home.bundles), elsewhere, until=moment).model.rules.rules for moment in moments]
    assert seen == [(), first.rules, second.rules]


def test_who_changed_the_rules_is_kept(api: Client, elsewhere: Store) -> None:
    put(api, PIN)
    [revision] = elsewhere.rules.history(9)
    assert (revision.number, revision.at, revision.by, len(revision.rules.rules)) == (1, NOW, "local", 1)


def test_reasons_sum_to_the_score_under_rules(api: Client) -> None:
    put(
        api,
        PIN,
        {"kind": "boost", "articles": {"sections": ["Council"]}, "factor": 3},
        {"kind": "bury", "articles": {"sections": ["Football"]}},
    )
    page = json.loads(api.get("/v1/articles/harbour-1/page").text)
    for name in ("related", "ranking", "recommendation"):
        for item in page[name]["items"]:
            assert sum(reason["weight"] for reason in item["reasons"]) == pytest.approx(item["score"], abs=1e-6)
