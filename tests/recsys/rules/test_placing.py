"""What each kind of rule does to the lists of a site."""

import pytest

from recsys.items import Wish
from recsys.page import LIMITS, page
from recsys.ranking import ranking
from recsys.recommendation import recommend
from recsys.related import related
from recsys.rules.rule import Rule, Selection
from recsys.times import DAY
from recsys.why_not import why_not
from tests.recsys.sites import NOW, Reading, article, model_of


@pytest.fixture(scope="module")
def model():
    articles = [article(n) for n in range(48)]
    articles[7] = article(7, labels=("sensitive",))
    articles[8] = article(8, labels=("sponsored",))
    articles[9] = article(9, published_at=NOW + 1)
    articles[10] = article(10, expires_at=NOW)
    articles[11] = article(11, labels=("unlisted",))
    articles[13] = article(13, language="fr")
    return model_of(articles, Reading().events)


@pytest.fixture
def site(model):
    yield model
    model.rules.set([])
    model.rules.refresh(model.articles, NOW)


def under(site, *rules):
    site.rules.set(rules)


def ids(site, items):
    return [site.articles.id(item.row) for item in items]


def ranked(site, **wish):
    return ranking(site, "day", Wish(limit=8, **wish), NOW)


def all_of(found):
    return [*found.related, *found.ranking, *found.recommendation]


def well_formed(items):
    scores = [item.score for item in items]
    assert scores == sorted(scores, reverse=True)
    for item in items:
        assert sum(why.weight for why in item.reasons) == pytest.approx(item.score, abs=1e-6)
    return True


def pin(*named, **fields):
    return Rule(**({"kind": "pin", "articles": Selection(ids=named)} | fields))


def test_a_pin_stands_where_it_is_pinned_and_the_others_keep_their_order(site):
    before = ids(site, ranked(site))
    under(site, pin("a30", position=3))
    items = ranked(site)
    assert ids(site, items) == [*before[:2], "a30", *before[2:7]]
    assert [why.kind for why in items[2].reasons] == ["pinned"]
    assert items[2].score == items[3].score
    assert well_formed(items)


def test_an_article_that_is_in_the_list_moves_to_its_pin(site):
    before = ids(site, ranked(site))
    under(site, pin(before[0], position=5))
    assert ids(site, ranked(site)) == [*before[1:5], before[0], *before[5:8]]


def test_pins_of_one_rule_and_of_several_take_the_next_free_places(site):
    under(site, pin("a30", "a31", position=2), pin("a32", position=2), pin("a30", position=1))
    assert ids(site, ranked(site))[1:4] == ["a30", "a31", "a32"]


def test_a_pin_beyond_the_list_is_not_shown_and_one_beyond_its_matches_comes_last(site):
    under(site, pin("a30", position=9))
    assert "a30" not in ids(site, ranked(site))
    under(site, pin("a30", position=8))
    short = ranked(site, section="Orchard", fill="none", min_score=1e9)
    assert short == []
    short = ranked(site, fill="none", min_score=1e9)
    assert ids(site, short) == ["a30"]
    assert short[0].score == 0.0


@pytest.mark.parametrize("number", [9, 10, 11])
def test_what_is_embargoed_expired_or_unlisted_is_not_pinned(site, number):
    under(site, pin(f"a{number}"))
    assert f"a{number}" not in ids(site, ranked(site))


def test_what_is_deleted_or_unknown_is_not_pinned(site):
    site.articles.remove(20)
    under(site, pin("a20"), pin("never"))
    found = ids(site, ranked(site))
    site.articles.put(20, article(20), language="en")
    site.rules.put(20)
    assert "a20" not in found
    assert len(found) == 8
    assert ids(site, ranked(site))[0] == "a20"


def test_a_sponsored_article_stands_only_where_it_is_pinned_and_is_marked(site):
    assert all("a8" not in ids(site, all_of(page(site, row, NOW))) for row in range(6))
    under(site, pin("a8", position=2, lists=("recommendation",)))
    found = page(site, 0, NOW)
    assert ids(site, found.recommendation)[1] == "a8"
    assert "a8" not in ids(site, found.related + found.ranking)
    assert b'"labels":["sponsored"]' in site.articles.marked_card(8)


