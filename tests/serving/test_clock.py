"""The server's clock is set back, or ahead: answers stay whole, and right themselves when it does."""

import json
import math
from typing import Any

import pytest

from recsys.home import Home
from recsys.settings import Settings
from recsys.times import DAY, HOUR
from serving.run import open_service
from tests.serving.client import Client
from tests.serving.conftest import NOW

ASKED = (
    "/v1/ranking?limit=100&window=hour",
    "/v1/ranking?limit=100&window=all",
    "/v1/articles/harbour-1/related?limit=100",
    "/v1/articles/harbour-1/page?history=council-4",
    "/v1/recommendations?visitor_id=reader-3&limit=100",
)


def _numbers(value: Any) -> list[float]:
    """All numbers in an answer."""
    if isinstance(value, dict):
        return [number for part in value.values() for number in _numbers(part)]
    if isinstance(value, list):
        return [number for part in value for number in _numbers(part)]
    return [value] if isinstance(value, int | float) else []


@pytest.mark.parametrize("step", [-HOUR, DAY, -400 * DAY, 400 * DAY])
def test_a_clock_that_steps_makes_no_answer_wrong(home: Home, step: int) -> None:
    shift = 0
    with Client(open_service(home, Settings(), lambda: NOW + shift)) as api:
        before = {path: api.get(path).content for path in ASKED}
        shift = step
        for path in ASKED:
            answer = api.get(path)
            assert answer.status_code == 200 or step < -DAY  # an article that is not published yet is not found
            numbers = _numbers(json.loads(answer.content))
            assert all(math.isfinite(number) and number >= 0 for number in numbers), path
        shift = 0
        again = {path: api.get(path).content for path in ASKED}
    assert again == before
