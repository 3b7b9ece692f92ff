"""Recommendation is asked with what was known, and judged by what came after."""

import dataclasses

import msgspec
import pytest

from recsys.histories import visitor_key
from recsys.times import HOUR
from tests.recsys.sites import NOW, Reading, article, fitted, stored, view
from training.baselines import Simple
from training.comparison import OURS, compared
from training.events import event_table
from training.progress import silent
from training.replay import Split, acts_of
from training.replay_recommendation import replay_rolling, replay_split

CUT = NOW - 4 * HOUR
ARTICLES = stored([article(n) for n in range(48)])
EVENTS = Reading().events


def table_of(events):
    return event_table(events, lambda article_id: int(article_id[1:]), NOW)


def asked(events=EVENTS, articles=ARTICLES, *, rolling=False, most=1_000, others=None):
    model = fitted(articles, events, CUT, until=NOW, with_totals=False)
    split = Split(acts_of(table_of(events), model), CUT, NOW)
    simple = Simple.at(articles, split)
    if rolling:
        return replay_rolling(model, simple, articles, split, k=10, most=most, progress=silent)
    return replay_split(model, simple, split, k=10, most=most, others=others or {}, progress=silent)


def by_owner(answers):
    return {
        owner: {model: lists[place] for model, lists in answers.lists.items()}
        for place, owner in enumerate(answers.owners)
    }


def later_elsewhere(event, n):
    return event if event.at < CUT else msgspec.structs.replace(event, article_id=f"a{(17 * n + 5) % 48}")


@pytest.mark.slow
def test_readers_of_one_topic_are_served_better_than_by_popularity():
    for rolling in (False, True):
        found = compared("recommendation", "p", [asked(rolling=rolling)], depths=(10, 5), catalogue=48)
        assert found.questions >= len(Reading.visitors)
        for other in ("most popular", "recent popular", "newest", "random"):
            assert found.value("ours", "ndcg@10") > found.value(other, "ndcg@10")
        for other in ("TF-IDF (scikit-learn)", "popular in the section"):
            assert found.value(other, "ndcg@10") > found.value("random", "ndcg@10")


@pytest.mark.slow
def test_what_comes_after_the_cut_changes_no_list_of_any_model():
    """Shuffled, deleted or stuffed; and so for the totals on articles."""
    before = by_owner(asked())
    shuffled = [later_elsewhere(event, n) for n, event in enumerate(EVENTS)]
    fewer = [event for n, event in enumerate(EVENTS) if event.at < CUT or n % 3]
    more = [*EVENTS, *(view("stuffer", 7, 3 - n / 900) for n in range(900))]
    counted = [
        dataclasses.replace(one, article=msgspec.structs.replace(one.article, views=9_999 - n, likes=n), views_at=CUT)
        for n, one in enumerate(ARTICLES)
    ]
    for events, articles in ((shuffled, ARTICLES), (fewer, ARTICLES), (more, ARTICLES), (EVENTS, counted)):
        after = by_owner(asked(events, articles))
        assert len(after) > 8
        for owner, lists in after.items():
            if owner in before:  # by chance each is dealt as they come
                assert lists.keys() == before[owner].keys()
                assert all(rows == before[owner][name] for name, rows in lists.items() if name != "random")


@pytest.mark.slow
def test_in_a_block_what_comes_at_or_after_a_question_changes_no_list_of_it():
    middle = NOW - 2 * HOUR
    before = asked(rolling=True)
    changed = [
        msgspec.structs.replace(event, article_id=f"a{(17 * n + 5) % 48}") if event.at >= middle else event
        for n, event in enumerate(EVENTS)
    ]
    after = asked(changed, rolling=True)

    def until(answers):
        return [
            (owner, {model: lists[place] for model, lists in answers.lists.items() if model != "random"})
            for place, (owner, now) in enumerate(zip(answers.owners, answers.now, strict=True))
            if now < middle - 1  # those asked at likes before the first that changed
        ]

    assert len(until(before)) > 10
    assert until(after) == until(before)


