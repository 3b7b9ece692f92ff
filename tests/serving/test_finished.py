"""A kept answer is given again only as long as it would come out the same."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from recsys.bundle import activate
from recsys.event import Event
from recsys.home import Home
from recsys.model import Model
from recsys.record import Micros
from recsys.times import DAY, SECOND
from serving import fast, lists
from serving.answers import Answer, related_answer
from serving.finished import FRESH, FinishedAnswers
from serving.questions import RelatedQuestion
from serving.service import Service
from tests.serving.client import Client
from tests.serving.conftest import NOW, article

KEY = (b"/v1/articles/council-4/related", b"")
PASSING = Answer(b"body", "digest")
SETTLED = Answer(b"body", "digest", settled=True)


@pytest.fixture
def finished(service: Service) -> FinishedAnswers[Answer]:
    return FinishedAnswers(service.live, lambda answer: answer)


def _event(service: Service) -> None:
    event = Event(type="view", article_id="council-4", at=Micros(NOW))
    service.live.store.log.append_events([event], NOW)
    service.live.catch_up()


def _article(service: Service) -> None:
    service.live.store.catalogue.put([article("council", 4, title="Another title")], NOW, restore=True)
    service.live.catch_up()


@pytest.mark.parametrize(
    ("answer", "change", "kept"),
    [
        (SETTLED, _event, True),
        (SETTLED, _article, False),
        (PASSING, _event, False),
        (PASSING, _article, False),
    ],
)
def test_the_log_says_what_is_no_longer_good(
    service: Service, finished: FinishedAnswers[Answer], answer: Answer, change: Callable[[Service], None], kept: bool
) -> None:
    finished.keep(KEY, answer, NOW)
    assert finished.get(KEY, NOW) is answer
    change(service)
    assert (finished.get(KEY, NOW) is answer) == kept


def test_a_passing_answer_is_good_for_a_second(finished: FinishedAnswers[Answer]) -> None:
    finished.keep(KEY, PASSING, NOW)
    assert finished.get(KEY, NOW + FRESH - 1) is PASSING
    assert finished.get(KEY, NOW + FRESH) is None


def test_a_settled_answer_is_good_until_an_article_appears(finished: FinishedAnswers[Answer]) -> None:
    """The sample's embargo ends a day after NOW."""
    finished.keep(KEY, SETTLED, NOW)
    assert finished.get(KEY, NOW + DAY - 1) is SETTLED
    assert finished.get(KEY, NOW + DAY) is None


def test_nothing_is_given_after_the_clock_went_back(finished: FinishedAnswers[Answer]) -> None:
    finished.keep(KEY, PASSING, NOW)
    assert finished.get(KEY, NOW - SECOND) is None


def test_another_model_gives_other_answers(
    service: Service, finished: FinishedAnswers[Answer], home: Home, versions: tuple[str, str]
) -> None:
    finished.keep(KEY, SETTLED, NOW)
    activate(home.bundles, versions[1])
    asyncio.run(service.live.renew())
    assert finished.get(KEY, NOW) is None


def test_what_is_kept_stays_within_its_bytes(service: Service) -> None:
    finished = FinishedAnswers(service.live, lambda answer: answer, shared=10_000)
    big = Answer(b"b" * 1_000, "digest")
    for number in range(10):
        finished.keep((b"/", b"%d" % number), big, NOW)
    assert finished.get((b"/", b"0"), NOW) is None
    assert finished.get((b"/", b"9"), NOW) is big
    finished.keep((b"/", b"huge"), Answer(b"b" * 20_000, "digest"), NOW)
    assert finished.get((b"/", b"huge"), NOW) is None


def test_personal_answers_drive_out_no_others(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(model: Model, article_id: str, question: RelatedQuestion, now: int) -> Answer:
        asked.append(article_id)
        return related_answer(model, article_id, question, now)

    monkeypatch.setattr(lists, "related_answer", counted)
    monkeypatch.setattr(fast, "FinishedAnswers", partial(FinishedAnswers, shared=20_000, personal=20_000))
    with Client(service) as api:
        assert api.get("/v1/articles/council-4/related?limit=3&fill=none").status_code == 200
        for number in range(30):
            assert api.get(f"/v1/recommendations?history=council-{number % 12}&limit={number + 1}").status_code == 200
        assert api.get("/v1/articles/council-4/related?limit=3&fill=none").status_code == 200
    assert asked == ["council-4"]


def test_related_without_fill_is_settled_and_with_fill_is_not(service: Service) -> None:
    model = service.live.model
    assert related_answer(model, "council-4", RelatedQuestion(limit=3), NOW).settled
    assert not related_answer(model, "council-4", RelatedQuestion(limit=3, max_age="30d"), NOW).settled
    assert not related_answer(model, "council-4", RelatedQuestion(limit=100), NOW).settled
