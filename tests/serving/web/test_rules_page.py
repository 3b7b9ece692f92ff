"""Rules made by a form or as JSON: tried, saved, taken out; and told in words."""

import html
import json
import re

import pytest

from recsys.rules.rule import KINDS
from recsys.settings import Settings
from recsys.times import DAY, HOUR, format_time
from serving.run import open_service
from serving.web import rule_form
from tests.serving.conftest import NOW
from tests.serving.web.asking import client_of, post, sign_in, token_on


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


def test_a_saved_rule_that_touches_nothing_is_told(dashboard):
    """A misspelt id is saved as it is; without a word an editor would believe that it works."""
    kept = [
        {"kind": "filter", "articles": {"ids": ["football-1"]}},
        {"kind": "pin", "articles": {"ids": ["footbal-2"]}},
    ]
    fields = {"token": token_on(dashboard.get("/dashboard/rules")), "revision": "0"}
    post(dashboard, "/dashboard/rules", do="save", rules=json.dumps({"rules": kept}), **fields)
    assert "No article or page falls under rule 1" in dashboard.get("/dashboard/rules?saved=1").text
    assert "falls under" not in dashboard.get("/dashboard/rules").text


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("{", "not JSON"),
        ("[]", "rules"),
        ('{"rules": [{"kind": "pin"}]}', "Rule 0: articles: is missing"),
        ('{"rules": [{"kind": "boost", "articles": {"tags": ["a"]}, "factor": NaN}]}', "JSON doesn"),
    ],
)
def test_a_bad_rule_is_named_and_the_text_is_kept(dashboard, rules, said):
    token = token_on(dashboard.get("/dashboard/rules"))
    answer = post(dashboard, "/dashboard/rules", do="save", token=token, revision="0", rules=rules)
    assert answer.status_code == 422
    assert said in answer.text
    assert rules.replace('"', "&#34;") in answer.text


def fill(client, cookies=None, **fields):
    """What the page shows once its form was sent; as a browser sends it, with what was left as it is."""
    page = client.get("/dashboard/rules", headers={"cookie": cookies} if cookies else {})
    asked = {"token": token_on(page), "kind": "pin", "by": "ids", "position": "1", "factor": "2", "label": "sensitive"}
    return post(client, "/dashboard/rules", cookies=cookies, **(asked | {"do": "try", "list": "ranking"} | fields))


def text_in(page):
    return html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page.text, re.DOTALL)[1])


def save(client, page, cookies=None):
    """What the page's Save does: it sends the JSON that the preview was made of."""
    revision = re.findall(r'name="revision" value="(\d+)"', page.text)[-1]
    fields = {"token": token_on(page), "revision": revision, "rules": text_in(page)}
    return post(client, "/dashboard/rules", cookies=cookies, do="save", **fields)


def kept(client):
    return client.get("/v1/rules").json()["rules"]


def test_an_editor_finds_an_article_by_its_title_and_pins_it(keyed):
    client, tokens = keyed
    _, cookie = sign_in(client, tokens["editor"])
    found = fill(client, cookie, do="find", q="NUMBER 7")
    assert found.status_code == 200
    offered = re.findall(r'name="article" value="([^"]*)">', found.text)
    assert offered[:3] == ["harbour-7", "council-7", "football-7"]

    tried = fill(client, cookie, q="number 7", article="harbour-7")
    title = json.loads(client.get("/v1/articles/harbour-7", headers=bearer(tokens)).text)["title"]
    assert f"Pin “{title}” at place 1 of Ranking." in tried.text
    assert "1 rule added" in tried.text
    assert 'value="harbour-7" checked' in tried.text
    assert client.get("/v1/rules", headers=bearer(tokens)).json()["rules"] == []

    assert save(client, tried, cookie).status_code == 303
    assert client.get("/v1/ranking", headers=bearer(tokens)).json()["items"][0]["id"] == "harbour-7"
    assert client.get("/dashboard/rules.json", headers={"cookie": cookie}).json()["history"][0]["by"] == "the editor"