@pytest.mark.slow
def test_in_a_block_the_last_read_counts_at_once():
    """A visitor of whom nothing was known at the cut is asked for at the second like, and served by the first."""
    events = [*EVENTS, view("new", 0, 2), view("new", 6, 1)]
    owners = [*asked(events, rolling=True).owners]
    new = set(owners) - {*asked(rolling=True).owners}
    assert [owners.count(owner) for owner in new] == [1]


@pytest.mark.slow
def test_in_a_block_an_article_is_recommended_from_its_publication():
    late = [*ARTICLES, stored([article(n) for n in range(49)])[48]]
    hour = NOW - 3 * HOUR
    late[48] = dataclasses.replace(
        late[48],
        article=msgspec.structs.replace(
            late[48].article, title=ARTICLES[0].article.title, body=ARTICLES[0].article.body, published_at=hour
        ),
    )
    answers = asked(articles=late, rolling=True)
    for place, now in enumerate(answers.now):
        if now <= hour:
            assert 48 not in answers.lists[OURS][place]
    assert any(48 in rows for rows in answers.lists[OURS])


@pytest.mark.slow
def test_what_a_visitor_has_read_is_no_candidate_for_any_model():
    past = {}
    for event in EVENTS:
        if event.at < CUT:
            past.setdefault(visitor_key(event.visitor_id), set()).add(int(event.article_id[1:]))
    everything = {owner: [*range(48)] for owner in past}
    for owner, lists in by_owner(asked(others={"today": everything})).items():
        assert lists["today"] == sorted({*range(48)} - past[owner])[:10]
        for rows in lists.values():
            assert not past[owner] & {*rows}
            assert len(rows) == len({*rows}) <= 10


@pytest.mark.slow
def test_lists_made_elsewhere_are_held_to_the_same_candidates_and_missing_ones_are_empty():
    owner, *others = asked().owners
    answers = asked(others={"today": {owner: [47, *range(47)]}})
    lists = by_owner(answers)
    assert len(lists[owner]["today"]) == 10
    assert all(lists[other]["today"] == [] for other in others)


@pytest.mark.slow
@pytest.mark.parametrize("rolling", [False, True])
def test_what_can_not_be_asked_leaves_nothing_to_judge_by(rolling):
    early = [event for event in EVENTS if event.at < CUT]
    nothing_liked = [*early, *(view(f"v{n}", 40, 2, kind="impression") for n in range(4))]
    strangers = [*early, view("stranger", 3, 2)]
    for events in ([], early, nothing_liked, strangers):
        answers = asked(events, rolling=rolling)
        found = compared("recommendation", "p", [answers], depths=(10, 5), catalogue=48)
        assert (found.questions, found.figures) == (0, ())


@pytest.mark.slow
@pytest.mark.parametrize("rolling", [False, True])
def test_one_visitor_with_ties_and_ten_thousand_repeated_reads_has_one_defined_answer(rolling):
    """All at the same second before the cut, of six articles; then two new ones."""
    crowd = [view("one", n % 6, 5, kind="view" if n % 2 else "like") for n in range(10_000)]
    events = [*crowd, view("one", 12, 2), view("one", 18, 1)]
    answers = asked(events, rolling=rolling)
    assert len(answers.truth) == (2 if rolling else 1)
    assert not {*range(6)} & {row for rows in answers.lists.values() for some in rows for row in some}
    assert answers.lists == asked(events, rolling=rolling).lists
    found = compared("recommendation", "p", [answers], depths=(10, 5), catalogue=48)
    figures = [figure for figure in found.figures if figure.low is not None]
    assert figures
    assert all(figure.low == figure.value == figure.high for figure in figures)  # one visitor tells of no other


@pytest.mark.slow
def test_no_more_are_asked_for_than_wanted_and_always_the_same():
    for rolling in (False, True):
        some = asked(rolling=rolling, most=5)
        assert 0 < len(some.owners) <= 5
        assert some.lists == asked(rolling=rolling, most=5).lists
