"""Training and the live layer count the same, and both as a plain count over all events would."""

import random
from collections.abc import Sequence

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from recsys.acts import source_keys
from recsys.article import Article, StoredArticle
from recsys.engagement import Engagement
from recsys.event import EVENT_TYPES, Event
from recsys.histories import visitor_key
from recsys.interest import HALF_LIVES, WEIGHTS, Worth
from recsys.record import Micros
from recsys.times import DAY, HOUR, SECOND
from tests.recsys.meeting import engage
from training.engagement import engagement_arrays
from training.engines import Engine, duckdb_engine
from training.events import event_table
from training.signals import pairs
from training.totals import Totals

N = 4
START = 1_700_000_000 * SECOND
END = START + 90 * DAY
WORTH = Worth.of(WEIGHTS, good_rating=4.0)
LIVES = list(HALF_LIVES.values())

times = st.one_of(st.integers(START, END - 1), st.integers(0, 20).map(lambda hours: START + hours * HOUR))
events = st.builds(
    Event,
    type=st.sampled_from(EVENT_TYPES),
    article_id=st.sampled_from([str(row) for row in range(N)]),
    visitor_id=st.one_of(st.none(), st.sampled_from("ab")),
    session_id=st.one_of(st.none(), st.sampled_from("as")),
    source=st.one_of(st.none(), st.sampled_from("ax")),
    at=times.map(Micros),
    value=st.sampled_from([0.0, 1.0, 3.0, 4.0, 60.0]),
)


def arrays_of(found: Sequence[Event], totals: Totals | None = None, as_of: int = END) -> dict[str, np.ndarray]:
    with duckdb_engine(threads=1) as engine:
        return arrays_by(engine, event_table(found, int, as_of), totals or Totals.none(N), as_of)


def arrays_by(engine: Engine, table: pa.Table, totals: Totals, as_of: int) -> dict[str, np.ndarray]:
    known = engine.scanned("events", table)
    acts = engine.kept("pairs", pairs(known, as_of, WORTH))
    return engagement_arrays(engine, known, acts, totals, as_of, worth=WORTH, half_lives=LIVES)


@pytest.fixture(scope="module")
def empty() -> dict[str, np.ndarray]:
    return arrays_of([])


def plain_weight(event: Event) -> float:
    if event.type == "dwell":
        return 1.0 if event.value >= 10 else 0.0
    if event.type == "rating":
        return 1.0
    if event.type == "like" and event.value == 0:
        return 0.0
    return WEIGHTS[event.type]


def plain_reader(event: Event) -> tuple[str, str] | None:
    for name in ("visitor_id", "session_id", "source"):
        if getattr(event, name) is not None:
            return name, getattr(event, name)
    return None


def plain_share(of_readers: list[tuple[int, float]]) -> float:
    """The weights of readers with their sources, 0 for none; of one source the n-th heaviest counts 1/n."""
    total = sum(weight for source, weight in of_readers if source == 0)
    for one in {source for source, _ in of_readers} - {0}:
        weights = sorted((weight for source, weight in of_readers if source == one), reverse=True)
        total += sum(weight / place for place, weight in enumerate(weights, 1))
    return total


def plain_counts(found: Sequence[Event], row: int, now: int) -> tuple[list[float], int, int]:
    """Interest by half-life, views, net likes of one article, from the definition."""
    mine = [event for event in found if event.article_id == str(row)]
    likes = sum(1 if event.value != 0 else -1 for event in mine if event.type == "like" and plain_reader(event) is None)
    counted = [(0, [event]) for event in mine if plain_reader(event) is None]  # each by itself
    for reader in {plain_reader(event) for event in mine} - {None}:
        acts = [event for event in mine if plain_reader(event) == reader]
        marks = sorted((event.at, event.value == 0) for event in acts if event.type == "like")
        liked = bool(marks) and not marks[-1][1]
        likes += liked
        worthy = [event for event in acts if event.type == "like" or plain_weight(event)]
        source = int(source_keys(event.source for event in worthy if event.source is not None).max(initial=0))
        counted.append((source, [e for e in acts if e.type != "like" or (liked and e.at == marks[-1][0])]))
    sums = [
        plain_share(
            [
                (source, max((plain_weight(e) * 0.5 ** ((now - e.at) / h) for e in acts), default=0.0))
                for source, acts in counted
            ]
        )
        for h in LIVES
    ]
    return sums, sum(event.type == "view" for event in mine), likes


