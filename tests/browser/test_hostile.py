"""Two hundred hostile titles, tags, authors, sections and addresses: no script runs on the site or on the dashboard."""

import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.browser.chromium import CHROMIUM, browsing, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]

RECSYS = Path(sys.executable).with_name("recsys")

# What runs, in how it breaks out of where it stands: 20 payloads in 10 frames.
PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<body onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<a href=javascript:alert(1)>x</a>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<object data=javascript:alert(1)></object>",
    "<link rel=stylesheet href=data:text/css,*{x:expression(alert(1))}>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<base href=javascript:alert(1)//>",
    "{{constructor.constructor('alert(1)')()}}{{7*7}}",
    "${alert(1)}<%= alert(1) %>",
]
FRAMES = [
    "{}",
    '"{}',
    "'>{}",
    '">{}',
    "</title>{}",
    "</textarea>{}",
    "</script>{}",
    "-->{}",
    "' autofocus onfocus=alert(1) x='{}",
    "\u202e\u2028{}",
]
HOSTILE = [
    frame.format(payload) if "{}" in frame else payload for frame, payload in itertools.product(FRAMES, PAYLOADS)
]
BATCH = 20


def articles():
    for number, text in enumerate(HOSTILE):
        yield {
            "id": f"{number} {text}",
            "title": f"{text} quay crane harbour",
            "body": f"<p>{text} quay crane harbour ship</p>",
            "section": [f"{text}"],
            "tags": [text, "quay"],
            "authors": [text],
            "labels": ["paid", text],
            "url": "/" + quote(text),
            "published_at": f"2026-03-10T{10 + number // 60:02d}:{number % 60:02d}:00Z",
        }


@pytest.fixture
def hostile(trained_home, tmp_path):
    """A server of a site full of it, and the ids."""
    home, file = tmp_path / "home", tmp_path / "hostile.jsonl"
    shutil.copytree(trained_home, home)
    found = list(articles())
    bad = [
        found[0] | {"id": f"bad{i}", "url": url} for i, url in enumerate(("javascript:alert(1)", "data:text/html,x"))
    ]
    file.write_text("".join(json.dumps(article) + "\n" for article in found + bad))
    done = subprocess.run(
        [RECSYS, "import", "--articles", file, "--home", home], check=True, capture_output=True, text=True
    )
    assert "2 bad" in done.stdout
    with serving(home, tmp_path / "serve.log") as address:
        yield address, [article["id"] for article in found]


def test_no_script_of_two_hundred_runs(browser, hostile):
    address, ids = hostile
    assert len(set(HOSTILE)) == 200
    with browsing(browser) as (page, complaints, dialogs):
        marks = "window.alert = () => { window.ran = true; document.title = 'RAN'; }"
        page.add_init_script(marks)

        def look(path):
            answer = page.goto(address + path)
            assert answer.status == 200, path
            # What would only run once somebody touches it.
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert page.evaluate("window.ran") is None, path
            links = page.evaluate("[...document.querySelectorAll('a, form')].map((one) => one.href || one.action)")
            assert {link.split(":")[0] for link in links if link} <= {"http", "https"}, path
            assert page.locator("main :is(iframe, object, script, base, svg script)").count() == 0, path

        look("/")
        for article_id in ids[:: len(ids) // BATCH]:
            segment = quote(article_id, safe="")
            look(f"/articles/{segment}")
            look(f"/dashboard/explorer?article={segment}&why_not={segment}")
            look(f"/section/{quote(article_id.split(' ', 1)[1], safe='')}")
        for text in HOSTILE[::BATCH]:
            look(f"/search?q={quote(text, safe='')}")
            look(f"/dashboard/explorer?article=harbour-3&why_not={quote(text, safe='')}&never={quote(text, safe='')}")
        for name in ("", "/ranking?window=all", "/versions", "/rules", "/lists", "/health"):
            look(f"/dashboard{name}")
        look(f"/dashboard/compare?article={quote(ids[0], safe='')}")
        assert dialogs == []
        assert [text for text in complaints if "Content Security Policy" in text] == []
