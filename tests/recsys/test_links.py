"""Links between the own articles: which are known, how much each weighs, and that live ones equal trained ones."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys import links as subject
from recsys.items import Wish
from recsys.links import SiteLinks, address_of
from recsys.related import related
from recsys.store import StoredArticle
from tests.recsys.sites import NOW, article, model_of

SITE = "https://news.example"


def page(number, *links, url=None):
    body = " ".join(f'<p>See <a class="in" href="{link}">this</a>.</p>' for link in links)
    return article(number, url=url or f"{SITE}/2026/report-{number}/", body=body)


def weights(links, row):
    rows, weight = links.of(row)
    return dict(zip(rows.tolist(), weight.tolist(), strict=True))


@pytest.mark.parametrize(
    "link",
    [
        f"{SITE}/2026/report-1/",
        f"{SITE}/2026/report-1",
        "http://www.news.example/2026/report-1/?utm_source=x&amp;utm_medium=y#comments",
        "//news.example/2026/report-1/",
        "/2026/report-1/",
        "../report-1/",
        "/2026/report-1/a-title-in-words",
        f"{SITE}/2026/report%2D1/",
    ],
)
def test_an_address_is_known_however_it_is_written(link):
    links = SiteLinks.build([page(0, link), page(1)])
    assert weights(links, 0) == {1: 1.0}
    assert weights(links, 1) == {0: 1.0}


@pytest.mark.parametrize(
    "link",
    ["https://elsewhere.example/2026/report-1/", "mailto:a@news.example", "#top", "http://[bad/", "/2026", "/", ""],
)
def test_what_leads_to_no_own_article_is_no_link(link):
    links = SiteLinks.build([page(0, link), page(1)])
    assert weights(links, 0) == weights(links, 1) == {}


def test_an_article_that_links_itself_has_no_link():
    assert weights(SiteLinks.build([page(0, "/2026/report-0/")]), 0) == {}


def test_a_round_up_says_less_of_each_than_a_single_link():
    round_up = page(0, *(f"/2026/report-{n}/" for n in (1, 2, 3)))
    links = SiteLinks.build([round_up, page(1), page(2), page(3, "../report-2")])
    assert weights(links, 0) == {1: 0.5, 2: 0.5, 3: 0.5}
    assert weights(links, 2) == {0: 0.5, 3: 1.0}


def test_of_links_both_ways_the_stronger_counts():
    links = SiteLinks.build([page(0, "/2026/report-1", "/2026/report-2"), page(1, "/2026/report-0"), page(2)])
    assert weights(links, 0)[1] == weights(links, 1)[0] == 1.0


def test_an_address_of_several_articles_leads_nowhere():
    everywhere = f"{SITE}/index.php?p="
    links = SiteLinks.build([page(n, f"{everywhere}2", url=f"{everywhere}{n}") for n in range(3)])
    assert [weights(links, row) for row in range(3)] == [{}, {}, {}]


def test_articles_that_are_not_known_have_no_links():
    links = SiteLinks.build([page(0, "/2026/report-1/"), None])
    assert weights(links, 0) == weights(links, 1) == {}


choices = st.lists(st.lists(st.integers(0, 5), max_size=4), min_size=6, max_size=6)


def pages(chosen):
    return [page(n, *(f"/2026/report-{other}" for other in some)) for n, some in enumerate(chosen)]


@given(choices, choices, st.integers(0, 6), st.permutations(range(6)), st.sampled_from([None, 0, 3]))
def test_links_that_come_and_change_are_those_of_a_new_build(before, after, known, order, removed):
    old, new = pages(before), pages(after)
    grown = SiteLinks.from_arrays(SiteLinks.build(old[:known]).arrays())
    for row in [*sorted(row for row in order if row >= known), *(row for row in order if row < known)]:
        grown.put(row, old[row])
    for row in order:
        grown.put(row, new[row])
    if removed is not None:
        grown.remove(removed)
    built = SiteLinks.build([None if row == removed else one for row, one in enumerate(new)])
    for row in range(6):
        found = weights(grown, row)
        if row != removed:
            expected = {other: weight for other, weight in weights(built, row).items() if other != removed}
            assert found.keys() == expected.keys()
        else:
            assert found == {}


def test_links_that_changed_are_saved_as_they_are_now():
    links = SiteLinks.build([page(0, "/2026/report-1"), page(1), page(2)])
    links.put(3, page(3, "/2026/report-0"))
    links.put(0, page(0, "/2026/report-2"))
    links.remove(1)
    again = SiteLinks.from_arrays(links.arrays())
    assert [weights(again, row) for row in range(4)] == [weights(links, row) for row in range(4)]
    assert weights(again, 0) == {2: 1.0, 3: 1.0}


def test_a_row_that_leaves_a_gap_is_refused():
    with pytest.raises(ValueError, match="gap"):
        SiteLinks.empty().put(1, page(1))


def test_a_host_alone_is_no_address():
    assert address_of("https://news.example/") is None
    assert address_of("/2026/a/") == "/2026/a"


def test_a_linked_article_of_other_words_stands_in_the_list_with_the_link_as_reason():
    articles = [article(n, url=f"{SITE}/{n}") for n in range(48)]
    strange = {"title": "Zyx", "body": f'<p>Qwrt plmk <a href="{SITE}/7">vbnh</a>.</p>', "tags": (), "section": ()}
    articles.append(article(48, url=f"{SITE}/48", **strange))
    trained, live = model_of(articles), model_of(articles[:48])
    live.put(StoredArticle(article=articles[48], row=48, views_at=0, likes_at=0))
    for model in (trained, live):
        (only,) = related(model, 48, Wish(fill="none"), NOW)
        assert only.row == 7
        assert {reason.kind for reason in only.reasons} <= {"links", "time"}
        assert sum(reason.weight for reason in only.reasons) == pytest.approx(only.score)
        assert 48 in [item.row for item in related(model, 7, Wish(fill="none", limit=50), NOW)]
    live.put(StoredArticle(article=articles[48], row=48, views_at=0, likes_at=0, deleted_at=NOW))
    assert 48 not in live.links.of(7)[0]
    assert np.all(live.links.of(48)[0] == [])


PARTS = [
    "http",
    "https",
    "://",
    "/",
    "www.",
    "a",
    "B",
    "ex.org",
    ":80",
    "%20",
    "?q=1",
    "#f",
    "@",
    "_",
    "-",
    "..",
    "é",
    "[",
    "]",
]


@given(st.sampled_from(["", "https://", "http://www.ex.org"]), st.lists(st.sampled_from(PARTS), max_size=6))
def test_a_plain_url_has_the_address_that_a_whole_parse_finds(start, parts):
    url = "".join((start, *parts))
    found = address_of(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subject, "_PLAIN", re.compile("(?!)"))
        assert address_of(url) == found