def bearer(tokens):
    return {"authorization": f"Bearer {tokens['admin']}"}


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        (
            {"kind": "pin", "article": ["harbour-1", "with/slash é"], "position": "3", "list": ["ranking", "related"]},
            {"kind": "pin", "lists": ["related", "ranking"], "position": 3}
            | {"articles": {"ids": ["harbour-1", "with/slash é"]}},
        ),
        (
            {"kind": "boost", "by": "sections", "name": "Harbour", "factor": "0.5"},
            {"kind": "boost", "lists": ["ranking"], "articles": {"sections": ["Harbour"]}, "factor": 0.5},
        ),
        (
            {"kind": "bury", "by": "tags", "name": "council", "list": ["related", "ranking", "recommendation"]},
            {"kind": "bury", "articles": {"tags": ["council"]}},
        ),
        (
            {"kind": "filter", "by": "labels", "name": "paid", "ends_at": "2026-04-01T18:00"},
            {"kind": "filter", "lists": ["ranking"], "articles": {"labels": ["paid"]}}
            | {"ends_at": "2026-04-01T18:00:00Z"},
        ),
        (
            {"kind": "label", "by": "title_words", "name": "number 7", "label": "sponsored", "list": []},
            {"kind": "label", "articles": {"title_words": ["number 7"]}, "label": "sponsored"},
        ),
        (
            {"kind": "allow", "by": "ids", "article": "sensitive"},
            {"kind": "allow", "lists": ["ranking"], "pages": {"ids": ["sensitive"]}},
        ),
    ],
)
def test_every_kind_of_rule_can_be_made_by_the_form(dashboard, fields, rule):
    assert save(dashboard, fill(dashboard, **fields)).status_code == 303
    assert kept(dashboard) == [rule]


def test_enter_in_any_field_leads_on(dashboard):
    """A browser takes it as a press of the first button, Find, though there may be nothing to find."""
    assert "1 rule added" in fill(dashboard, do="find", kind="bury", by="tags", name="harbour").text
    assert "Find an article by words" in fill(dashboard, do="find").text


def test_the_form_has_words_for_every_kind():
    assert {kind for kind, _, _ in rule_form.WORDS} == set(KINDS)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Find an article by words of its title."),
        ({"q": "number 7"}, "Choose one of the articles found."),
        ({"article": "harbour-1", "list": []}, "Tick at least one list."),
        ({"by": "tags", "name": "harbour"}, "A pin takes articles that are chosen one by one."),
        ({"kind": "bury", "by": "tags", "name": " "}, "Type a name"),
        ({"article": "harbour-1", "position": "first"}, "The place is a number."),
        ({"article": "harbour-1", "position": "101"}, "position: "),
        ({"article": "harbour-1", "ends_at": "soon"}, "ends_at: "),
        ({"article": "harbour-1", "ends_at": "2026-03-10T11:59"}, "has passed"),
        ({"kind": "label", "by": "labels", "name": "paid"}, "go by labels"),
        ({"kind": "boost", "article": "harbour-1", "factor": "nan"}, "factor: "),
    ],
)
def test_what_is_missing_or_wrong_is_said_beside_the_form_and_nothing_typed_is_lost(dashboard, fields, told):
    page = fill(dashboard, **fields)
    assert page.status_code == 422
    assert told in html.unescape(page.text)
    assert text_in(page).split() == ["{", '"rules":', "[]", "}"]
    for name in fields.keys() & {"q", "ends_at"}:
        assert f'value="{fields[name]}"' in page.text


def test_where_nothing_is_found_the_page_says_so(dashboard):
    assert "Try fewer words" in fill(dashboard, do="find", q="zzz").text
    assert "Try fewer words" not in dashboard.get("/dashboard/rules").text


def test_titles_that_look_like_markup_are_shown_as_text(dashboard):
    title = '<script>alert(1)</script>" onx=1 quay'
    record = {"id": '"><b>', "title": title, "published_at": "2026-03-10T11:00:00Z"}
    dashboard.put("/v1/articles/%22%3E%3Cb%3E", json=record)
    pages = [
        fill(dashboard, do="find", q="<script>"),
        fill(dashboard, article='"><b>'),
        dashboard.get("/dashboard/explorer?article=%3Cscript%3E%20quay&history=%22%3E%3Cb%3E"),
    ]
    save(dashboard, pages[1])
    for page in [*pages, dashboard.get("/dashboard/rules")]:
        assert "<script" not in page.text
        assert "<b>" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text


