"""A server and its PostgreSQL on two sides of a network that is cut: lists from memory, no writes, and back at once."""

import json
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from recsys.store.postgres import PostgresStore
from serving.overload import overloaded
from tests.faults.namespace import Namespace, namespace
from tests.faults.scale import tries
from tests.recsys.store.postgres_server import PostgresServer, missing
from tests.serving.fleet import secret_key
from tests.serving.process import server

__all__ = ["namespace"]

pytestmark = pytest.mark.slow

CUT_SECONDS = tries(24, 5)
STALE_SECONDS = 5.0  # until it is known that nothing comes
BACK_SECONDS = 5.0
ARTICLE = {"id": "a", "title": "An article", "published_at": "2026-03-10T11:00:00Z"}


class Answer(NamedTuple):
    """Status, JSON, when to come again."""

    status: int
    body: Any
    retry_after: str | None


@pytest.fixture
def reachable(namespace: Namespace) -> Iterator[PostgresServer]:
    """A PostgreSQL that what is in the namespace reaches over a link that can be cut."""
    if (why := missing()) is not None:
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        found = PostgresServer(Path(folder), "listen_addresses=*")
        with (Path(folder) / "data/pg_hba.conf").open("a") as allowed:
            allowed.write(f"host all all {namespace.network} trust\n")
        found.start()
        yield found
        found.stop("immediate")


def test_a_cut_network_stops_writes_alone_and_is_over_when_it_is(
    namespace: Namespace, reachable: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = secret_key(reachable.address())
    address = f"postgresql://recsys@{namespace.store}:{reachable.port}/postgres"
    monkeypatch.setenv("RECSYS_STORE", address)
    acknowledged, refused, read = list[str](), list[Answer](), list[Answer]()
    ended = threading.Event()

    def write(url: str) -> None:
        number = 0
        while not ended.is_set():
            number += 1
            event = {"id": f"e{number}", "type": "view", "article_id": "a", "at": "2026-03-10T11:00:00Z"}
            answer = _ask(token, f"{url}/v1/events", event)
            if answer.status == 202:
                acknowledged.append(f"e{number}")
            else:
                refused.append(answer)
                time.sleep(0.02)

    def look(url: str) -> None:
        while not ended.is_set():
            read.append(_ask(token, f"{url}/v1/ranking"))

    with server(tmp_path / "home", "--host", namespace.inside, within=namespace.run) as (url, _):
        assert _ask(token, f"{url}/v1/articles/a", ARTICLE, "PUT").status == 201
        threads = [threading.Thread(target=write, args=(url,)), threading.Thread(target=look, args=(url,))]
        for thread in threads:
            thread.start()
        time.sleep(1.0)
        before = len(acknowledged)
        with namespace.cut():
            began = time.monotonic()
            while (found := _ask(token, f"{url}/readyz")).status == 200:
                assert time.monotonic() - began < 30
                time.sleep(0.05)
            stale = time.monotonic() - began
            assert (found.body["ready"], found.body["lag"]) == (False, -1)
            seen = len(read)
            time.sleep(max(0.0, CUT_SECONDS - stale))
            read_meanwhile = read[seen:]
            assert _ask(token, f"{url}/v1/articles/a", ARTICLE, "PUT").status == 503
        began = time.monotonic()
        while (
            _ask(token, f"{url}/readyz").status != 200
            or _ask(token, f"{url}/v1/articles/a", ARTICLE, "PUT").status != 200
        ):
            assert time.monotonic() - began < 30
            time.sleep(0.05)
        back = time.monotonic() - began
        time.sleep(0.5)
        ended.set()
        for thread in threads:
            thread.join()
    with closing(PostgresStore(reachable.address())) as store:
        stored = [event.id for entry in store.log.read(0, 1_000_000) for event in entry.events]
    print(f"stale after {stale:.1f} s, {len(read_meanwhile):,} lists read meanwhile, back after {back:.1f} s")
    assert stale < STALE_SECONDS
    assert back < BACK_SECONDS
    listed = [answer for answer in read_meanwhile if not _is_overload(answer)]  # the machine may be busy
    assert len(listed) > 20
    assert {answer.status for answer in listed} == {200}
    assert [item["id"] for item in listed[-1].body["items"]] == ["a"]
    assert {answer.status for answer in refused} == {503}
    assert all(answer.retry_after for answer in refused)
    assert 0 < before < len(acknowledged), "written before and after"
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored)), "an event twice"


def _is_overload(answer: Answer) -> bool:
    return answer.status == 503 and bool(answer.body["detail"] == overloaded().detail)


def _ask(token: str, url: str, body: object = None, method: str | None = None) -> Answer:
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return Answer(answer.status, json.loads(answer.read() or b"null"), None)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, json.loads(error.read()), error.headers["retry-after"])
