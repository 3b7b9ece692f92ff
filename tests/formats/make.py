"""Makes the tiny store and bundle of the present format: `python -m tests.formats.make`, once per format, for good."""

import shutil
import tempfile
from pathlib import Path

import msgspec

from recsys.article import Article
from recsys.bundle import FORMAT as BUNDLE
from recsys.event import Event
from recsys.home import Home
from recsys.record import Micros
from recsys.settings import Settings
from recsys.store.sqlite import SqliteStore, copy_store
from recsys.store.sqlite_database import FORMAT as STORE
from recsys.times import DAY, HOUR, parse_time
from training.progress import silent
from training.train import train

HERE = Path(__file__).parent
NOW = parse_time("2026-03-10T12:00:00Z")
WORDS = ("quay crane harbour ship tide", "council budget vote mayor rates")


def articles() -> list[Article]:
    """Three about a harbour, three about a council."""
    return [
        Article(
            id=f"{topic}-{number}",
            title=f"{words.split()[0]} {words.split()[number + 1]}",
            body=" ".join(words.split() * 6),
            language="en",
            published_at=Micros(NOW - (number + 1) * DAY),
        )
        for topic, words in zip(("harbour", "council"), WORDS, strict=True)
        for number in range(3)
    ]


def events() -> list[Event]:
    """Four readers of two articles each, and one who was erased since."""
    return [
        Event(
            id=f"{reader}-{step}",
            type="view",
            article_id=f"harbour-{step}",
            visitor_id=f"reader-{reader}",
            at=Micros(NOW - (reader + step + 1) * HOUR),
        )
        for reader in range(5)
        for step in range(2)
    ]


def main() -> None:
    """Writes `store-<format>.db` and `bundle-<format>/<version>`."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        store = SqliteStore(home.store)
        store.catalogue.put(articles(), NOW, restore=False)
        store.log.append_events(events(), NOW)
        store.visitors.erase("reader-4", NOW)
        settings = Settings(threads=1)
        trained = train(store, home, settings, as_of=NOW, now=NOW + 1, progress=silent)
        store.close()
        target = HERE / f"store-{STORE}.db"
        target.unlink(missing_ok=True)
        copy_store(home.store, target)
        bundle = HERE / f"bundle-{BUNDLE}"
        shutil.rmtree(bundle, ignore_errors=True)
        shutil.copytree(home.bundles / trained.manifest.version, bundle / trained.manifest.version)
    print(msgspec.json.encode({"store": STORE, "bundle": BUNDLE, "version": trained.manifest.version}).decode())


if __name__ == "__main__":
    main()
