"""Why an article is not in a list: the verdict never disagrees with the list."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from recsys.items import Wish
from recsys.related import judged, own_wish, related
from recsys.times import DAY
from recsys.why_not import NOTHING_SHARED, why_not
from tests.recsys.sites import NOW, Reading, article, model_of, view

LIST = Wish(limit=5)
LONG = " ".join(f"berth{n} dredging{n % 7} harbour" for n in range(40))
OTHERS = [
    article(48, body=LONG),
    article(54, body=LONG + " again"),
    article(60, language="fr"),
    article(61, labels=("unlisted",)),
    article(62, labels=("sponsored",)),
    article(63, published_at=NOW + DAY),
    article(64, expires_at=NOW - DAY),
    article(65, title="Zyx", body="Qwrt plmk vbnh.", tags=(), section=()),
    article(66, language="en", tags=("one-off",)),
]
ROW = {one.id: 48 + place for place, one in enumerate(OTHERS)}

wishes = st.fixed_dictionaries(
    {
        "limit": st.integers(1, 60),
        "exclude": st.frozensets(st.integers(0, 56), max_size=10),
        "section": st.sampled_from([None, None, "Harbour"]),
        "tag": st.sampled_from([None, None, "glacier"]),
        "language": st.sampled_from([None, None, "fr"]),
        "max_age": st.sampled_from([None, None, 9 * DAY]),
        "min_score": st.sampled_from([None, None, 0.0, 0.3, 0.6]),
        "fill": st.sampled_from(["none", "ranking"]),
    }
).map(lambda asked: Wish(**asked))


@pytest.fixture(scope="module")
def site():
    model = model_of([*(article(n) for n in range(48)), *OTHERS], Reading().events)
    model.articles.remove(47)
    return model


def verdict(site, other_id, wish=LIST, row=0):
    return why_not(site, row, other_id, wish, NOW).verdict


@given(row=st.integers(0, 46), other=st.integers(0, 56), wish=wishes)
@settings(max_examples=200)
def test_it_says_shown_of_the_matches_of_the_list_and_of_no_others(site, row, other, wish):
    items = {item.row: (place, item) for place, item in enumerate(related(site, row, wish, NOW), start=1)}
    told = why_not(site, row, site.articles.id(other), wish, NOW)
    place, item = items.get(other, (None, None))
    assert (told.verdict == "shown") == (item is not None and item.fill is None)
    assert told.as_fill == (place if item is not None and item.fill else None)
    if told.verdict == "shown":
        assert (told.standing.place, told.standing.score, told.standing.reasons) == (place, item.score, item.reasons)


@given(row=st.integers(0, 46), other=st.integers(0, 56), wish=wishes)
@settings(max_examples=200)
def test_what_an_article_lacks_is_what_a_longer_or_freer_list_would_give(site, row, other, wish):
    """Outscored ones are at the place that they are said to have; those below a floor are in a list without it."""
    told = why_not(site, row, site.articles.id(other), wish, NOW)
    if told.verdict == "outscored":
        longer = [item.row for item in related(site, row, replace(wish, limit=60, fill="none"), NOW)]
        assert longer.index(other) + 1 >= told.standing.place  # a longer list has more candidates
        assert told.short_by == pytest.approx(told.instead.score - told.standing.score)
        assert told.short_by >= 0
    if told.verdict in ("below_floor", "below_min_score"):
        assert told.short_by > 0
        free = replace(wish, min_score=0.0, limit=60)
        assert why_not(site, row, site.articles.id(other), free, NOW).verdict in (
            "shown",
            "duplicate",
            "below_min_score",
        )


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("a0", "itself"),
        ("nowhere", "unknown"),
        ("a47", "deleted"),
        ("a63", "unpublished"),
        ("a64", "expired"),
        ("a61", "unlisted"),
        ("a62", "sponsored"),
        ("a60", "filtered"),
        ("a65", "nothing_shared"),
        ("a54", "duplicate"),
    ],
)
def test_each_reason_has_its_name(site, other, expected):
    assert verdict(site, other) == expected


def test_the_best_match_is_shown(site):
    assert verdict(site, site.articles.id(related(site, 0, LIST, NOW)[0].row)) == "shown"


def test_one_story_is_told_from_both_sides(site):
    assert verdict(site, "a54", row=ROW["a48"]) == "same_story"
    assert verdict(site, "a48", row=ROW["a54"]) == "same_story"


def test_the_last_of_all_matches_is_outscored_by_the_last_shown(site):
    shown, every = (related(site, 0, replace(LIST, limit=limit, fill="none"), NOW) for limit in (5, 60))
    told = why_not(site, 0, site.articles.id(every[-1].row), LIST, NOW)
    assert (told.verdict, told.standing.place) == ("outscored", len(every))
    assert (told.standing.score, told.instead.score) == (every[-1].score, shown[-1].score)
    assert f"{told.short_by:.4f} more" in told.why


def test_the_newest_is_named_that_stands_for_a_duplicate(site):
    told = why_not(site, 0, "a54", LIST, NOW)
    assert told.instead.id == "a48"
    assert "a48" in told.why


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (replace(LIST, section="Orchard"), "section: News, Harbour. Asked for: Orchard"),
        (replace(LIST, tag="apples"), "tag: harbour, ships. Asked for: apples"),
        (replace(LIST, label="paid"), "label: none. Asked for: paid"),
        (replace(LIST, language="fr"), "language is en, that of the list fr"),
        (replace(LIST, max_age=DAY), "longer ago"),
        (replace(LIST, exclude=frozenset({6})), "excludes"),
    ],
)
def test_the_filter_that_keeps_it_out_is_named(site, wish, words):
    told = why_not(site, 0, "a6", wish, NOW)
    assert told.verdict == "filtered"
    assert words in told.why


def test_below_the_floor_it_says_by_how_much(site):
    told = next(
        told for told in (why_not(site, 0, f"a{n}", LIST, NOW) for n in range(48)) if told.verdict == "below_floor"
    )
    found = judged(site, 0, own_wish(site, 0, LIST), NOW)
    support = found.support[found.rows == site.articles.row(told.standing.id)]
    assert told.short_by == pytest.approx(site.related.floor - float(support[0]))
    assert f"{told.short_by:.4f}" in told.why


def test_one_beyond_the_nearest_by_text_is_too_far():
    bodies = [article(n, body=f"<p>Word{n} and common{n % 3} words of the harbour report.</p>") for n in range(230)]
    model = model_of([article(300, title="Harbour report", body="<p>The harbour report in short.</p>"), *bodies])
    told = [why_not(model, 0, one.id, LIST, NOW) for one in bodies]
    far = [one for one in told if one.verdict == "too_far"]
    assert len(far) >= 100
    assert all(one.short_by >= 0 for one in far)
    assert np.all([one.standing.reasons for one in far])


@pytest.mark.parametrize("readers", [0, 1])
def test_few_readers_are_neither_denied_nor_told(readers):
    events = [*Reading().events, *(view(f"w{n}", number, 3) for n in range(readers) for number in (0, 48))]
    alien = article(65, title="Zyx", body="Qwrt plmk vbnh.", tags=(), section=())
    told = why_not(model_of([*(article(n) for n in range(48)), alien], events), 0, "a65", LIST, NOW)
    assert (told.verdict, told.why) == ("nothing_shared", NOTHING_SHARED)
    assert "no readers" not in told.why


def test_what_only_completes_a_list_is_told_as_that(site):
    told = why_not(site, ROW["a65"], "a0", replace(LIST, limit=50), NOW)
    assert told.verdict == "nothing_shared"
    assert told.as_fill is not None
    assert "completes the list" in told.why
