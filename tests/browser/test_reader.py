"""A reader in a real browser: reads, likes, follows a Related link, and gets other recommendations."""

import shutil

import pytest

from tests.browser.chromium import CHROMIUM, browsing, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def address(trained_home, tmp_path):
    """A real server on a copy of the trained site."""
    home = shutil.copytree(trained_home, tmp_path / "home")
    with serving(home, tmp_path / "serve.log") as found:
        yield found


def test_a_reader_reads_likes_and_moves_on(browser, address):
    hosts = set()
    with browsing(browser, viewport={"width": 360, "height": 800}) as (page, complaints, _):
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
