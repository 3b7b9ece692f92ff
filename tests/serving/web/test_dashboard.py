"""The dashboard: every page answers twice, forms act only if they are ours, keys open what is theirs."""

import json
import re
from contextlib import closing
from urllib.parse import quote, urlencode

import msgspec
import pytest

from recsys.home import Home
from recsys.keys import new_key
from recsys.settings import Settings
from serving.app import App
from serving.run import open_service
from serving.security import DASHBOARD
from serving.web.dashboard import dashboard_routes
from serving.web.sessions import COOKIE, new_secret
from tests.serving.client import Client
from tests.serving.conftest import NOW

FORM = {"content-type": "application/x-www-form-urlencoded"}
PAGES = sorted({path for method, path in DASHBOARD if method == "GET"} - {"/dashboard/sign-in"})


def client_of(service):
    return Client(service, App(service, dashboard_routes(service, new_secret())))


@pytest.fixture
def dashboard(service):
    with client_of(service) as client:
        yield client


@pytest.fixture
def keyed(service):
    """The dashboard of a home that has an admin's, an editor's and a secret key, and those keys."""
    tokens = {}
    with closing(service.open_store()) as store:
        for scope in ("admin", "editor", "secret"):
            key, tokens[scope] = new_key(scope, f"the {scope}", (), NOW)
            store.keys.add(key, NOW)
    service.keyring.refresh()
    with client_of(service) as client:
        yield client, tokens


def token_on(page):
    return re.search(r'name="token" value="([0-9a-f]{64})"', page.text)[1]


def post(client, path, cookies=None, **fields):
    headers = dict(FORM)
    if cookies:
        headers["cookie"] = cookies
    return client.post(path, content=urlencode(fields), headers=headers)


def sign_in(client, token):
    answer = post(client, "/dashboard/sign-in", key=token)
    found = re.match(rf"({COOKIE}=[^;]+);", answer.headers.get("set-cookie", ""))
    return answer, found and found[1]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_as_html_and_as_json(dashboard, path):
    page = dashboard.get(path)
    assert page.status_code == 200
    assert "<h1>" in page.text
    found = dashboard.get(f"{path}.json")
    assert found.headers["content-type"] == "application/json"
    assert isinstance(found.json(), dict)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_nothing_inline(dashboard, path):
    page = dashboard.get(path)
    assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', page.text)
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert len(page.content) < 150_000


def test_the_overview_counts_what_there_is(dashboard):
    found = dashboard.get("/dashboard.json").json()
    assert found["articles"] == {"known": 42, "shown": 39, "deleted": 0}
    assert found["events"]["in_model"] == 180
    assert found["daily"]["types"] == ["view"]
    assert sum(day["view"] for day in found["daily"]["days"]) == 180
    for share in found["fill"]["lists"].values():
        assert sum(share.values()) == pytest.approx(1.0, abs=1e-3)


def test_events_that_come_are_counted_at_the_next_look(dashboard):
    before = dashboard.get("/dashboard.json").json()["daily"]["days"][-1]["view"]
    event = {"type": "view", "article_id": "harbour-3", "at": "2026-03-10T11:59:00Z"}
    assert dashboard.post("/v1/events", json=event).status_code == 202
    assert dashboard.get("/dashboard.json").json()["daily"]["days"][-1]["view"] == before + 1


def test_the_explorer_shows_the_lists_of_the_api_with_shares_that_sum_to_all(dashboard):
    told = dashboard.get("/dashboard/explorer.json?article=harbour-3").json()["found"]
    page = dashboard.get("/v1/articles/harbour-3/page").json()
    for name, items in told["lists"].items():
        assert [item["id"] for item in items] == [item["id"] for item in page[name]["items"]]
        for item in items:
            if not item.get("fill"):
                assert sum(reason["share"] for reason in item["reasons"]) == pytest.approx(1.0, abs=1e-3)
                assert sum(reason["weight"] for reason in item["reasons"]) == pytest.approx(item["score"])


