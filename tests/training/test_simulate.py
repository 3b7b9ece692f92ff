"""Simulated readers do what the module's docstring says, and the same for the same seed."""

import json
from collections import Counter
from datetime import UTC
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from recsys.article import Article
from recsys.event import Event
from recsys.record import Micros, RecordReader, SectionPath, wire_json
from recsys.times import DAY, HOUR, SECOND
from training.reading import LONGEST_DWELL_SECONDS, Sittings, World, desire, interest, read
from training.simulate import POOL, SAMPLE_DAYS, SAMPLE_END, population, shift, simulate

DATA = Path(__file__).parents[2] / "data"
READER = RecordReader(Article, UTC)
ARTICLES = [READER.from_json(line) for line in (DATA / "sample" / "articles.jsonl").read_bytes().splitlines()]


STORY = (("first part", ("bridge",)), ("second part", ("bridge",)), ("another matter", ("soup",)))


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return simulate(ARTICLES)


def article(name: str, *, at: int, expires: int | None = None, tags: tuple[str, ...] = (), body: str = "") -> Article:
    ends = None if expires is None else Micros(expires)
    return Article(id=name, title=name, body=body, published_at=Micros(at), expires_at=ends, tags=tags)


def test_same_seed_gives_the_same_bytes_and_another_seed_others(events):
    few = simulate(ARTICLES, visitors=50, days=20, seed=3)
    assert wire_json(few) == wire_json(simulate(ARTICLES, visitors=50, days=20, seed=3))
    assert [e.at for e in few] != [e.at for e in simulate(ARTICLES, visitors=50, days=20, seed=4)]


def test_default_is_a_demo_of_twelve_to_fifteen_thousand_events(events):
    assert 12_000 <= len(events) <= 15_000
    assert len({e.visitor_id for e in events}) > 200


def test_events_are_valid_by_schema_with_ids_of_their_own_and_in_order_of_time(events):
    schema = Draft202012Validator(json.loads((DATA / "schema" / "event.schema.json").read_bytes()))
    for event in events[::50]:
        schema.validate(json.loads(wire_json(event)))
    assert len({e.id for e in events}) == len(events)
    assert [e.at for e in events] == sorted(e.at for e in events)


def test_no_event_lies_outside_its_articles_life_or_the_simulated_days(events):
    by_id = {a.id: a for a in ARTICLES}
    for event in events:
        subject = by_id[event.article_id]
        assert subject.published_at <= event.at
        assert subject.expires_at is None or event.at < subject.expires_at
        assert SAMPLE_END - SAMPLE_DAYS * DAY <= event.at < SAMPLE_END
    assert "ada-venn-medal" not in {e.article_id for e in events}


@settings(max_examples=40, deadline=None)
@given(
    lives=st.lists(st.tuples(st.integers(-3 * DAY, 8 * DAY), st.none() | st.integers(1, 5 * DAY)), max_size=6),
    days=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)
def test_any_site_gets_only_events_within_lives_and_days(lives, days, seed):
    site = [
        article(str(row), at=at, expires=None if life is None else at + life) for row, (at, life) in enumerate(lives)
    ]
    end = 5 * DAY
    for event in simulate(site, days=days, visitors=30, seed=seed, end=end):
        subject = site[int(event.article_id)]
        assert max(subject.published_at, end - days * DAY) <= event.at < end
        assert subject.expires_at is None or event.at < subject.expires_at