def test_a_pin_obeys_the_filters_of_the_request(site):
    under(site, pin("a1"))
    assert ids(site, ranked(site))[0] == "a1"
    assert "a1" not in ids(site, ranked(site, section="Harbour"))
    assert "a1" not in ids(site, ranked(site, exclude=frozenset({1})))
    assert "a1" not in ids(site, ranked(site, language="fr"))


def test_what_was_read_is_not_recommended_even_when_it_is_pinned(site):
    under(site, pin("a1", lists=("recommendation",)))
    assert ids(site, recommend(site, Wish(limit=8), NOW, history=[2]))[0] == "a1"
    assert "a1" not in ids(site, recommend(site, Wish(limit=8), NOW, history=[1]))


def test_an_article_is_never_pinned_on_its_own_page(site):
    under(site, pin("a1"))
    assert "a1" not in ids(site, all_of(page(site, 1, NOW)))


def test_a_pin_stands_in_every_list_that_pins_it_and_in_no_other(site):
    under(site, pin("a6", position=1, lists=("ranking", "recommendation")))
    found = page(site, 0, NOW)
    assert "a6" in ids(site, related(site, 0, Wish(), NOW))
    assert "a6" not in ids(site, found.related)
    assert ids(site, found.ranking)[0] == ids(site, found.recommendation)[0] == "a6"
    assert [len(found.related), len(found.ranking), len(found.recommendation)] == [*LIMITS.values()]


def test_a_boost_multiplies_and_says_so(site):
    before = {item.row: item.score for item in ranking(site, "day", Wish(limit=100, fill="none"), NOW)}
    under(site, Rule(kind="boost", articles=Selection(sections=("Glacier",)), factor=5.0))
    items = ranked(site)
    assert well_formed(items)
    glacier = [item for item in items if item.row % 6 == 2]
    assert glacier
    for item in glacier:
        assert item.score == pytest.approx(5 * before[item.row])
        assert item.reasons[-1].kind == "boost"
        assert item.reasons[-1].weight == pytest.approx(4 * before[item.row])
    assert all(why.kind != "boost" for item in items if item.row % 6 != 2 for why in item.reasons)


def test_a_boost_makes_no_match_of_what_is_none(site):
    before = related(site, 0, Wish(limit=100, fill="none"), NOW)
    under(site, Rule(kind="boost", articles=Selection(sections=("News",)), factor=100.0))
    assert {item.row for item in related(site, 0, Wish(limit=100, fill="none"), NOW)} == {item.row for item in before}


def test_min_score_is_of_the_boosted_score(site):
    score = ranked(site)[0].score
    assert ranked(site, min_score=score * 1.5, fill="none") == []
    under(site, Rule(kind="boost", articles=Selection(sections=("News",)), factor=2.0))
    assert ranked(site, min_score=score * 1.5, fill="none")


@pytest.mark.parametrize("name", ["related", "ranking", "recommendation"])
def test_what_is_buried_comes_after_all_other_matches(site, name):
    def listed():
        if name == "related":
            return related(site, 0, Wish(limit=10, fill="none"), NOW)
        if name == "ranking":
            return ranked(site)
        return recommend(site, Wish(limit=8), NOW, history=[0, 6])

    first = listed()[0]
    under(site, Rule(kind="bury", articles=Selection(ids=(site.articles.id(first.row),))))
    items = listed()
    assert well_formed(items)
    buried = [place for place, item in enumerate(items) if item.row == first.row]
    assert buried in ([], [len(items) - 1])
    everything = Rule(kind="bury", articles=Selection(sections=("News",)))
    under(site, everything)
    items = listed()
    assert items[0].row == first.row
    assert items[0].score == first.score
    assert well_formed(items)


