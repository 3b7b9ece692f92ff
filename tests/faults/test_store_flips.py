"""One bit of a store turns over on the disk: whatever is read is refused, or is what was written."""

import random
from pathlib import Path
from typing import Any

from recsys.article import Article
from recsys.errors import RecsysError
from recsys.event import Event
from recsys.record import Micros
from recsys.store.sqlite import SqliteStore
from tests.faults.scale import tries

FLIPS = tries(2_000, 50)
ENTRIES = 60


def _written(path: Path) -> None:
    store = SqliteStore(path)
    words = ("quay", "crane", "harbour", "ship", "tide")
    articles = [
        Article(id=f"a{number}", title=f"{word} {number}", body=word * 50, published_at=Micros(number))
        for number, word in enumerate(words * 8)
    ]
    store.catalogue.put(articles, 1, restore=True)
    for number in range(ENTRIES):
        events = [
            Event(id=f"{number}-{i}", type="view", article_id=f"a{i}", visitor_id="v", at=Micros(number))
            for i in range(5)
        ]
        store.log.append_events(events, number)
    store.close()


def _read(path: Path) -> tuple[Any, ...]:
    """All that a store holds: what a server and a training read."""
    store = SqliteStore(path)
    try:
        return store.log.last(), store.log.read(0, 1_000), list(store.catalogue.scan()), store.rules.current(None)
    finally:
        store.close()


def test_a_flipped_bit_is_noticed_or_harmless(tmp_path: Path) -> None:
    original = tmp_path / "store.db"
    _written(original)
    content, chance = original.read_bytes(), random.Random(1)
    truth = _read(original)
    noticed, wrong = 0, []
    for trial in range(FLIPS):
        place, bit = chance.randrange(len(content)), chance.randrange(8)
        flipped = tmp_path / f"{trial}.db"
        flipped.write_bytes(content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :])
        try:
            if _read(flipped) != truth:
                wrong.append((place, bit))
        except RecsysError:
            noticed += 1
        for left in tmp_path.glob(f"{trial}.db*"):
            left.unlink()
    print(f"{FLIPS} flips: {noticed} noticed, {FLIPS - noticed - len(wrong)} harmless, {len(wrong)} passed for true")
    assert noticed
    assert wrong == []