def test_few_articles_and_few_visitors_draw_most_views(events):
    views = np.array(sorted(Counter(e.article_id for e in events if e.type == "view").values(), reverse=True))
    visits = np.array(sorted(Counter(e.visitor_id for e in events if e.type == "view").values(), reverse=True))
    assert views[: len(views) // 5].sum() > 0.4 * views.sum()
    assert views.min() > 0
    assert visits[: len(visits) // 5].sum() > 0.5 * visits.sum()


def test_visitors_read_more_in_the_sections_that_they_like():
    seed, visitors = 5, 300
    site, readers = population(ARTICLES, visitors, seed)
    section = dict(zip((a.id for a in ARTICLES), site.section, strict=True))
    reads = np.zeros((visitors, len(site.sections)))
    for event in simulate(ARTICLES, visitors=visitors, seed=seed):
        if event.type == "view":
            reads[int(event.visitor_id.rpartition("-")[2]), section[event.article_id]] += 1
    share = reads / np.maximum(reads.sum(axis=1, keepdims=True), 1)
    favourite = readers.section_taste.argmax(axis=1)
    regular = reads.sum(axis=1) >= 5
    in_favourite = share[np.arange(visitors), favourite][regular].mean()
    of_everyone = (reads.sum(axis=0) / reads.sum())[favourite[regular]].mean()
    assert in_favourite > 2 * of_everyone


def test_reading_one_part_of_a_story_draws_to_the_next_part_and_to_nothing_else():
    site_articles = [article(name, at=0, tags=tags) for name, tags in STORY]
    site, readers = population(site_articles, 200, 1)
    world = World.before_the_first_day(site, readers, np.random.default_rng(1))
    everyone = Sittings(np.arange(200), np.full(200, HOUR), 0, 0)
    before = desire(world, everyone, np.arange(3))
    read(world, everyone, np.zeros(200, dtype=np.int64))
    after = desire(world, everyone, np.arange(3))
    assert np.all(after[:, 0] < before[:, 0])
    assert np.all(after[:, 1] > before[:, 1])
    np.testing.assert_array_equal(after[:, 2], before[:, 2])


def test_nobody_is_drawn_to_what_is_not_yet_or_no_longer_published():
    lives = [article("gone", at=0, expires=HOUR), article("ahead", at=HOUR + 1), article("live", at=HOUR)]
    site, readers = population(lives, 5, 1)
    world = World.before_the_first_day(site, readers, np.random.default_rng(1))
    drawn = desire(world, Sittings(np.arange(5), np.full(5, HOUR), 0, 0), np.arange(3))
    assert (drawn > 0).tolist() == [[False, False, True]] * 5


def test_a_reading_that_outlasts_the_article_or_the_days_has_no_dwell():
    """Readers of a text of an hour, at work when it expires or when the simulation ends, leave a view only."""
    book = "word " * 20_000
    site = [article("brief", at=0, expires=DAY // 2, body=book), article("late", at=DAY // 2, body=book)]
    events = simulate(site, days=1, visitors=4_000, end=DAY)
    views, dwells = (Counter(e.article_id for e in events if e.type == kind) for kind in ("view", "dwell"))
    ends = {"brief": DAY // 2, "late": DAY}
    assert all(e.at < ends[e.article_id] for e in events)
    assert all(0 < dwells[name] < views[name] for name in ends)


def test_clicks_fall_with_the_position_in_the_list():
    events = simulate(ARTICLES, visitors=600)
    shown = Counter(e.position for e in events if e.type == "impression")
    clicked = Counter(e.position for e in events if e.type == "click")
    rate = [clicked[p] / shown[p] for p in (1, 2, 4, 8)]
    assert rate == sorted(rate, reverse=True)
    assert rate[0] > 4 * rate[2]


def test_a_click_joins_an_impression_and_opens_its_article(events):
    key = {(e.request_id, e.article_id, e.list, e.position) for e in events if e.type == "impression"}
    views = {(e.session_id, e.article_id, e.at) for e in events if e.type == "view"}
    clicks = [e for e in events if e.type == "click"]
    assert len(clicks) > 100
    for click in clicks:
        assert (click.request_id, click.article_id, click.list, click.position) in key
        assert (click.session_id, click.article_id, click.at) in views


def test_no_list_shows_the_page_that_it_stands_on(events):
    pages: dict[str, list[Event]] = {}
    for event in events:
        if event.type in ("view", "impression"):
            pages.setdefault(event.session_id, []).append(event)
    for session in pages.values():
        current = ""
        for event in session:
            if event.type == "view":
                current = event.article_id
            else:
                assert event.article_id != current


def test_nobody_likes_twice_and_nobody_likes_a_tragedy(events):
    likes = [(e.visitor_id, e.article_id) for e in events if e.type == "like"]
    assert likes
    assert len(set(likes)) == len(likes)
    assert "maid-of-arden-lost" not in {name for _, name in likes}


def test_sponsored_articles_stand_in_no_list(events):
    listed = {e.article_id for e in events if e.type == "impression"}
    assert "tidegate-marina-open-weekend" not in listed
    assert len(listed) > 60


def test_likes_follow_quality_more_than_appeal():
    site, _ = population(ARTICLES, 1_000, 7)
    events = simulate(ARTICLES, visitors=1_000, seed=7)
    views = Counter(e.article_id for e in events if e.type == "view")
    likes = Counter(e.article_id for e in events if e.type == "like")
    known = [row for row, a in enumerate(ARTICLES) if views[a.id] > 30 and not site.sensitive[row]]
    rate = np.array([likes[ARTICLES[row].id] / views[ARTICLES[row].id] for row in known])
    assert np.corrcoef(rate, site.quality[known])[0, 1] > 0.7
    assert abs(np.corrcoef(rate, site.appeal[known])[0, 1]) < 0.5


def test_interest_is_nothing_before_birth_falls_for_news_and_lasts_for_guides():
    age = np.array([-1.0, 0.0, 1.5, 30.0])
    news, guide = interest(age, np.zeros(4, dtype=bool)), interest(age, np.ones(4, dtype=bool))
    assert news[0] == guide[0] == 0
    assert news[1] > news[2] > news[3] > 0
    assert guide[3] > 0.6 * guide[1]
    assert guide[3] > news[3]


def test_evening_has_more_readers_than_night(events):
    hours = Counter(e.at % DAY // HOUR for e in events if e.type == "view")
    assert sum(hours[h] for h in range(18, 23)) > 4 * sum(hours[h] for h in range(5))


def test_dwell_ends_as_many_seconds_after_its_view_as_it_says_and_long_texts_take_longer(events):
    dwells = [e for e in events if e.type == "dwell"]
    opened = {(e.session_id, e.article_id, e.at) for e in events if e.type == "view"}
    assert all((e.session_id, e.article_id, e.at - round(e.value * SECOND)) in opened for e in dwells)
    assert all(1 <= e.value <= LONGEST_DWELL_SECONDS for e in dwells)
    long, short = article("long", at=0, body="word " * 1_000), article("short", at=0, body="word " * 50)
    drawn = simulate([long, short], days=3, visitors=1_000, end=3 * DAY)
    median = {
        name: np.median([e.value for e in drawn if e.article_id == name and e.type == "dwell"])
        for name in ("long", "short")
    }
    assert median["long"] > 3 * median["short"]


def test_an_archive_larger_than_the_pool_is_read_at_its_most_alluring_end():
    old = [article(f"old-{k}", at=k) for k in range(POOL + 50)]
    new = [article(f"new-{k}", at=400 * DAY) for k in range(20)]
    views = [e.article_id for e in simulate(old + new, days=2, visitors=2_000, end=402 * DAY) if e.type == "view"]
    assert len({name for name in views if name.startswith("new")}) > 0.9 * len(new)
    assert sum(name.startswith("new") for name in views) > 0.3 * len(views)


def test_shift_moves_every_time_and_nothing_else(events):
    moved = shift(ARTICLES, 5 * DAY)
    assert shift(moved, -5 * DAY) == ARTICLES
    assert all(b.published_at - a.published_at == 5 * DAY for a, b in zip(ARTICLES, moved, strict=True))
    assert (
        next(a for a in moved if a.expires_at).expires_at
        == next(a for a in ARTICLES if a.expires_at).expires_at + 5 * DAY
    )
    assert READER.from_json(wire_json(moved[0])) == moved[0]
    assert shift(shift(events[:100], DAY), -DAY) == events[:100]


def test_shifted_articles_are_read_in_the_same_way():
    """The demo may simulate before or after it shifts."""
    before = shift(simulate(ARTICLES, visitors=40), 3 * DAY)
    after = simulate(shift(ARTICLES, 3 * DAY), visitors=40, end=SAMPLE_END + 3 * DAY)
    assert before == after


@pytest.mark.parametrize(("days", "visitors"), [(0, 10), (10, 0)])
def test_nothing_to_simulate_is_refused(days, visitors):
    with pytest.raises(ValueError, match="at least one"):
        simulate(ARTICLES, days=days, visitors=visitors)


def test_a_site_without_articles_has_no_events():
    assert simulate([], days=3, visitors=3, end=DAY) == []


def test_articles_without_section_tags_language_or_body_are_read_too():
    bare = [Article(id="a", title="A", published_at=Micros(0), section=SectionPath())]
    assert {e.article_id for e in simulate(bare, days=2, visitors=200, end=2 * DAY)} == {"a"}