def test_never_this_under_that(site):
    [first, *_] = ids(site, related(site, 0, Wish(), NOW))
    under(site, Rule(kind="filter", articles=Selection(ids=(first,)), pages=Selection(ids=("a0",))))
    assert first not in ids(site, all_of(page(site, 0, NOW)))
    assert first not in ids(site, related(site, 0, Wish(), NOW))
    assert first in ids(site, all_of(page(site, 12, NOW)))
    assert len(page(site, 0, NOW).related) == 10


def test_a_filter_wins_over_a_pin(site):
    under(site, pin("a1"), Rule(kind="filter", articles=Selection(ids=("a1",))))
    assert "a1" not in ids(site, ranked(site))


def test_fill_obeys_filters(site):
    under(site, Rule(kind="filter", articles=Selection(sections=("Orchard",))))
    found = page(site, 0, NOW)
    assert any(item.fill for item in found.related)
    assert all(item.row % 6 != 1 for item in all_of(found))


def test_an_age_is_that_at_the_time_of_the_request(site):
    under(site, Rule(kind="filter", articles=Selection(min_age="3d"), lists=("ranking",)))
    assert {row < 6 for row in (item.row for item in ranked(site))} == {True}
    assert ranking(site, "day", Wish(limit=8), NOW + 4 * DAY) == []


def test_a_sensitive_page_has_no_pins_but_those_that_name_it(site):
    under(site, pin("a2", lists=("related",)))
    assert "a2" not in ids(site, page(site, 7, NOW).related)
    under(site, pin("a2", lists=("related",), pages=Selection(ids=("a7",))))
    assert ids(site, page(site, 7, NOW).related)[0] == "a2"


def test_an_editor_may_allow_lists_on_a_sensitive_page(site):
    assert page(site, 7, NOW).ranking == []
    under(site, Rule(kind="allow", pages=Selection(labels=("sensitive",)), lists=("ranking", "related")))
    found = page(site, 7, NOW)
    assert len(found.ranking) == 8
    assert len(found.related) == len(related(site, 7, Wish(), NOW)) == 10
    assert found.recommendation == []


def test_a_page_that_a_rule_labels_sensitive_is_treated_so(site):
    under(site, Rule(kind="label", articles=Selection(title_words=("report 0",)), label="sensitive"))
    found = page(site, 0, NOW)
    assert found.ranking == found.recommendation == []
    assert all(item.fill is None for item in found.related)
    assert all(item.row != 0 for row in range(12, 20) for item in all_of(page(site, row, NOW)) if item.fill)


def test_a_label_that_a_rule_sets_is_a_filter_for_requests(site):
    under(site, Rule(kind="label", articles=Selection(tags=("volcano",)), label="mountains"))
    assert {item.row % 6 for item in ranked(site, label="mountains")} == {5}


def test_rules_are_in_force_between_their_times(site):
    top = ids(site, ranked(site))[0]
    under(site, Rule(kind="filter", articles=Selection(ids=(top,)), starts_at=NOW, ends_at=NOW + DAY))
    for moment, shown in ((NOW - 1, True), (NOW, False), (NOW + DAY - 1, False), (NOW + DAY, True)):
        assert (top in ids(site, ranking(site, "day", Wish(limit=40), moment))) == shown


def test_why_not_knows_the_rules(site):
    [first, second, *_] = ids(site, related(site, 0, Wish(), NOW))
    under(
        site,
        Rule(kind="filter", articles=Selection(ids=(first,)), pages=Selection(ids=("a0",))),
        Rule(kind="boost", articles=Selection(ids=(second,)), factor=2.0),
        pin("a40", lists=("related",)),
    )
    assert why_not(site, 0, first, Wish(), NOW).verdict == "ruled_out"
    assert why_not(site, 0, "a40", Wish(), NOW).verdict == "shown"
    told = why_not(site, 0, second, Wish(), NOW)
    item = next(item for item in related(site, 0, Wish(), NOW) if site.articles.id(item.row) == second)
    assert told.verdict == "shown"
    assert told.standing.score == pytest.approx(item.score)
    assert [why.kind for why in told.standing.reasons][-1] == "boost"
