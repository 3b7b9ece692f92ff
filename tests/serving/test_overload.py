"""Under overload the cheaper answer first, then none; what is at hand always; and back to normal at once."""

import dataclasses
from collections.abc import Callable, Iterator

import pytest

from recsys.home import Home
from recsys.settings import Settings
from recsys.times import SECOND
from serving import overload
from serving.overload import BEAT_SECONDS, BUSY_SECONDS, CROWD, Pulse
from serving.run import open_service
from tests.serving.client import Client
from tests.serving.conftest import NOW

LATE, TOO_LATE = 0.05, 0.06


class Clock:
    """Seconds that only pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Rounds:
    """A loop whose rounds end when they are told to."""

    def __init__(self) -> None:
        self._next: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], None]) -> None:
        self._next.append(work)

    def end(self) -> bool:
        """Ends one; False where nobody cared."""
        works, self._next = self._next, []
        for work in works:
            work()
        return bool(works)


class Hurried(Pulse):
    """As late as it is told, whatever the loop does."""

    lag = 0.0

    def beat(self) -> float:
        return self.lag

    def _lag(self) -> float:
        return self.lag


@pytest.fixture(autouse=True)
def real_bounds(unhurried: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overload, "LATE_SECONDS", LATE)
    monkeypatch.setattr(overload, "TOO_LATE_SECONDS", TOO_LATE)


@pytest.fixture
def hurried(home: Home, clock: Callable[[], int]) -> Iterator[tuple[Client, Hurried]]:
    pulse = Hurried()
    with Client(dataclasses.replace(open_service(home, Settings(), clock), pulse=pulse)) as client:
        yield client, pulse


def _round(pulse: Pulse, clock: Clock, seconds: float, asked: int = CROWD) -> None:
    for _ in range(asked):
        pulse.worked(0.0)
    clock.now += BEAT_SECONDS + seconds
    pulse.beat()


def test_one_pause_is_no_crowd() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    _round(pulse, clock, 5.0)
    assert not pulse.late()
    _round(pulse, clock, 0.0)
    assert not pulse.late()


def test_a_crowd_is_noticed_within_the_round_that_brings_it() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    _round(pulse, clock, 0.3)
    clock.now += BEAT_SECONDS + LATE + 0.001
    assert pulse.late()
    assert not pulse.too_late()
    clock.now += TOO_LATE - LATE
    assert pulse.too_late()


def test_the_answers_of_one_round_are_a_crowd_by_themselves() -> None:
    rounds = Rounds()
    pulse = Pulse(Clock(), rounds)
    for _ in range(10):
        pulse.worked(LATE / 10 + 1e-9)
    assert pulse.late()
    assert not pulse.too_late()
    pulse.worked(TOO_LATE - LATE)
    assert pulse.too_late()
    rounds.end()
    rounds.end()
    assert not pulse.late()


def test_who_is_read_in_one_round_may_have_waited_for_the_one_before() -> None:
    rounds = Rounds()
    pulse = Pulse(Clock(), rounds)
    for _ in range(CROWD):
        pulse.worked(0.01)
    rounds.end()
    assert not pulse.late()
    pulse.worked(0.03)
    assert pulse.too_late()
    rounds.end()
    assert not pulse.late(), "the round before the last one is over for everybody"


def test_rounds_of_a_crowd_do_not_grow() -> None:
    rounds, answer = Rounds(), 0.004
    pulse, longest = Pulse(Clock(), rounds), 0.0
    before = 0.0
    for _ in range(50):
        worked = 0.0
        for _ in range(100):  # all that came meanwhile
            if not pulse.too_late():
                worked += answer
                pulse.worked(answer)
        rounds.end()
        longest, before = max(longest, before + worked), worked
    assert longest <= TOO_LATE + 2 * answer


def test_a_calm_loop_is_not_followed_round_by_round() -> None:
    clock, rounds = Clock(), Rounds()
    pulse = Pulse(clock, rounds)
    for _ in range(100):
        pulse.worked(0.001)
        assert not rounds.end()
        _round(pulse, clock, 0.0, asked=0)
    pulse.worked(BUSY_SECONDS)
    assert rounds.end()
    assert rounds.end()
    assert not rounds.end()


def test_one_client_on_a_slow_machine_is_no_crowd() -> None:
    clock = Clock()
    pulse = Pulse(clock, Rounds())
    for _ in range(10):
        _round(pulse, clock, 2 * TOO_LATE, asked=1)
        pulse.worked(2 * TOO_LATE)
        assert not pulse.late()


def test_it_ends_two_beats_after_the_last_late_one() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    for _ in range(100):
        _round(pulse, clock, 1.0)
    assert pulse.too_late()
    for _ in range(2):
        _round(pulse, clock, 0.0)
    assert not pulse.late()


def test_a_reader_gets_what_strangers_get_marked_as_fill(hurried: tuple[Client, Hurried]) -> None:
    api, pulse = hurried
    path = "/v1/recommendations?history=harbour-1,harbour-2&article_id=harbour-3&exclude=council-0&limit=5"
    assert any("fill" not in item for item in api.get(path).json()["items"])
    pulse.lag = LATE
    other = path.replace("harbour-1", "harbour-4")
    found = api.get(other).json()["items"]
    assert len(found) == 5
    assert all("fill" in item and item["score"] == 0 for item in found)
    assert not {item["id"] for item in found} & {"harbour-2", "harbour-3", "harbour-4", "council-0"}
    assert 'recsys_shed_total{what="reader"} 1.0' in api.get("/metrics").text


def test_what_strangers_get_knows_of_takedowns(hurried: tuple[Client, Hurried]) -> None:
    api, pulse = hurried
    pulse.lag = LATE
    path = "/v1/recommendations?history=harbour-1&limit=100"
    first = api.get(path).json()["items"][0]["id"]
    assert api.delete(f"/v1/articles/{first}").status_code == 204
    assert first not in {item["id"] for item in api.get(path + "&min_score=0.5").json()["items"]}


def test_a_page_leaves_its_reader_out(hurried: tuple[Client, Hurried]) -> None:
    api, pulse = hurried
    pulse.lag = LATE
    personal = api.get("/v1/articles/harbour-3/page?history=harbour-1").json()
    assert personal == api.get("/v1/articles/harbour-3/page").json()


def test_a_crowd_gets_what_was_made_seconds_ago_unless_something_in_it_is_gone(home: Home) -> None:
    now, pulse, path = NOW, Hurried(), "/v1/ranking?limit=5"
    with Client(dataclasses.replace(open_service(home, Settings(), lambda: now), pulse=pulse)) as api:
        before = api.get(path)
        pulse.lag = TOO_LATE
        now += 5 * SECOND
        assert api.get(path).content == before.content
        assert api.delete(f"/v1/articles/{before.json()['items'][0]['id']}").status_code == 204
        assert api.get(path).status_code == 503
        pulse.lag = 0.0
        assert api.get(path).status_code == 200
        pulse.lag = TOO_LATE
        now += 30 * SECOND
        assert api.get(path).status_code == 503


def test_at_last_only_what_is_at_hand_is_answered_and_then_all_again(hurried: tuple[Client, Hurried]) -> None:
    api, pulse = hurried
    kept, other = "/v1/ranking?limit=3", "/v1/ranking?limit=4"
    assert api.get(kept).status_code == 200
    pulse.lag = TOO_LATE
    assert api.get(kept).status_code == 200
    for path in (other, "/v1/recommendations?history=harbour-1", "/v1/articles/council-1", "/docs"):
        answer = api.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.headers["content-type"] == "application/problem+json"
    event = {"type": "view", "article_id": "council-4", "at": "2026-03-10T11:00:00Z"}
    assert api.post("/v1/events", json=event).status_code == 503
    for path in ("/livez", "/readyz", "/metrics"):
        assert api.get(path).status_code == 200
    assert api.delete("/v1/articles/council-5").status_code == 204, "a takedown is never turned away"
    pulse.lag = 0.0
    assert api.get(other).status_code == 200
    assert api.post("/v1/events", json=event).json()["accepted"] == 1
    metrics = api.get("/metrics").text
    assert 'recsys_shed_total{what="list"} 2.0' in metrics
    assert 'recsys_shed_total{what="request"} 3.0' in metrics
