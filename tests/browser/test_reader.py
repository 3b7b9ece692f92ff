"""A reader in a real browser: reads, likes, follows a Related link, and gets other recommendations."""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def address(trained_home, tmp_path):
    """A real server on a copy of the trained site."""
    home = shutil.copytree(trained_home, tmp_path / "home")
    log = tmp_path / "serve.log"
    recsys = Path(sys.executable).with_name("recsys")
    with log.open("w") as out:
        server = subprocess.Popen([recsys, "serve", "--port", "0", "--home", home], stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + 60
            while not (found := re.search(r"listening on (http://\S+)", log.read_text())):
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.05)
            yield found[1]
        finally:
            server.terminate()
            server.wait(20)


def test_a_reader_reads_likes_and_moves_on(address):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 360, "height": 800})
        complaints, hosts = [], set()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: hosts.add(request.url.split("/")[2]))

        page.goto(f"{address}/articles/harbour-3")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        button = page.locator("form.like button")
        count = page.locator("form.like .count")
        before = int(count.inner_text().strip("()"))
        button.click()
        page.wait_for_function(
            "n => document.querySelector('form.like .count').textContent === `(${n})`", arg=before + 1
        )
        assert button.get_attribute("aria-pressed") == "true"

        def recommended():
            return page.locator("[data-list=recommendation]").all_inner_texts()

        first = recommended()
        related = page.locator("[data-list=related]").first
        title = related.inner_text()
        related.click()
        assert page.locator("h1").inner_text() == title
        assert recommended() != first
        page.go_back()
        page.reload()
        assert page.locator("form.like .count").inner_text() == f"({before + 1})"
        assert not complaints
        assert hosts == {address.removeprefix("http://")}
        browser.close()
