"""A small trained site, made once, and its server in this process."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from recsys.article import Article
from recsys.bundle import active_version, version_folders
from recsys.event import Event
from recsys.home import Home
from recsys.record import Micros, SectionPath
from recsys.registry import FolderRegistry, active_or_none
from recsys.settings import Settings
from recsys.store import Store
from recsys.store.sqlite import SqliteStore
from recsys.times import DAY, HOUR, MINUTE, parse_time
from serving import overload
from serving.run import open_service
from serving.service import Service
from tests.serving.client import Client
from tests.serving.process import server

NOW = parse_time("2026-03-10T12:00:00Z")

TOPICS = {
    "harbour": "quay crane harbour ship tide pilot cargo dock mooring vessel",
    "council": "council budget vote mayor committee rates motion ward debate agenda",
    "football": "match goal keeper penalty league striker referee pitch season derby",
}
PER_TOPIC = 12


def article(topic: str, number: int, **fields: Any) -> Article:
    """One of a topic's articles; those with close numbers share more words."""
    words = TOPICS[topic].split()
    turned = words[number % len(words) :] + words[: number % len(words)]
    text = " ".join(" ".join(turned[:5]) + f" {word}{number // 3}" for word in turned)
    record: dict[str, Any] = {
        "id": f"{topic}-{number}",
        "title": f"{turned[0].title()} and {turned[1]} number {number}",
        "body": f"<p>{text}</p>",
        "url": f"https://example.org/{topic}/{number}",
        "section": SectionPath(("News", topic.title())),
        "tags": (turned[0], topic),
        "language": "en",
        "published_at": Micros(NOW - (number + 1) * DAY),
    }
    return Article(**(record | fields))


def sample_articles() -> list[Article]:
    """Three topics, and one article of each kind that needs care."""
    ordinary = [article(topic, number) for number in range(PER_TOPIC) for topic in TOPICS]
    special = [
        article("harbour", 90, id="with/slash é", labels=("paid",)),
        article("harbour", 91, id="embargoed", published_at=Micros(NOW + DAY)),
        article("harbour", 92, id="expired", expires_at=Micros(NOW - HOUR)),
        article("harbour", 93, id="unlisted", labels=("unlisted",)),
        article("harbour", 94, id="sensitive", labels=("sensitive",)),
        article("harbour", 95, id="with-totals", views=1_000, likes=50),
    ]
    return ordinary + special


def sample_events() -> list[Event]:
    """Thirty readers, each with a topic; the last day has most of them."""
    topics = list(TOPICS)
    return [
        Event(
            id=f"{reader}-{step}",
            type="view",
            article_id=f"{topics[reader % 3]}-{(reader + step) % PER_TOPIC}",
            visitor_id=f"reader-{reader}",
            at=Micros(NOW - MINUTE - (reader % 5) * DAY - step * HOUR),
        )
        for reader in range(30)
        for step in range(6)
    ]


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two versions: one as of NOW, active, and one as of an hour later. Not to be written to."""
    from training.fit import fit
    from training.publish import named, publish
    from training.train import read_store

    home = Home(tmp_path_factory.mktemp("site") / "home")
    home.root.mkdir()
    store = SqliteStore(home.store)
    with store.transaction():
        store.catalogue.put(sample_articles(), NOW - HOUR, restore=False)
        store.log.append_events(sample_events(), NOW - HOUR)
    articles, events, log_seq = read_store(store, home.history, lambda *_: None)
    arrays, manifest = fit(articles, events, NOW, Settings(threads=1), log_seq=log_seq)
    published = [named(arrays, msgspec.structs.replace(manifest, as_of=as_of)) for as_of in (NOW, NOW + HOUR)]
    registry, first = FolderRegistry(home.bundles), published[0].version
    for version in published:
        publish(registry, store, arrays, version, after=active_or_none(registry), now=NOW, keep=2)
    registry.activate(first, after=published[1].version)
    store.close()
    return home.root


@pytest.fixture
def home(trained_home: Path, tmp_path: Path) -> Home:
    """A trained home of one's own."""
    return Home(Path(shutil.copytree(trained_home, tmp_path / "home")))


@pytest.fixture(scope="session")
def running(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server process that several tests share."""
    with server(Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("served") / "home"))) as (url, _):
        yield url


@pytest.fixture
def versions(home: Home) -> tuple[str, str]:
    """The active version of `home`, and the other one."""
    active = active_version(home.bundles)
    (other,) = {folder.name for folder in version_folders(home.bundles)} - {active}
    return active, other


@pytest.fixture
def clock() -> Callable[[], int]:
    """Stands still at NOW."""
    return lambda: NOW


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that is busy with other tests is no overload of ours."""
    monkeypatch.setattr(overload, "LATE_SECONDS", 1e9)
    monkeypatch.setattr(overload, "TOO_LATE_SECONDS", 1e9)


@pytest.fixture
def service(home: Home, clock: Callable[[], int]) -> Service:
    """The service of a trained home."""
    return open_service(home, Settings(), clock)


@pytest.fixture
def api(service: Service) -> Iterator[Client]:
    """The whole server; its life begins and ends with the test."""
    with Client(service) as client:
        yield client


@pytest.fixture(scope="module")
def shared_api(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The whole server, for modules whose tests do not mind what those before them did."""
    home = Home(Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("shared") / "home")))
    with Client(open_service(home, Settings(), lambda: NOW)) as client:
        yield client


@pytest.fixture
def elsewhere(home: Home) -> Iterator[Store]:
    """Another process' connection to the same store."""
    store = SqliteStore(home.store)
    yield store
    store.close()
