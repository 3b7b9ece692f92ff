"""What readers of an article turn to next: once a reader, soon after, and only of what was there at the cut."""

import msgspec
import pytest

from recsys.times import HOUR
from tests.recsys.sites import NOW, Reading, article, fitted, model_of, stored, view
from training.baselines import Simple
from training.comparison import compared
from training.events import event_table
from training.progress import silent
from training.replay import Split, acts_of
from training.replay_related import next_reads, replay_next_reads

CUT = NOW - 4 * HOUR
ARTICLES = stored([article(n) for n in range(48)])
EVENTS = Reading().events


def table_of(events):
    return event_table(events, lambda article_id: int(article_id[1:]), NOW)


def steps(*events):
    return next_reads(acts_of(table_of(events), model_of([article(n) for n in range(6)])))


def asked(events=EVENTS, *, most=1_000, others=None):
    model = fitted(ARTICLES, events, CUT, until=NOW, with_totals=False)
    split = Split(acts_of(table_of(events), model), CUT, NOW)
    simple = Simple.at(ARTICLES, split)
    return replay_next_reads(model, simple, split, k=10, most=most, others=others or {}, progress=silent)


def test_each_reader_counts_once_for_a_step():
    found = steps(*(view("a", n % 2, 5 - n / 10) for n in range(6)), view("b", 0, 5), view("b", 1, 4.5))
    assert found == {0: {1: 2}, 1: {0: 1}}


def test_what_comes_later_than_an_hour_or_by_another_reader_is_no_next_read():
    assert steps(view("a", 0, 5), view("a", 1, 3.9), view("b", 2, 3.8)) == {}
    assert steps(view("a", 0, 5), view("a", 1, 4)) == {0: {1: 1}}


def test_impressions_the_same_article_and_readers_without_a_name_are_no_next_reads():
    assert steps(view("a", 0, 5), view("a", 0, 4.9), view("a", 1, 4.8, kind="impression")) == {}
    assert steps(view(None, 0, 5), view(None, 1, 4.9)) == {}
    assert steps() == {}


@pytest.mark.slow
def test_ours_finds_what_readers_of_one_topic_turn_to():
    found = compared("related", "p", [asked()], depths=(10, 5), catalogue=48)
    assert found.questions > 10
    for other in ("most popular", "newest", "random"):
        assert found.value("ours", "recall@10") > found.value(other, "recall@10")


@pytest.mark.slow
def test_what_comes_after_the_cut_changes_no_list():
    """A model and its rivals of changed events, asked what those of the unchanged ones are asked."""
    changed = [
        event if event.at < CUT else msgspec.structs.replace(event, article_id=f"a{(7 * n) % 48}")
        for n, event in enumerate(EVENTS)
    ]
    lists = []
    for events in (EVENTS, changed):
        model = fitted(ARTICLES, events, CUT, until=NOW, with_totals=False)
        simple = Simple.at(ARTICLES, Split(acts_of(table_of(events), model), CUT, NOW))
        questions = Split(acts_of(table_of(EVENTS), model), CUT, NOW)
        lists.append(replay_next_reads(model, simple, questions, k=10, most=99, others={}, progress=silent).lists)
    assert lists[0] == lists[1]


@pytest.mark.slow
def test_lists_made_elsewhere_lack_the_article_itself_and_no_more_is_asked_than_wanted():
    answers = asked(most=5, others={"today": {row: [row, (row + 1) % 48] for row in range(48)}})
    assert len(answers.truth) == 5
    assert all(len(rows) == 1 for rows in answers.lists["today"])


@pytest.mark.slow
def test_nothing_read_after_the_cut_leaves_nothing_to_judge_by():
    found = compared("related", "p", [asked([e for e in EVENTS if e.at < CUT])], depths=(10,), catalogue=48)
    assert (found.questions, found.figures) == (0, ())
