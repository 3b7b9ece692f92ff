"""Ties between articles: who is read with whom, whoever reads everything and whatever everybody reads aside."""

import random

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from recsys.covisitation import Covisits
from recsys.event import Event
from recsys.interest import WEIGHTS, Worth
from recsys.record import Micros
from recsys.times import HOUR
from training.covisits import (
    NEAR,
    TIES,
    VISITS,
    compiled_covisits,
    covisit_arrays,
    first_visits,
    plain_covisits,
)
from training.engines import duckdb_engine
from training.events import event_table
from training.signals import pairs

START = 1_700_000_000_000_000
WORTH = Worth.of(WEIGHTS)


def reads(reader: str, *rows: int, hour: int = 0, **fields) -> list[Event]:
    return [
        Event(type="view", article_id=str(row), visitor_id=reader, at=Micros(START + (hour + place) * HOUR), **fields)
        for place, row in enumerate(rows)
    ]


def ties_of(events: list[Event], n: int, *, threads: int = 1, as_of: int = START + 10_000 * HOUR) -> Covisits:
    with duckdb_engine(threads=threads) as engine:
        table = engine.scanned("events", event_table(events, int, 2**60))
        first = engine.kept("first", first_visits(pairs(table, as_of, WORTH)))
        return Covisits.from_arrays(Covisits.empty().arrays() | covisit_arrays(engine, first, n, threads=threads))


def test_ties_go_both_ways_together_and_one_way_after():
    ties = ties_of([*reads("a", 0, 1), *reads("b", 0, 1)], 3)
    assert [row.tolist() for row in (ties.together(0)[0], ties.together(1)[0], ties.together(2)[0])] == [[1], [0], []]
    assert [row.tolist() for row in (ties.after_table.of(0)[0], ties.after_table.of(1)[0])] == [[1], []]
    assert ties.together(0)[2].tolist() == [2]


def test_what_is_read_next_is_tied_more_than_what_is_read_later():
    rows, scores, _ = ties_of(reads("a", 0, 1, 2, 3), 4).after_table.of(0)
    assert rows.tolist() == [1, 2, 3]
    assert scores[0] > scores[1] > scores[2]


def test_visits_far_apart_are_not_tied():
    ties = ties_of(reads("a", *range(NEAR + 2)), NEAR + 2)
    assert NEAR + 1 not in ties.together(0)[0]
    assert NEAR in ties.together(0)[0]


def test_a_reader_of_everything_ties_less_than_a_reader_of_two():
    heavy = reads("heavy", 0, 1, *range(2, 200))
    light = reads("light", 200, 201)
    ties = ties_of(heavy + light, 202)
    assert ties.together(200)[1][0] > 3 * ties.together(0)[1][0]


def test_what_everybody_reads_is_not_tied_to_everything():
    """Article 0 is read by all; 1 and 2 by the same four readers."""
    crowd = [event for i in range(60) for event in reads(f"crowd {i}", 0, 3 + i % 20)]
    few = [event for i in range(4) for event in reads(f"few {i}", 0, 1, 2)]
    assert ties_of(crowd + few, 23).together(1)[0][0] == 2


def test_one_reader_s_repeated_visits_make_one_tie():
    once = ties_of(reads("a", 0, 1), 2)
    often = ties_of([*reads("a", 0, 1)] + [e for i in range(50) for e in reads("a", 0, 1, hour=2 * i)], 2)
    assert_array_equal(once.together(0)[1], often.together(0)[1])
    assert often.together(0)[2].tolist() == [1]


def test_sessions_stand_in_for_visitors_and_without_either_there_are_no_ties():
    session = [Event(type="view", article_id=str(row), session_id="s", at=Micros(START + row)) for row in (0, 1)]
    assert ties_of(session, 2).together(0)[0].tolist() == [1]
    nobody = [Event(type="view", article_id=str(row), at=Micros(START + row)) for row in (0, 1)]
    assert ties_of(nobody, 2).together(0)[0].tolist() == []


def test_nothing_from_the_as_of_on_ties():
    assert ties_of(reads("a", 0, 1), 2, as_of=START + HOUR).together(0)[0].tolist() == []


def test_a_dislike_and_a_like_taken_back_tie_nothing():
    events = [
        *reads("a", 0),
        Event(type="dislike", article_id="1", visitor_id="a", at=Micros(START + 1)),
        Event(type="like", value=0.0, article_id="2", visitor_id="a", at=Micros(START + 2)),
    ]
    assert ties_of(events, 3).together(0)[0].tolist() == []


def test_ties_do_not_depend_on_threads_or_order():
    chance = random.Random(2)
    events = [
        event
        for i in range(300)
        for event in reads(f"r{i}", *(chance.randrange(80) for _ in range(8)), hour=chance.randrange(500))
    ]
    one, other = ties_of(events, 80), ties_of(chance.sample(events, len(events)), 80, threads=2)
    for name, array in one.arrays().items():
        assert_array_equal(array, other.arrays()[name], err_msg=name)
    assert np.diff(one.together_table.starts).max() <= TIES


@pytest.mark.parametrize("threads", [1, 2])
def test_the_kernel_finds_the_ties_of_the_expressions_to_the_bit(threads):
    """Readers of two and of more than VISITS, equal scores, articles with more ties than are kept, and with none."""
    chance = random.Random(5)
    n = VISITS + 60
    popular = [min(n - 9, int(chance.paretovariate(0.7))) for _ in range(3_000)]
    events = [e for i in range(700) for e in reads(f"r{i}", *chance.sample(popular, chance.choice((1, 2, 3, 8, 20))))]
    events += reads("all", *chance.sample(range(n - 9), VISITS + 40), hour=3)
    with duckdb_engine(threads=threads) as engine:
        table = engine.scanned("events", event_table(events, int, 2**60))
        first = engine.kept("first", first_visits(pairs(table, 2**60, WORTH)))
        plain, compiled = plain_covisits(engine, first, n), compiled_covisits(engine, first, n, threads=threads)
    assert {np.diff(plain["together_starts"]).min(), np.diff(plain["together_starts"]).max()} == {0, TIES}
    assert plain.keys() == compiled.keys()
    for name, array in plain.items():
        assert_array_equal(array, compiled[name], err_msg=name)
        assert array.dtype == compiled[name].dtype


def test_injected_visits_put_an_article_into_hardly_any_list():
    """RELIABILITY A4: forty readers who don't exist read the target between many articles each."""
    chance = random.Random(4)
    topics, size, target = 20, 18, 360
    honest = []
    for i in range(3_000):
        topic = chance.randrange(topics)
        rows = chance.sample(range(topic * size, (topic + 1) * size), 5)
        honest += reads(f"honest {i}", *rows, hour=chance.randrange(900))
    fake = []
    for i in range(40):
        rows = chance.sample(range(topics * size), 20)
        fake += reads(f"fake {i}", *rows[:10], target, *rows[10:], hour=950)
    ties = ties_of(honest + fake, target + 1)
    entered = sum(target in ties.together(row)[0][:10] for row in range(target))
    assert entered <= 0.01 * target


def test_readers_of_one_source_tie_articles_as_two_would():
    """RELIABILITY A4: however many readers one network invents."""
    crowd = [event for i in range(50) for event in reads(f"new {i}", 0, 1, hour=i, source="a")]
    assert ties_of(crowd, 2).together(0)[2].tolist() == [2]
    apart = [event for i in range(50) for event in reads(f"new {i}", 0, 1, hour=i, source=f"n{i}")]
    assert ties_of(apart, 2).together(0)[2].tolist() == [50]