def test_the_explorer_says_why_an_article_is_not_in_a_list(dashboard):
    page = dashboard.get("/dashboard/explorer?article=harbour-3&why_not=football-1")
    told = dashboard.get("/dashboard/explorer.json?article=harbour-3&why_not=football-1").json()["absence"]
    assert told["verdict"] in ("nothing_shared", "too_far", "below_floor", "outscored")
    assert told["why"].split(".")[0] in page.text
    unknown = dashboard.get("/dashboard/explorer.json?article=harbour-3&why_not=nothing").json()["absence"]
    assert unknown["verdict"] == "unknown"


@pytest.mark.parametrize("path", ["explorer?article=nowhere", "compare?article=nowhere", "imports?report=../store.db"])
def test_what_is_not_there_is_a_404_that_says_so(dashboard, path):
    page = dashboard.get(f"/dashboard/{path}")
    assert page.status_code == 404
    assert "There is no such" in page.text


def test_never_here_takes_an_article_off_one_list_of_one_page(dashboard):
    explorer = dashboard.get("/dashboard/explorer?article=harbour-3")
    victim = dashboard.get("/v1/articles/harbour-3/related").json()["items"][0]["id"]
    fields = {"token": token_on(explorer), "article": "harbour-3", "item": victim, "list": "related"}
    assert post(dashboard, "/dashboard/never", **fields).status_code == 303

    def related(article_id):
        return [item["id"] for item in dashboard.get(f"/v1/articles/{article_id}/related?limit=30").json()["items"]]

    assert victim not in related("harbour-3")
    assert any(victim in related(f"harbour-{number}") for number in range(12) if f"harbour-{number}" != victim)
    assert dashboard.get("/dashboard/rules.json").json()["revision"] == 1


def test_rules_are_previewed_then_saved_and_an_outdated_edit_is_kept_but_not_saved(dashboard):
    page = dashboard.get("/dashboard/rules")
    rules = json.dumps({"rules": [{"kind": "filter", "articles": {"tags": ["harbour"]}}]})
    fields = {"token": token_on(page), "revision": "0", "rules": rules}
    tried = post(dashboard, "/dashboard/rules", do="preview", **fields)
    assert tried.status_code == 200
    assert "1 rule added" in tried.text
    assert "gone" in tried.text
    assert dashboard.get("/v1/rules").json() == {"rules": []}

    assert post(dashboard, "/dashboard/rules", do="save", **fields).status_code == 303
    assert dashboard.get("/v1/rules").json() == json.loads(rules)
    assert "Saved" in dashboard.get("/dashboard/rules?saved=1").text

    late = post(dashboard, "/dashboard/rules", do="save", **(fields | {"rules": '{"rules": []}'}))
    assert late.status_code == 422
    assert "Somebody has changed the rules" in late.text
    assert dashboard.get("/v1/rules").json() == json.loads(rules)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("{", "not JSON"),
        ("[]", "rules"),
        ('{"rules": [{"kind": "pin"}]}', "Rule 1: articles: is missing"),
        ('{"rules": [{"kind": "boost", "articles": {"tags": ["a"]}, "factor": NaN}]}', "JSON doesn"),
    ],
)
def test_a_bad_rule_is_named_and_the_text_is_kept(dashboard, rules, said):
    token = token_on(dashboard.get("/dashboard/rules"))
    answer = post(dashboard, "/dashboard/rules", do="save", token=token, revision="0", rules=rules)
    assert answer.status_code == 422
    assert said in answer.text
    assert rules.replace('"', "&#34;") in answer.text


def test_a_version_is_activated_and_rolled_back(dashboard, versions):
    active, other = versions
    page = dashboard.get("/dashboard/versions")
    assert active in page.text
    assert other in page.text
    assert post(dashboard, "/dashboard/versions", token=token_on(page), version=other).status_code == 303
    assert dashboard.get("/v1/models").json()["active"] == other
    again = dashboard.get("/dashboard/versions.json").json()
    assert again["active"] == other
    assert again["before"] == active
    assert f"Roll back to {active}" in dashboard.get("/dashboard/versions").text
    assert post(dashboard, "/dashboard/versions", token=token_on(page), version=active).status_code == 303
    assert dashboard.get("/v1/models").json()["active"] == active