def interest(engagement: Engagement, now: int = END) -> np.ndarray:
    return np.stack([engagement.interest(column, now) for column in range(len(LIVES))])


def live(arrays: dict[str, np.ndarray], found: Sequence[Event]) -> Engagement:
    engagement = Engagement.from_arrays(arrays)
    for event in found:
        meet(engagement, [event])
    return engagement


def meet(engagement: Engagement, block: Sequence[Event]) -> None:
    engage(engagement, block, [int(event.article_id) for event in block])


def assert_same(one: Engagement, other: Engagement) -> None:
    assert_allclose(interest(one), interest(other), rtol=1e-6, atol=1e-9)
    assert_array_equal(one.views.counts, other.views.counts)
    assert_array_equal(one.likes.counts, other.likes.counts)
    assert one.last_event == other.last_event


@given(st.lists(events, max_size=30))
def test_live_counts_follow_from_the_definition(empty, found):
    engagement = live(empty, found)
    for row in range(N):
        sums, views, likes = plain_counts(found, row, END)
        assert_allclose(interest(engagement)[:, row], sums, rtol=1e-6, atol=1e-9)
        assert engagement.views.count(row) == views
        assert engagement.likes.count(row) == max(0, likes)


@pytest.mark.slow
@settings(max_examples=12)
@given(st.lists(events, max_size=40), st.randoms(use_true_random=False))
def test_live_equals_batch_for_any_order_and_any_bundle(found, chance):
    """Some events are in the bundle, the others arrive in any order, late ones too."""
    cut = chance.randrange(len(found) + 1)
    shuffled = chance.sample(found, len(found))
    late = live(arrays_of(shuffled[:cut]), shuffled[cut:])
    assert_same(late, Engagement.from_arrays(arrays_of(found)))


@pytest.fixture(scope="module")
def busy() -> dict[str, np.ndarray]:
    """What training makes of events by every kind of reader, likes taken back and shared sources included."""
    chance = random.Random(3)
    found = []
    for _ in range(120):
        who = {name: chance.choice("ax") for name in ("visitor_id", "session_id", "source") if chance.random() < 0.4}
        at, value = chance.randrange(START, END), chance.choice((0.0, 1.0, 60.0))
        row = str(chance.randrange(N - 1))
        found.append(Event(type=chance.choice(EVENT_TYPES), article_id=row, at=Micros(at), value=value, **who))
    return arrays_of(found)


@settings(max_examples=40)
@given(st.lists(events, max_size=80), st.integers(0, 80))
def test_many_events_at_once_count_as_one_by_one(busy, found, cut):
    together, one_by_one = Engagement.from_arrays(busy), Engagement.from_arrays(busy)
    for block in (found[:cut], found[cut:]):
        meet(together, block)
    for event in found:
        meet(one_by_one, [event])
    assert_same(together, one_by_one)
    assert together.changes == one_by_one.changes
    assert {*together.touched.view.tolist()} == {*one_by_one.touched.view.tolist()}
    for event in found[::-1]:  # and what is remembered of each reader is the same
        later = msgspec.structs.replace(event, at=Micros(event.at + DAY), session_id=None)
        meet(together, [later])
        meet(one_by_one, [later])
    assert_same(together, one_by_one)


def test_many_events_at_once_of_an_erased_visitor_begin_anew(busy):
    found = [Event(type="view", article_id="0", visitor_id="a", at=Micros(END - i)) for i in range(1, 60)]
    together, one_by_one = Engagement.from_arrays(busy), Engagement.from_arrays(busy)
    for engagement in (together, one_by_one):
        engagement.erase(visitor_key("a"))
    meet(together, found)
    for event in found:
        meet(one_by_one, [event])
    assert_same(together, one_by_one)


@pytest.mark.slow
@settings(max_examples=12)
@given(st.lists(events, max_size=40), st.integers(START, END), st.integers(0, 3))
def test_totals_replace_what_precedes_them_live_and_in_batch(found, arrived, total):
    article = Article(id="1", title="One", published_at=Micros(START), views=total, likes=total)
    stored = StoredArticle(article, 1, views_at=arrived, likes_at=arrived)
    before = [e for e in found if e.at < arrived]
    after = [e for e in found if e.at >= arrived]
    late = live(arrays_of(before, as_of=arrived), [])
    late.put(stored)
    for event in after:
        meet(late, [event])
    stored_at = np.array([0, arrived, 0, 0])
    totals = np.array([0, total, 0, 0])
    batch = Engagement.from_arrays(arrays_of(found, Totals(totals, stored_at, totals, stored_at)))
    assert_same(late, batch)


