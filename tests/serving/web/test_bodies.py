"""What a publisher's HTML may do on the demo pages: be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.web.bodies import excerpt, safe_body

HOSTILE = [
    "<p>x</p><script>alert(1)</script>",
    "<p onclick=alert(1)>x</p>",
    "<p><img src=x onerror=alert(1)></p>",
    "<p><a href='javascript:alert(1)'>x</a></p>",
    "<p><a href='data:text/html,<script>alert(1)</script>'>x</a></p>",
    "<p><svg onload=alert(1)></p>",
    "<p><iframe src=//evil.example></iframe></p>",
    "<p><form action=//evil.example><input></form></p>",
    "<p><style>*{display:none}</style></p>",
    "<p><base href=//evil.example></p>",
    "<p><math><mtext><table><mglyph><style><img src=x onerror=alert(1)></p>",
    "<p style='background:url(//evil.example)'>x</p>",
]


@pytest.mark.parametrize("body", HOSTILE)
def test_nothing_in_a_body_runs_or_calls_elsewhere(body):
    found = safe_body(body).lower()
    for part in (
        "<script",
        "onerror",
        "onclick",
        "onload",
        "javascript:",
        "data:",
        "<iframe",
        "<form",
        "style",
        "<base",
    ):
        assert part not in found


def test_plain_text_becomes_paragraphs_and_stays_text():
    assert safe_body("One <Srd> & two\n\nThree") == "<p>One &lt;Srd&gt; &amp; two</p>\n<p>Three</p>"


def test_ordinary_html_stays_what_it_is():
    body = "<h2>A</h2><p>b <em>c</em> <a href='/articles/x'>d</a></p><ul><li>e</li></ul><blockquote>f</blockquote>"
    found = safe_body(body)
    assert '<a href="/articles/x" rel="nofollow noopener">d</a>' in found
    for part in ("<h2>A</h2>", "<em>c</em>", "<li>e</li>", "<blockquote>f</blockquote>"):
        assert part in found


@given(st.text(max_size=400), st.integers(10, 100))
def test_an_excerpt_is_short_and_on_one_line(text, characters):
    found = excerpt(text, characters)
    assert len(found) <= characters + 2
    assert "\n" not in found