@pytest.mark.parametrize("version", ["", "none", "../../etc", "a" * 80])
def test_no_other_version_can_be_activated(dashboard, version):
    token = token_on(dashboard.get("/dashboard/versions"))
    assert post(dashboard, "/dashboard/versions", token=token, version=version).status_code == 404


def test_two_versions_stand_side_by_side(dashboard, versions):
    active, other = versions
    told = dashboard.get(f"/dashboard/compare.json?article=harbour-3&a={other}&b={active}").json()["compared"]
    assert told["versions"] == [other, active]
    for name, found in told["lists"].items():
        places = [item["after"] for item in found["items"] if item["after"] is not None]
        assert places == list(range(1, len(places) + 1))
        assert found["overlap"] + found["came"] == len(places), name
    # What came since both were trained stands in both.
    record = {"id": "late", "title": "Quay crane harbour ship tide", "published_at": "2026-03-10T11:00:00Z"}
    dashboard.put("/v1/articles/late", json=record)
    again = dashboard.get(f"/dashboard/compare.json?article=late&a={other}&b={active}").json()["compared"]
    assert again["lists"]["related"]["overlap"] > 0


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({}, {}),
        ({}, {"token": "0" * 64}),
        ({"sec-fetch-site": "cross-site"}, None),
    ],
)
def test_a_form_that_is_not_ours_changes_nothing(dashboard, versions, headers, fields):
    active, other = versions
    fields = {"token": token_on(dashboard.get("/dashboard/versions"))} if fields is None else fields
    content = urlencode(fields | {"version": other})
    answer = dashboard.post("/dashboard/versions", content=content, headers=FORM | headers)
    assert answer.status_code == 403
    assert dashboard.get("/v1/models").json()["active"] == active


def test_without_a_key_nothing_is_shown_or_done_once_there_are_keys(keyed):
    client, _ = keyed
    for path in PAGES:
        assert client.get(path).headers["location"] == "/dashboard/sign-in"
        assert client.get(f"{path}.json").status_code == 401
    for method, path in DASHBOARD:
        if method == "POST" and path != "/dashboard/sign-in":
            assert post(client, path).headers["location"] == "/dashboard/sign-in"
    assert client.get("/dashboard/sign-in").status_code == 200
    assert client.get("/dashboard/nothing").status_code == 401


def test_an_admin_signs_in_with_a_key_and_out_again(keyed):
    client, tokens = keyed
    answer, cookie = sign_in(client, tokens["admin"])
    assert answer.headers["location"] == "/dashboard"
    said = answer.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/dashboard"):
        assert part in said
    assert tokens["admin"] not in answer.headers["set-cookie"]
    page = client.get("/dashboard", headers={"cookie": cookie})
    assert page.status_code == 200
    assert "the admin" in page.text
    gone = post(client, "/dashboard/sign-out", cookies=cookie, token=token_on(page))
    assert 'recsys-dashboard=""' in gone.headers["set-cookie"]


def test_the_token_of_one_session_does_nothing_in_another(keyed, versions):
    client, tokens = keyed
    _, other = versions
    _, cookie = sign_in(client, tokens["admin"])
    page = client.get("/dashboard/versions", headers={"cookie": cookie})
    _, editors = sign_in(client, tokens["editor"])
    borrowed = token_on(client.get("/dashboard/rules", headers={"cookie": editors}))
    assert post(client, "/dashboard/versions", cookies=cookie, token=borrowed, version=other).status_code == 403
    assert post(client, "/dashboard/versions", cookies=cookie, token=token_on(page), version=other).status_code == 303


