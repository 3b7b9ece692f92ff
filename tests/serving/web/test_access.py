"""Keys open what is theirs; forms act only if they are ours."""

from contextlib import closing
from urllib.parse import urlencode

import pytest

from serving.security import DASHBOARD
from tests.serving.conftest import NOW
from tests.serving.web.asking import FORM, PAGES, post, sign_in, token_on


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
