"""The widget on a page of another origin, under a strict policy: lists, impressions, clicks, consent."""

import http.server
import json
import shutil
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import pytest

from recsys.store.sqlite import SqliteStore
from tests.browser.chromium import CHROMIUM, browsing, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

RECSYS = Path(sys.executable).with_name("recsys")


class _Page(http.server.SimpleHTTPRequestHandler):
    """One article of another site, which lets in our script and nothing inline."""

    def __init__(self, *arguments, body, api, **named):
        self.body, self.api = body, api
        super().__init__(*arguments, **named)

    def do_GET(self):
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        policy = f"default-src 'none'; script-src {self.api}; connect-src {self.api}; img-src 'self'"
        self.send_header("content-security-policy", policy)
        self.end_headers()
        self.wfile.write(self.body().encode())

    def log_message(self, *arguments):
        pass


HOSTILE = [
    {"id": "hostile-0", "title": "<img src=x onerror=alert(1)>"},
    {"id": "hostile-1", "title": "</script><script>alert(1)</script>"},
    {"id": "hostile-2", "title": "\u202e<svg onload=alert(1)>", "labels": ["paid"]},
]

UNTITLED = {"id": "untitled", "title": " "}


@pytest.fixture(scope="module")
def publisher(trained_home, tmp_path_factory):
    """What shows elements on a page of a publisher, which has a key for its origin; and the home behind."""
    folder = tmp_path_factory.mktemp("publisher")
    home = Path(shutil.copytree(trained_home, folder / "home"))
    file = folder / "hostile.jsonl"
    more = {"published_at": "2026-03-10T11:00:00Z"}
    file.write_text("".join(json.dumps(one | more | {"url": f"/{one['id']}"}) + "\n" for one in [*HOSTILE, UNTITLED]))
    subprocess.run([RECSYS, "import", "--articles", file, "--home", home], check=True, capture_output=True)
    text = [""]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Page, body=lambda: text[0], api="")) as site:
        origin = f"http://127.0.0.1:{site.server_address[1]}"
        made = subprocess.run(
            [RECSYS, "keys", "create", "--scope", "publishable", "--origin", origin, "--home", home],
            capture_output=True,
            text=True,
            check=True,
        )
        key = next(word for word in made.stdout.split() if len(word) > 30)
        with serving(home, folder / "serve.log") as api:
            site.RequestHandlerClass = partial(_Page, body=lambda: text[0], api=api)
            threading.Thread(target=site.serve_forever, daemon=True).start()

            def show(elements, attributes=""):
                text[0] = (
                    f"<!doctype html><title>Their page</title><script src='{api}/widget.js' data-key='{key}'"
                    f" {attributes}></script><main>{elements}</main>"
                )
                return origin

            yield show, home
            site.shutdown()


def sent(home):
    """All events of the log."""
    store = SqliteStore(home / "store.db", read_only=True)
    try:
        return [event for entry in store.log.read(0, 100_000) for event in entry.events]
    finally:
        store.close()


def test_what_is_in_view_for_a_second_is_an_impression_and_a_click_names_its_list(browser, publisher):
    """The first of this file, so that no event of another page comes in between."""
    show, home = publisher
    before = len(sent(home))
    with browsing(browser) as (page, complaints, _):
        page.goto(show("<recsys-list list='ranking' limit='3'></recsys-list>"))
        link = page.locator("recsys-list a").first
        link.wait_for()
        with page.expect_response(lambda answer: "/v1/events" in answer.url):
            page.wait_for_timeout(1_500)
        link.click()
        page.wait_for_timeout(500)
        assert [text for text in complaints if "404" not in text] == []
    events = sent(home)[before:]
    assert [(event.type, event.list) for event in events] == [("impression", "ranking")] * 3 + [("click", "ranking")]
    assert [event.position for event in events] == [1, 2, 3, 1]
    assert {event.request_id for event in events} != {None}
    assert {(event.visitor_id, event.session_id) for event in events} == {(None, None)}


def test_three_lists_are_shown_with_nothing_twice_and_no_complaint(browser, publisher):
    show, _ = publisher
    lists = "".join(
        f"<recsys-list list='{name}' article='harbour-3' heading='{name}'></recsys-list>"
        for name in ("related", "ranking", "recommendation")
    )
    with browsing(browser) as (page, complaints, _):
        page.goto(show(lists))
        page.wait_for_function("document.querySelectorAll('recsys-list').length === 3")
        page.locator("recsys-list[list=recommendation] a").first.wait_for()
        links = page.locator("recsys-list a").evaluate_all("links => links.map(link => link.href)")
        assert len(links) == len(set(links)) > 10
        assert page.evaluate("document.cookie + localStorage.length") == "0"
        assert complaints == []


def test_consent_gives_a_random_id_and_taking_it_back_forgets_it(browser, publisher):
    show, home = publisher
    with browsing(browser) as (page, _, _):
        page.goto(show("<recsys-list list='ranking'></recsys-list>", "data-view='harbour-3'"))
        page.locator("recsys-list a").first.wait_for()
        page.evaluate("recsys.consent(true)")
        visitor = page.evaluate("localStorage.getItem('recsys-visitor')")
        assert len(visitor) == 32
        page.evaluate("recsys.view('harbour-3')")
        page.evaluate("recsys.consent(false)")
        assert page.evaluate("localStorage.length") == 0
        page.wait_for_timeout(500)
    views = [event for event in sent(home) if event.type == "view" and event.article_id == "harbour-3"]
    assert [event.visitor_id for event in views][-2:] == [None, visitor]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(3))
def test_hostile_titles_are_text(browser, publisher, hostile):
    show, _ = publisher
    with browsing(browser) as (page, complaints, dialogs):
        page.goto(show("<recsys-list list='ranking' limit='100'></recsys-list>"))
        page.locator("recsys-list a").first.wait_for()
        shown = page.locator(f"recsys-list a[href$='/{hostile['id']}'] span").inner_text()
        assert shown.startswith(hostile["title"].strip("\u202e")[:10]) or hostile["title"] in shown
        assert dialogs == []
        assert complaints == []


def test_an_article_without_a_title_is_not_shown(browser, publisher):
    """A link without words can be neither read nor followed."""
    show, _ = publisher
    with browsing(browser) as (page, _, _):
        page.goto(show("<recsys-list list='ranking' limit='100'></recsys-list>"))
        page.locator("recsys-list a[href$='/hostile-0']").wait_for()
        assert page.locator("recsys-list a[href$='/untitled']").count() == 0
