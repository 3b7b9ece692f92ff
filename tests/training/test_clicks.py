"""What the log tells of clicks: joined by request, reader, list and article, and never more than was shown."""

import pytest

from recsys.event import Event
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY
from training.clicks import clicks_of
from training.progress import silent

NOW = 100 * DAY


def act(kind, article="a1", reader="v1", at=DAY, **more):
    fields = {"list": "related", "position": 1, "request_id": "r1", "visitor_id": reader} | more
    return Event(type=kind, article_id=article, at=at, **fields)


@pytest.fixture
def store(tmp_path):
    opened = SqliteStore(tmp_path / "store.db")
    yield opened
    opened.close()


@pytest.fixture
def told(store):
    def tell(*events, shares=None, before=NOW):
        store.log.append_events(events, NOW)
        return clicks_of(store.log, before, shares or {}, silent)

    return tell


def test_a_click_belongs_to_what_was_shown_with_the_same_request(told):
    found = told(
        act("impression", "a1"),
        act("impression", "a2", position=2),
        act("click", "a1"),
        act("click", "a2", request_id="another"),
    )
    assert (found.impressions, found.clicks) == (2, 1)
    assert [(rate.name, rate.impressions, rate.clicks) for rate in found.by_position] == [("1", 1, 1), ("2", 1, 0)]
    assert any(note.startswith("1 clicks are on something that no impression tells of") for note in found.notes)


def test_one_reader_looks_once_at_one_answer_however_often_it_is_shown(told):
    found = told(*[act("impression")] * 5, *[act("click")] * 3)
    assert (found.impressions, found.clicks) == (1, 1)


def test_readers_of_the_same_answer_are_told_apart(told):
    found = told(act("impression"), act("impression", reader="v2"), act("click", reader="v2"))
    assert (found.impressions, found.clicks) == (2, 1)


def test_those_whom_nobody_knows_look_as_often_as_it_was_shown_and_click_no_more_often(told):
    found = told(*[act("impression", reader=None)] * 3, *[act("click", reader=None)] * 5)
    assert (found.impressions, found.clicks) == (3, 3)


def test_places_stand_in_their_order_and_lists_apart(told):
    found = told(
        *(act("impression", f"a{n}", position=n) for n in (2, 10, 1)), act("impression", list="ranking", position=1)
    )
    assert [(rate.list, rate.name) for rate in found.by_position] == [
        ("related", "1"),
        ("related", "2"),
        ("related", "10"),
        ("ranking", "1"),
    ]
    assert [(rate.list, rate.impressions) for rate in found.by_list] == [("related", 3), ("ranking", 1)]


def test_the_model_is_the_one_that_was_active_then(store, told):
    store.log.append_activation("first", 2 * DAY)
    store.log.append_activation("second", 4 * DAY)
    found = told(*(act("impression", at=at, request_id=f"r{at}") for at in (DAY, 3 * DAY, 5 * DAY, 6 * DAY)))
    assert {rate.name: rate.impressions for rate in found.by_model} == {"(none)": 1, "first": 1, "second": 2}


def test_what_names_no_request_is_left_out_and_said(told):
    found = told(act("impression", request_id=None), act("click", request_id=None))
    assert (found.impressions, found.clicks, found.by_list) == (0, 0, ())
    assert any(note.startswith("1 impressions name no request") for note in found.notes)


def test_what_is_stamped_later_is_not_seen(told):
    assert told(act("impression", at=50 * DAY), before=50 * DAY).impressions == 0


def test_variants_are_compared_with_the_first_that_was_set(told):
    events = []
    for n in range(40):
        variant = ("today", "ours")[n % 2]
        events.append(act("impression", reader=f"v{n}", variant=variant, request_id=f"r{n}"))
        if variant == "ours" and n % 4 == 1:
            events.append(act("click", reader=f"v{n}", request_id=f"r{n}"))
    found = told(*events, shares={"today": 1.0, "ours": 1.0})
    (apart,) = found.differences
    assert (apart.variant, apart.against, apart.value) == ("ours", "today", 0.5)
    assert apart.low > 0.0
    assert found.split.visitors == {"today": 20, "ours": 20}
    assert found.split.p == 1.0
    assert "as set" in found.split.says


def test_a_split_that_lost_readers_is_told(told):
    lost = [act("view", reader=f"v{n}", variant="today" if n < 150 else "ours") for n in range(200)]
    both = [act("view", reader="both", variant=variant) for variant in ("today", "ours")]
    found = told(*lost, *both, shares={"today": 0.5, "ours": 0.5})
    assert found.split.visitors == {"today": 150, "ours": 50}
    assert found.split.p < 0.001
    assert "not as set" in found.split.says
    assert any(note.startswith("1 visitors met more than one variant") for note in found.notes)


def test_a_log_without_impressions_says_nothing(told):
    found = told(act("view"))
    assert (found.impressions, found.by_list, found.differences, found.split) == (0, (), (), None)
