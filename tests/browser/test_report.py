"""The page of an evaluation: whole at the width of a telephone, light and dark, and it asks nobody for anything."""

import numpy as np
import pytest

from tests.browser.chromium import CHROMIUM, browsing
from training.comparison import Answers, compared
from training.report import report_page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture
def page_file(tmp_path):
    rng = np.random.default_rng(1)
    lists = {
        name: [rng.choice(60, 10, replace=False).tolist() for _ in range(40)]
        for name in ("ours", "a model with a rather long name that goes on and on", "random")
    }
    truth = [dict.fromkeys(rng.choice(60, 6, replace=False).tolist(), 1.0) for _ in range(40)]
    parts = [Answers(lists=lists, truth=truth, begins=day * 86_400_000_000) for day in range(3)]
    found = compared("recommendation", "a protocol", parts, depths=(10, 5), catalogue=60, notes=("A note.",))
    path = tmp_path / "report.html"
    path.write_text(report_page([found], None, "The Courier"), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_loads_nothing(browser, page_file, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    with browsing(browser, viewport={"width": width, "height": 800}, color_scheme=scheme) as (page, complaints, _):
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("figure svg").first.bounding_box()["width"] > width / 6
        found = Axe().run(page)
        assert [violation["id"] for violation in found.response["violations"]] == []
        assert [url for url in asked if not url.startswith("data:")] == [page_file.as_uri()]
        assert not complaints
