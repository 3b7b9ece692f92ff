"""Robots are told by their names, in bounded time, and what they did is not stored."""

import time

import pytest

from recsys.event import Event
from recsys.record import Micros
from recsys.robots import as_stored, is_robot

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (compatible; bingbot/2.0)",
        "Mozilla/5.0 AppleWebKit/537.36 (compatible; GPTBot/1.2)",
        "curl/8.9.1",
        "python-requests/2.32",
        "Mozilla/5.0 (X11) HeadlessChrome/130.0 Safari/537.36",
    ],
)
def test_crawlers_libraries_and_headless_browsers_are_robots(agent):
    assert is_robot(agent)


@pytest.mark.parametrize(
    "agent",
    [
        "",
        BROWSER,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604",
    ],
)
def test_browsers_and_the_nameless_are_readers(agent):
    assert not is_robot(agent)


def test_a_long_agent_costs_little():
    began = time.process_time()
    is_robot("x" * 100_000)
    assert time.process_time() - began < 0.2


def test_what_a_robot_did_is_not_stored_and_no_agent_is():
    event = Event(type="view", article_id="a", at=Micros(0), user_agent=BROWSER)
    assert as_stored(event) == Event(type="view", article_id="a", at=Micros(0))
    assert as_stored(Event(type="view", article_id="a", at=Micros(0), user_agent="curl/8.9.1")) is None
