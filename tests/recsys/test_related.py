"""The Related list as a whole: what may stand in it, in what order, and why."""

from types import SimpleNamespace

import numpy as np
import pytest
from msgspec.structs import replace

from recsys.items import Wish
from recsys.model import fields_of
from recsys.related import related, related_to_text
from recsys.store import StoredArticle
from recsys.times import DAY
from tests.recsys.sites import NOW, TOPICS, Reading, article, model_of

ONLY = Wish(fill="none")
LONG = " ".join(f"berth{n} dredging{n % 7} harbour" for n in range(40))


@pytest.fixture(scope="module")
def site():
    articles = [article(n) for n in range(48)]
    articles += [article(48, body=LONG), article(54, body=LONG + " again"), article(60, language="fr")]
    return model_of(articles, Reading().events)


def rows(items):
    return [item.row for item in items]


def late(model, row, made):
    model.put(StoredArticle(article=made, row=row, views_at=0, likes_at=0))


def test_the_best_matches_are_of_the_same_topic(site):
    for row in range(12):
        best = rows(related(site, row, replace(ONLY, limit=5), NOW))
        assert {found % len(TOPICS) for found in best} == {row % len(TOPICS)}


def test_reasons_add_up_to_a_score_within_bounds_that_never_rises(site):
    for row in range(48):
        items = related(site, row, replace(ONLY, min_score=0.0, limit=40), NOW)
        scores = [item.score for item in items]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score <= 1 for score in scores)
        for item in items:
            assert abs(sum(reason.weight for reason in item.reasons) - item.score) < 1e-6
            assert all(reason.weight > 0 for reason in item.reasons)


def test_reasons_name_shared_words_and_tags_as_readers_write_them(site):
    kinds = {reason.kind: reason for reason in related(site, 0, ONLY, NOW)[0].reasons}
    written = f"{article(0).title} {article(0).body}".lower()
    assert all(term.lower().split()[0] in written for term, _ in kinds["terms"].terms)
    assert "harbour" in dict(kinds["tags"].terms)
    assert sum(weight for _, weight in kinds["tags"].terms) == pytest.approx(kinds["tags"].weight)


def test_common_readers_are_a_reason(site):
    """Too few here to be told of, so that it has another name: see test_likeness."""
    whys = [reason for item in related(site, 0, ONLY, NOW) for reason in item.reasons]
    assert [reason for reason in whys if reason.kind in ("read_together", "other")]


def test_of_one_story_only_the_newest_is_shown_and_never_beside_itself(site):
    everything = replace(ONLY, min_score=0.0, limit=49)
    shown = rows(related(site, 0, everything, NOW))
    assert (48 in shown, 49 in shown) == (True, False)
    assert 49 not in rows(related(site, 48, everything, NOW))


def test_lists_stay_in_the_language_unless_told_otherwise(site):
    assert 50 not in rows(related(site, 0, replace(ONLY, limit=50), NOW))
    assert 50 in rows(related(site, 0, replace(ONLY, limit=50, language="fr"), NOW))


def test_a_filter_leaves_as_many_matches_as_there_are(site):
    found = related(site, 0, replace(ONLY, tag="glacier", min_score=0.0), NOW)
    assert {row % len(TOPICS) for row in rows(found)} == {TOPICS.index("glacier")}


def test_no_floor_shows_at_least_what_the_floor_lets_pass(site):
    matches = rows(related(site, 3, replace(ONLY, limit=50), NOW))
    assert set(matches) <= set(rows(related(site, 3, replace(ONLY, limit=50, min_score=0.0), NOW)))


def test_a_min_score_is_a_bound_on_the_score(site):
    assert all(item.score >= 0.5 for item in related(site, 3, replace(ONLY, min_score=0.5), NOW))


def test_an_article_of_other_words_has_no_match():
    model = model_of(
        [*(article(n) for n in range(48)), article(48, title="Zyx", body="Qwrt plmk vbnh.", tags=(), section=())]
    )
    assert related(model, 48, ONLY, NOW) == []


def test_an_article_that_comes_later_is_in_lists_both_ways_as_if_it_had_been_there():
    articles = [article(n) for n in range(49)]
    grown = model_of(articles[:48])
    late(grown, 48, articles[48])
    assert 48 in rows(related(grown, 0, ONLY, NOW))
    assert 0 in rows(related(grown, 48, ONLY, NOW))


def test_a_text_gets_the_list_of_the_article_that_it_would_be():
    model = model_of([article(n) for n in range(48)])
    draft = article(90, published_at=NOW)
    late(model, 48, draft)
    as_article = related(model, 48, ONLY, NOW)
    as_text = related_to_text(model, fields_of(draft, "en"), replace(ONLY, exclude=frozenset({48})), NOW)
    assert rows(as_text)[:3] == rows(as_article)[:3]


def test_equal_scores_stand_in_order_of_import():
    bodies = {"body": "<p>One and the same.</p>", "title": "Same", "published_at": NOW - DAY}
    model = model_of([article(n * len(TOPICS), **bodies) for n in range(30)])
    assert rows(related(model, 5, ONLY, NOW)) == [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]


@pytest.mark.parametrize("body", ["", "word", " ".join(["word"] * 50_000)])
def test_bodies_of_no_one_and_very_many_words_give_finite_scores(body):
    model = model_of([article(n, body=body, tags=(), title="Title") for n in range(5)])
    for row in range(5):
        assert all(np.isfinite(item.score) for item in related(model, row, ONLY, NOW))


def test_a_site_of_one_article_has_an_empty_list():
    assert related(model_of([article(0)]), 0, ONLY, NOW) == []


def test_a_text_of_unknown_words_has_no_match(site):
    fields = SimpleNamespace(title="Zyx", text="qwrt plmk", tags=(), language="en")
    assert related_to_text(site, fields, ONLY, NOW) == []
