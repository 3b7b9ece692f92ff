"""A stranger's first five minutes in a real browser: every page clean to axe, to the console and to other hosts."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.chromium import CHROMIUM, browsing
from tests.faults.scale import FULL

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

RECSYS = Path(sys.executable).with_name("recsys")
WEIGHT = 150_000  # bytes of a page with all that it loads
SERIOUS = ("serious", "critical")
WINDOWS = [(1280, "light"), (360, "dark"), *([(1280, "dark"), (360, "light")] if FULL else [])]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo, as its command makes it."""
    folder = tmp_path_factory.mktemp("demo")
    command = [RECSYS, "demo", "--no-browser", "--port", "0", "--home", folder / "home"]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process,
    ):
        said = ""
        while not (found := re.search(r"^listening on (http://\S+)$", said, re.MULTILINE)):
            line = process.stdout.readline()
            assert line, said + (folder / "log").read_text()
            said += line
        yield found[1]
        process.send_signal(signal.SIGTERM)
        process.wait(20)


class Walk:
    """One page in one browser, and what must hold on each that it shows."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.hosts, self.bytes = set(), 0
        page.on("request", self._note)
        page.on("response", self._weigh)

    def _note(self, request):
        self.hosts.add(request.url.split("/")[2])
        if request.is_navigation_request():
            self.bytes = 0

    def _weigh(self, response):
        self.bytes += int(response.headers.get("content-length", 0))

    def go(self, path):
        self.page.goto(self.address + path)
        self.look()

    def look(self):
        """What is shown fits the window, weighs little, and axe has nothing serious to say."""
        from axe_playwright_python.sync_playwright import Axe

        width = self.page.viewport_size["width"]
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, self.page.url
        assert self.bytes < WEIGHT, self.page.url
        found = Axe().run(self.page).response["violations"]
        told = [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found if rule["impact"] in SERIOUS]
        assert told == [], self.page.url


@pytest.mark.parametrize(("width", "scheme"), WINDOWS)
def test_the_first_five_minutes(browser, demo, width, scheme):
    size = {"width": width, "height": 800}
    with browsing(browser, viewport=size, color_scheme=scheme) as (page, complaints, dialogs):
        walk = Walk(page, demo)

        # 1:00 an article with three lists and their reasons
        walk.go("/")
        page.locator(".teaser.lead a").click()
        for name in ("related", "ranking", "recommendation"):
            assert page.locator(f"[data-list={name}]").count() >= 8
            assert page.locator(f".list-{name} .why summary").first.inner_text() != ""
        walk.look()

        # 1:30 two likes, and the lists move, marked
        for _ in range(2):
            button = page.locator("form.like button")
            if button.get_attribute("aria-pressed") == "false":
                with page.expect_response(lambda answer: answer.request.headers.get("purpose") == "prefetch"):
                    button.click()
                page.wait_for_function("!document.querySelector('form.like button').disabled")
            page.locator("[data-list=related]").first.click()
        assert page.locator(".list-recommendation .move").count() > 0
        walk.look()

        # 2:30 "why?" opens the explanation, by keyboard
        why = page.locator(".list-related details.why").first
        why.locator("summary").focus()
        page.keyboard.press("Enter")
        assert why.locator("table tr").count() >= 2
        walk.look()

        # others who read here, and a search
        page.get_by_role("button", name="a reader of").first.click()
        page.get_by_role("searchbox").fill("bridge")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.locator(".teaser").count() > 0
        walk.look()

        # 3:00 the dashboard: every page
        walk.go("/dashboard")
        assert page.get_by_role("heading", name="Overview").count() == 1
        for name in ("ranking", "lists", "imports", "health", "rules", "explorer", "versions"):
            walk.go(f"/dashboard/{name}")

        # 3:45 two versions side by side, activated, rolled back
        page.get_by_role("link", name=re.compile("Compare with the active one")).first.click()
        page.locator(".begin a").first.click()
        assert page.locator(".compared li").count() > 10
        walk.look()
        page.get_by_role("link", name="Activate or roll back").click()
        active = page.locator(".version.active h2").inner_text()
        page.get_by_role("button", name=re.compile("^Activate")).first.click()
        assert page.locator(".version.active h2").inner_text() != active
        page.get_by_role("button", name=re.compile("^Activate")).first.click()
        assert page.locator(".version.active h2").inner_text() == active

        # an editor tries a rule: why not this one, never here, undone again
        walk.go("/dashboard/explorer")
        page.locator(".begin a").first.click()
        page.get_by_label("Other article").fill("tide tables")
        page.get_by_role("button", name="Say why").click()
        walk.look()
        page.locator(".why-not .begin a").first.click()
        assert page.locator(".verdict").count() == 1
        first = page.locator("#list-ranking ~ .items li").first.locator(".item > a").inner_text()
        page.locator("#list-ranking ~ .items li").first.get_by_role("button").click()
        assert page.locator(".done").count() == 1
        assert page.locator("#list-ranking ~ .items li").first.locator(".item > a").inner_text() != first
        walk.look()
        page.get_by_role("link", name="Undo it in the rules").click()
        page.get_by_role("button", name="remove rule 0").click()
        assert page.get_by_text("1 removed").count() == 1
        walk.look()
        page.get_by_role("button", name="Save").click()
        assert page.locator(".done").count() == 1

        assert complaints == []
        assert dialogs == []
        assert walk.hosts == {demo.removeprefix("http://")}


def test_a_like_without_a_mouse_and_the_whole_site_without_javascript(browser, demo):
    with browsing(browser, java_script_enabled=False) as (page, complaints, _):
        page.goto(f"{demo}/articles/lamp-workshops")
        before = page.locator("form.like .count").inner_text()
        page.locator("form.like button").focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.locator("form.like .count").inner_text() != before
        page.locator("details.why summary").first.click()
        assert page.locator("details.why[open]").count() == 1
        assert complaints == []