def test_each_rule_is_told_with_whether_it_touches_anything_now(dashboard):
    rules = [
        {"kind": "bury", "articles": {"tags": ["council"]}, "note": "as agreed"},
        {"kind": "bury", "articles": {"tags": ["counsil"]}},
        {"kind": "pin", "articles": {"ids": ["unlisted"]}},
        {"kind": "bury", "articles": {"labels": ["paid"]}, "ends_at": format_time(NOW - HOUR)},
        {"kind": "label", "articles": {"title_words": ["quay"]}, "label": "paid", "starts_at": format_time(NOW + DAY)},
    ]
    assert dashboard.put("/v1/rules", json={"rules": rules}, headers={"if-match": "*"}).status_code == 200
    told = dashboard.get("/dashboard/rules.json").json()["rules"]
    assert [rule["state"] for rule in told] == ["in_force", "idle", "idle", "over", "to_come"]
    assert told[0]["said"] == "Move articles tagged “council” to the end of all lists."
    page = dashboard.get("/dashboard/rules").text
    assert page.count("touches nothing now") == 2
    assert "as agreed" in page


def test_a_rule_is_taken_out_after_a_look_at_what_would_change(dashboard):
    for number in (1, 2):
        save(dashboard, fill(dashboard, article=f"harbour-{number}"))
    page = dashboard.get("/dashboard/rules")
    tried = post(dashboard, "/dashboard/rules", token=token_on(page), revision="2", remove="0")
    assert tried.status_code == 200
    assert "0 rules added, 1 removed" in tried.text
    assert len(kept(dashboard)) == 2
    assert save(dashboard, tried).status_code == 303
    assert [rule["articles"]["ids"] for rule in kept(dashboard)] == [["harbour-2"]]
    for revision, place in (("2", "0"), ("3", "1"), ("3", "-1"), ("", "0")):
        late = post(dashboard, "/dashboard/rules", token=token_on(page), revision=revision, remove=place)
        assert late.status_code == 422
        assert "look again" in late.text
    assert len(kept(dashboard)) == 1


def test_rules_are_counted_alike_on_the_page_over_http_and_on_the_command_line(dashboard):
    """The first is rule 0 everywhere: whoever reads of a fault in one place finds the rule in another."""
    rules = {"rules": [{"kind": "bury", "articles": {"tags": ["harbour"]}}, {"kind": "boost"}]}
    over_http = dashboard.put("/v1/rules", json=rules, headers={"if-match": "*"}).json()
    assert over_http["errors"][0]["index"] == 1
    token = token_on(dashboard.get("/dashboard/rules"))
    page = post(dashboard, "/dashboard/rules", do="save", token=token, revision="0", rules=json.dumps(rules))
    assert "Rule 1: " in page.text
    rules["rules"][1] = {"kind": "bury", "articles": {"tags": ["nobody has it"]}}
    dry = dashboard.put("/v1/rules?dry_run=true", json=rules).json()
    page = post(dashboard, "/dashboard/rules", do="preview", token=token, revision="0", rules=json.dumps(rules))
    assert dry["preview"]["idle"] == [1]
    assert "falls under rule 1:" in page.text
    dashboard.put("/v1/rules", json=rules, headers={"if-match": "*"})
    assert re.findall(r'name="remove" value="(\d)"', dashboard.get("/dashboard/rules").text) == ["0", "1"]


def test_a_time_without_a_zone_is_in_the_sites_own(home):
    service = open_service(home, Settings(timezone="Europe/Berlin"), lambda: NOW)
    with client_of(service) as client:
        tried = fill(client, article="harbour-1", ends_at="2026-04-01T18:00")
        assert "until 1 April 2026, 18:00 (CEST)" in tried.text
        assert json.loads(text_in(tried))["rules"][0]["ends_at"] == "2026-04-01T16:00:00Z"


def test_the_form_adds_to_what_colleagues_saved_meanwhile_and_a_late_save_is_refused(dashboard):
    tried = fill(dashboard, article="harbour-1")
    save(dashboard, fill(dashboard, article="harbour-2"))
    late = save(dashboard, tried)
    assert late.status_code == 422
    assert "Somebody has changed the rules" in late.text
    again = fill(dashboard, article="harbour-1")
    assert save(dashboard, again).status_code == 303
    assert [rule["articles"]["ids"] for rule in kept(dashboard)] == [["harbour-2"], ["harbour-1"]]
