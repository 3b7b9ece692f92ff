"""Two servers behind haproxy, on one PostgreSQL and one bucket: a server dies, a model comes, no request is lost."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from recsys.home import Home
from recsys.registry import Registry
from recsys.store.postgres import PostgresStore
from serving.overload import overloaded
from tests.faults.scale import tries
from tests.serving.fleet import Member, balanced, move_to_fleet, publish_elsewhere, secret_key
from tests.serving.process import ask

pytestmark = pytest.mark.slow

KILLS = tries(20, 2)
CLIENTS = 3
FOLLOWED_SECONDS = 10.0  # within which a new model answers on both, on a busy machine
ASKED = ("/v1/articles/harbour-1/page", "/v1/articles/council-2/page?history=council-4", "/v1/ranking?limit=100")


class Fleet(NamedTuple):
    """Two members, haproxy's address, what they share, and the headers of a key."""

    members: list[Member]
    url: str
    registry: Registry
    postgres: str
    headers: dict[str, str]


@pytest.fixture
def fleet(home: Home, postgres: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """Each member has a folder of its own."""
    registry = move_to_fleet(home, postgres, f"{bucket}/site", monkeypatch)
    monkeypatch.setenv("RECSYS_TRUSTED_PROXIES", '["127.0.0.1"]')
    token = secret_key(postgres)
    members = [Member(tmp_path / name) for name in ("one", "two")]
    try:
        with balanced(members, tmp_path) as url:
            yield Fleet(members, url, registry, postgres, {"authorization": f"Bearer {token}"})
    finally:
        for member in members:
            member.stop()


class Clients:
    """Readers and senders that never pause. What a busy server turns away is sent again, as its answer says."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(CLIENTS)]
        self.lost: list[str] = []
        self.mixed: list[str] = []
        self.models: set[str] = set()
        self.acknowledged: list[str] = []
        self.answers = 0
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Waits for the last answers."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, client: int) -> None:
        number = 0
        while not self._ended.is_set() and not self.lost:
            number += 1
            name = f"{client}-{number}"
            event = {"id": name, "type": "view", "article_id": "council-4", "at": "2026-03-10T11:00:00Z"}
            if self._one("/v1/events", event) is not None:
                self.acknowledged.append(name)
            found = self._one(ASKED[number % len(ASKED)], None)
            if found is None:
                continue
            told = {found["model"], *(found[name]["model"] for name in ("related", "ranking") if name in found)}
            self.models |= told
            if len(told) > 1:
                self.mixed.append(str(told))

    def _one(self, path: str, body: object) -> Any:
        """What comes back; None where the request was lost."""
        while True:
            try:
                status, text = self._sent(path, body)
            except OSError as error:
                self.lost.append(f"{path}: {error!r}")
                return None
            if status == 503 and overloaded().detail in text:
                time.sleep(0.05)
                continue
            self.answers += 1
            if status not in (200, 202):
                self.lost.append(f"{path}: {status} {text}")
                return None
            return json.loads(text)

    def _sent(self, path: str, body: object) -> tuple[int, str]:
        """Status and text: what haproxy says by itself is no JSON."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **self._fleet.headers}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self._fleet.url + path, data, headers), timeout=60
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


def test_servers_that_are_killed_lose_no_request(fleet: Fleet) -> None:
    clients = Clients(fleet)
    for kill in range(KILLS):
        time.sleep(1.0)
        member = fleet.members[kill % 2]
        member.kill()
        time.sleep(1.0)
        member.start()
    time.sleep(1.0)
    clients.end()
    with closing(PostgresStore(fleet.postgres)) as store:
        stored = [event.id for entry in store.log.read(0, 1_000_000) for event in entry.events]
    print(f"{KILLS} kills, {clients.answers:,} answers, {len(clients.acknowledged):,} events")
    assert clients.lost == []
    assert len(clients.acknowledged) > 20
    assert set(clients.acknowledged) <= set(stored)
    assert len(stored) == len(set(stored)), "an event twice"


def test_a_new_model_reaches_both_and_no_answer_mixes_two(fleet: Fleet) -> None:
    clients = Clients(fleet)
    active = fleet.registry.active()
    [other] = set(fleet.registry.names()) - {active}
    took = []
    for version in (other, active):
        publish_elsewhere(fleet.registry, fleet.postgres, version)
        began = time.monotonic()
        for member in fleet.members:
            while ask(f"{member.url}/readyz")[1]["model"] != version:
                assert time.monotonic() - began < 60
                time.sleep(0.02)
        took.append(time.monotonic() - began)
    clients.end()
    print(f"both answer with the new model after {max(took):.2f} s at most, {clients.answers:,} answers")
    assert clients.mixed == []
    assert clients.lost == []
    assert clients.models == {active, other}
    assert max(took) < FOLLOWED_SECONDS
