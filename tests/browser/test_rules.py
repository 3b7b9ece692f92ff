"""An editor without JSON, ids or a mouse: a pin made by the form stands on the article page."""

import shutil

import pytest

from tests.browser.chromium import CHROMIUM, browsing, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

SERIOUS = ("serious", "critical")


@pytest.fixture
def address(trained_home, tmp_path):
    home = shutil.copytree(trained_home, tmp_path / "home")
    with serving(home, tmp_path / "log") as url:
        yield url


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_an_editor_pins_an_article_by_keyboard_and_takes_the_pin_out_again(browser, address, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    size = {"width": width, "height": 800}
    with browsing(browser, viewport=size, color_scheme=scheme) as (page, complaints, dialogs):

        def look():
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page).response["violations"]
            assert [rule["id"] for rule in found if rule["impact"] in SERIOUS] == []

        def press(locator, key):
            locator.focus()
            with page.expect_navigation():
                page.keyboard.press(key)

        page.goto(f"{address}/articles/council-3")
        assert page.locator("[data-list=ranking]").first.inner_text() != "Cargo and dock number 6"

        page.goto(f"{address}/dashboard/rules")
        assert page.get_by_label("Its name").is_hidden()
        assert page.get_by_label("How far").is_hidden()
        page.get_by_label("Words of a title").fill("cargo 6")
        press(page.get_by_label("Words of a title"), "Enter")
        look()
        choice = page.get_by_label("Cargo and dock number 6")
        for box in (choice, page.get_by_label("Ranking")):
            box.focus()
            page.keyboard.press("Space")
        press(page.get_by_role("button", name="Preview"), "Enter")
        assert page.get_by_text("Pin “Cargo and dock number 6” at place 1 of Ranking.").count() == 1
        look()
        press(page.get_by_role("button", name="Save"), "Enter")
        assert page.get_by_role("status").inner_text() == "Saved. The rules are in force."
        assert page.locator(".rules .mark").inner_text() == "in force"
        look()

        page.goto(f"{address}/articles/council-3")
        assert page.locator("[data-list=ranking]").first.inner_text() == "Cargo and dock number 6"

        page.goto(f"{address}/dashboard/rules")
        page.get_by_label("Never show").check()
        assert page.get_by_label("At place").is_hidden()
        page.get_by_label("Chosen as").select_option(label="all with a tag")
        assert page.get_by_label("Words of a title").is_hidden()
        assert page.get_by_label("Its name").is_visible()

        press(page.get_by_role("button", name="remove rule 0"), "Enter")
        press(page.get_by_role("button", name="Save"), "Enter")
        assert page.get_by_text("None yet.").count() == 1
        assert complaints == []
        assert dialogs == []
