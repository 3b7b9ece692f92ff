"""What a reader sees of a body, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.markup import html_to_text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>The ferry is late.</p><p>Again.</p>", "The ferry is late.\nAgain."),
        ("first<br>second<br/>third", "first\nsecond\nthird"),
        ("<ul><li>bread<li>milk</ul>", "bread\nmilk"),
        ("<table><tr><td>Oslo<td>7°</table>", "Oslo\n7°"),
        ("half<b>way</b> <em>there</em>", "halfway there"),
        ("x<sup>2</sup>", "x2"),
        ('<a href="/x" title="5 > 4">Link</a>ed', "Linked"),
        ("<P CLASS=x>Loud</P>", "Loud"),
        ("<my-card size=2>in a card</my-card><o:p>Office</o:p>", "in a card\nOffice"),
        ("<img alt='a pier'>pier", "pier"),
    ],
)
def test_elements_part_lines_or_leave_no_trace(body, text):
    assert html_to_text(body) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>if (a < b) { say('</p>') }</script>",
        "<STYLE media=print>p > a { color: red }</style >",
        "<template><p>unused</p></template>",
        "<svg viewBox='0 0 9 9'><text>axis</text></svg>",
        "<!-- <p>an old paragraph</p> -->",
        "<!DOCTYPE html>",
        "<?xml version='1.0'?>",
    ],
)
def test_what_is_not_shown_is_dropped(hidden):
    assert html_to_text(f"before {hidden} after").split() == ["before", "after"]


def test_readings_above_a_word_do_not_part_it():
    assert html_to_text("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字</ruby>") == "漢字"


def test_code_keeps_its_words():
    assert html_to_text("<pre><code>let n = a &lt; b;\n  return n</code></pre>") == "let n = a < b;\nreturn n"


def test_entities_are_decoded_once():
    assert html_to_text("Marks &amp; Sons &#8211; caf&eacute; &amp;lt;") == "Marks & Sons – café &lt;"


@pytest.mark.parametrize(
    "plain",
    [
        "Talking point: Northern Rail <Nrl> bids for <Acme>.",
        "if 3 < 5 and 7 > 2 then <b is small",
        "an arrow -> and <- another, <3",
        "AT&T & Co",
        "two\nlines",
    ],
)
def test_plain_text_passes_unharmed(plain):
    assert html_to_text(plain) == plain


def test_an_unclosed_comment_or_script_hides_the_rest_as_in_a_browser():
    assert html_to_text("seen<!-- unseen <p>unseen") == "seen"
    assert html_to_text("seen<script>unseen <p>unseen") == "seen"


@given(st.text())
def test_any_text_gives_lines_that_are_neither_blank_nor_padded(body):
    text = html_to_text(body)
    assert all(line and line == line.strip() for line in text.splitlines())


@given(st.text(st.characters(exclude_characters="<&")))
def test_without_markup_only_white_space_changes(body):
    assert html_to_text(body).split() == body.split()


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "part", ["<div>", '<a "', "<a '\"<a \"'", "<!--", "<script ", "<", "&#", "<rt>", "<a-", " ", "<a b='<a \""]
)
def test_two_megabytes_of_anything_end_soon(part):
    """A tree parser took 174 s for a megabyte of nested <div>."""
    assert len(html_to_text(part * (2_000_000 // len(part)))) <= 2_000_000
