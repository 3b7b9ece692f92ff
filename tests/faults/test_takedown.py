"""What is taken down, embargoed, unlisted or expired is in no answer of any worker a second later."""

import http.client
import itertools
import json
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from recsys.home import Home
from tests.faults.scale import tries
from tests.serving.conftest import TOPICS
from tests.serving.process import ask, server

pytestmark = pytest.mark.slow

ANSWERS = tries(100_000, 2_000)
READERS = 3
SOON = 1.0
DOWN = 3.0  # seconds that an article stays away
NUMBERS = range(4, 12)  # those below are always there to be asked about
WAYS = ("delete", "expired", "expiring", "embargoed", "unlisted")


class Away:
    """Articles that must not be shown, and since when, in monotonic seconds."""

    def __init__(self) -> None:
        self.since: dict[str, float] = {}
        self.lock = threading.Lock()

    def at(self, moment: float) -> set[str]:
        with self.lock:
            return {name for name, since in self.since.items() if since <= moment}


def _in(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def _take_away(url: str, record: dict[str, Any], way: str, away: Away) -> None:
    path, later = f"{url}/v1/articles/{record['id']}", 0.0
    if way == "delete":
        assert ask(path, method="DELETE")[0] == 204
    else:
        later = 0.3 if way == "expiring" else 0.0
        changes: dict[str, dict[str, Any]] = {
            "expired": {"expires_at": _in(-60)},
            "expiring": {"expires_at": _in(later)},
            "embargoed": {"published_at": _in(3_600)},
            "unlisted": {"labels": ["unlisted"]},
        }
        assert ask(path, record | changes[way], "PUT")[0] == 200
    with away.lock:
        away.since[record["id"]] = time.monotonic() + later


def _bring_back(url: str, record: dict[str, Any], away: Away) -> None:
    with away.lock:
        del away.since[record["id"]]
    assert ask(f"{url}/v1/articles/{record['id']}", record, "PUT")[0] in (200, 201)


def _asked(chance: random.Random) -> str:
    """One of the questions that show articles."""
    one, other = (f"{chance.choice(list(TOPICS))}-{chance.randrange(NUMBERS.start)}" for _ in range(2))
    limit = chance.choice((5, 30, 100))
    return chance.choice(
        (
            f"/v1/articles/{one}/related?limit={limit}",
            f"/v1/ranking?limit={limit}&window={chance.choice(('hour', 'day', 'all'))}",
            f"/v1/recommendations?history={one},{other}&limit={limit}",
            f"/v1/recommendations?visitor_id=reader-{chance.randrange(30)}&limit={limit}",
            f"/v1/articles/{one}/page?history={other}",
        )
    )


def _shown(answer: dict[str, Any]) -> set[str]:
    lists = [answer[name] for name in ("related", "ranking", "recommendation")] if "related" in answer else [answer]
    return {item["id"] for found in lists for item in found["items"]}


def test_what_is_taken_away_is_in_no_answer_a_second_later(home: Home) -> None:
    away, ended, left, seen = Away(), threading.Event(), itertools.count(ANSWERS, -1), itertools.count()
    leaks: list[tuple[str, set[str]]] = []
    unready: list[int] = []

    def read(address: str, number: int) -> None:
        chance = random.Random(number)
        while not ended.is_set():
            connection = http.client.HTTPConnection(address, timeout=20)
            for _ in range(50):  # then another worker may take the next connection
                path, gone = _asked(chance), away.at(time.monotonic() - SOON)
                connection.request("GET", path)
                answer = connection.getresponse()
                body = answer.read()
                # What came back meanwhile may be shown again.
                leaked = _shown(json.loads(body)) & gone & away.at(time.monotonic()) if answer.status == 200 else set()
                if leaked:
                    leaks.append((path, leaked))
                if answer.status != 200:
                    unready.append(answer.status)
                next(seen)
                if next(left) <= 0:
                    ended.set()
            connection.close()

    with server(home.root, "--workers", "2") as (url, _):
        address = url.removeprefix("http://")
        names = [f"{topic}-{number}" for topic in TOPICS for number in NUMBERS]
        records = [ask(f"{url}/v1/articles/{quote(name, safe='')}")[1] for name in names]
        turns = zip(itertools.cycle(records), itertools.cycle(WAYS), strict=False)
        down: list[tuple[float, dict[str, Any]]] = []

        def next_goes() -> None:
            record, way = next(turns)
            _take_away(url, record, way, away)
            down.append((time.monotonic(), record))

        for _ in range(10):
            next_goes()
        time.sleep(SOON)
        readers = [threading.Thread(target=read, args=(address, number)) for number in range(READERS)]
        for reader in readers:
            reader.start()
        while not ended.wait(0.2):
            next_goes()
            while down and down[0][0] < time.monotonic() - DOWN:
                _bring_back(url, down.pop(0)[1], away)
        for reader in readers:
            reader.join()
    print(f"{next(seen):,} answers, {len(leaks)} leaks, {len(unready)} turned away")
    assert leaks == []
    assert len(unready) < ANSWERS / 10