def test_second_like_by_one_visitor_changes_no_count(empty):
    like = Event(type="like", article_id="0", visitor_id="v", at=Micros(START))
    once, twice = live(empty, [like]), live(empty, [like, Event(**{**asdict(like), "at": Micros(START + 1)})])
    assert once.likes.count(0) == twice.likes.count(0) == 1


def asdict(event: Event) -> dict:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def test_a_like_that_is_taken_back_leaves_nothing(empty):
    like = Event(type="like", article_id="0", visitor_id="v", at=Micros(START))
    back = Event(type="like", article_id="0", visitor_id="v", at=Micros(START + HOUR), value=0.0)
    engagement = live(empty, [like, back])
    assert engagement.likes.count(0) == 0
    assert_allclose(interest(engagement), 0.0)


def test_taking_back_a_like_that_the_total_holds_lowers_the_count():
    like = Event(type="like", article_id="1", visitor_id="v", at=Micros(START))
    back = Event(type="like", article_id="1", visitor_id="v", at=Micros(START + HOUR), value=0.0)
    arrived = np.array([0, START + 1, 0, 0])
    total = np.array([0, 7, 0, 0])
    engagement = Engagement.from_arrays(arrays_of([like], Totals(total, arrived, total, arrived)))
    assert engagement.likes.count(1) == 7
    meet(engagement, [back])
    assert engagement.likes.count(1) == 6


def test_likes_without_visitor_or_session_count_one_each(empty):
    like = Event(type="like", article_id="0", at=Micros(START))
    assert live(empty, [like, like, like]).likes.count(0) == 3


def test_one_reader_with_many_events_weighs_as_much_as_with_one(empty):
    view = [Event(type="view", article_id="0", visitor_id="v", at=Micros(START + i)) for i in range(5_000)]
    assert_allclose(interest(live(empty, view))[:, 0], interest(live(empty, view[-1:]))[:, 0])
    arrays = arrays_of(view)
    assert_allclose(interest(Engagement.from_arrays(arrays))[:, 0], interest(live(empty, view[-1:]))[:, 0])
    assert arrays["pair_reader"].size == 1


def test_months_after_the_bundle_an_hour_s_half_life_neither_overflows_nor_vanishes(empty):
    views = [Event(type="view", article_id="0", visitor_id=str(day), at=Micros(START + day * DAY)) for day in range(90)]
    engagement = live(empty, views)
    assert_allclose(engagement.interest(0, START + 89 * DAY)[0], 1.0, rtol=1e-6)


def test_a_clock_set_back_gives_no_growth(empty):
    engagement = live(empty, [Event(type="view", article_id="0", visitor_id="v", at=Micros(START))])
    assert_allclose(interest(engagement, START - DAY)[:, 0], 1.0)


def test_nothing_at_or_after_the_as_of_is_seen():
    view = Event(type="view", article_id="0", visitor_id="v", at=Micros(START + HOUR))
    seen = Engagement.from_arrays(arrays_of([view], as_of=START + HOUR))
    assert seen.views.count(0) == 0
    assert not interest(seen).any()


def test_arrays_do_not_depend_on_threads_or_order():
    chance = random.Random(1)
    found = [
        Event(
            type=chance.choice(EVENT_TYPES),
            article_id=str(chance.randrange(N)),
            visitor_id=str(chance.randrange(500)),
            at=Micros(START + chance.randrange(30 * DAY)),
            value=float(chance.randrange(5)),
        )
        for _ in range(5_000)
    ]
    shuffled = chance.sample(found, len(found))
    results = []
    for order, threads in ((found, 1), (shuffled, 2)):
        with duckdb_engine(threads=threads) as engine:
            table = event_table(order, int, END)
            assert isinstance(table, pa.Table)
            results.append(arrays_by(engine, table, Totals.none(N), END))
    for name, array in results[0].items():
        assert_array_equal(array, results[1][name], err_msg=name)