def test_an_editor_sees_and_changes_rules_only(keyed, versions):
    client, tokens = keyed
    _, other = versions
    answer, cookie = sign_in(client, tokens["editor"])
    assert answer.headers["location"] == "/dashboard/rules"
    for path in PAGES:
        shown = client.get(path, headers={"cookie": cookie})
        assert shown.status_code == (200 if path == "/dashboard/rules" else 403), path
        told = client.get(f"{path}.json", headers={"cookie": cookie})
        assert told.status_code == (200 if path == "/dashboard/rules" else 403), path
    page = client.get("/dashboard/rules", headers={"cookie": cookie})
    assert "/dashboard/versions" not in page.text
    fields = {
        "token": token_on(page),
        "revision": "0",
        "rules": '{"rules": [{"kind": "bury", "articles": {"ids": ["x"]}}]}',
    }
    assert post(client, "/dashboard/rules", cookies=cookie, do="save", **fields).status_code == 303
    assert client.get("/dashboard/rules.json", headers={"cookie": cookie}).json()["history"][0]["by"] == "the editor"
    assert post(client, "/dashboard/versions", cookies=cookie, token=token_on(page), version=other).status_code == 403


@pytest.mark.parametrize("kind", ["secret", "wrong", "empty"])
def test_other_keys_open_nothing(keyed, kind):
    client, tokens = keyed
    token = {"secret": tokens["secret"], "wrong": "admin_nothing", "empty": ""}[kind]
    answer, cookie = sign_in(client, token)
    assert answer.status_code == 401
    assert cookie is None
    assert token == "" or token not in answer.text
    assert client.get("/dashboard.json", headers={"authorization": f"Bearer {token}"}).status_code == 401


def test_a_revoked_key_is_out_at_once(keyed):
    client, tokens = keyed
    _, cookie = sign_in(client, tokens["admin"])
    service = client.service
    with closing(service.open_store()) as store:
        [key] = [key for key in store.keys.all() if key.scope == "admin"]
        store.keys.revoke(key.id, NOW)
    service.keyring.refresh()
    assert client.get("/dashboard", headers={"cookie": cookie}).status_code == 303


def test_who_guesses_keys_has_to_wait(keyed):
    client, _ = keyed
    answers = [sign_in(client, f"admin_{number}")[0].status_code for number in range(40)]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_a_key_in_a_header_reads_the_json(keyed):
    client, tokens = keyed
    found = client.get("/dashboard.json", headers={"authorization": f"Bearer {tokens['admin']}"})
    assert found.status_code == 200
    assert found.json()["articles"]["known"] == 42


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_home_says_on_every_page_what_to_do_next(tmp_path, path):
    service = open_service(Home(tmp_path), Settings(), lambda: NOW)
    with client_of(service) as client:
        page = client.get(path)
    assert page.status_code == 200
    assert "recsys " in page.text or path == "/dashboard/rules"


def test_with_articles_and_no_model_the_next_step_is_to_train(tmp_path):
    service = open_service(Home(tmp_path), Settings(), lambda: NOW)
    with client_of(service) as client:
        client.put("/v1/articles/one", json={"id": "one", "title": "One", "published_at": "2026-03-01T00:00:00Z"})
        told = [step["run"] for step in client.get("/dashboard.json").json()["next"]]
        assert told == ["recsys import --articles articles.jsonl", "recsys import access.log", "recsys train"]
        assert client.get("/dashboard/explorer?article=one").status_code == 200
        assert client.get("/dashboard/compare?article=one").status_code == 200
        assert client.get("/dashboard/ranking").status_code == 200


def test_reports_of_imports_are_shown_row_by_row(dashboard, home):
    home.reports.mkdir()
    row = {"file": "a.jsonl", "line": 7, "field": "title", "reason": "is missing <b>"}
    name = "import-2026-03-10T120000Z.jsonl"
    (home.reports / name).write_bytes(msgspec.json.encode(row) + b"\n")
    (home.reports / "other.html").write_text("x")
    assert dashboard.get("/dashboard/imports.json").json()["imports"] == [{"report": name, "bad_rows": 1}]
    page = dashboard.get(f"/dashboard/imports?report={quote(name)}")
    assert "is missing &lt;b&gt;" in page.text
    assert dashboard.get(f"/dashboard/imports.json?report={quote(name)}").json()["report"]["rows"] == [row]
