"""Writing every list of one kind to a file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from recsys.cli.app import as_of_micros, existing_home
from recsys.cli.opening import replica_at
from recsys.cli.progress import progress_bars
from recsys.items import FillPolicy, Item, Window, Wish
from recsys.model import Model
from recsys.page import page
from recsys.ranking import ranking
from recsys.recommendation import recommend
from recsys.related import related
from recsys.settings import Settings, read_settings
from recsys.store import Store
from recsys.store.opening import open_store

Row = dict[str, Any]
WINDOW: Window = "day"
_ENTRIES = 256


def run_export(
    home_path: Path, what: str, out: Path, *, k: int, min_score: float | None, as_of: str | None, fill: bool
) -> None:
    """Writes `out` whole or not at all: a row per article or visitor, and one for the ranking."""
    home = existing_home(home_path)
    now = as_of_micros(as_of, home)
    model = replica_at(home, now, replay=as_of is not None).model
    policy: FillPolicy = "ranking" if fill else "none"
    wish = Wish(limit=k, min_score=min_score, fill=policy)
    if what == "related":
        total, rows = len(model.articles), _related(model, wish, now)
    elif what == "ranking":
        total, rows = 1, _ranking(model, wish, now)
    elif what == "pages":
        total, rows = len(model.articles), _pages(model, read_settings(home.settings), policy, now)
    else:
        store = open_store(home)
        visitors = known_visitors(store, now)
        store.close()
        total, rows = len(visitors), _recommendations(model, visitors, wish, now)
    partial = out.with_name(f".{out.name}.partial")
    encode = msgspec.json.Encoder().encode
    try:
        with progress_bars() as progress, partial.open("wb") as opened:
            for done, row in enumerate(rows, start=1):
                opened.write(encode(row) + b"\n")
                if done % 100 == 0:
                    progress(f"writing {what}", done, total)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def known_visitors(store: Store, before: int) -> list[str]:
    """Every visitor with an event stamped before that moment, in order of first appearance."""
    found: dict[str, None] = {}
    after = 0
    while entries := store.log.read(after, _ENTRIES):
        for entry in entries:
            seen = (event.visitor_id for event in entry.events if event.at < before)
            found.update(dict.fromkeys(visitor for visitor in seen if visitor is not None))
        after = entries[-1].seq
    return list(found)


def _shown(model: Model, now: int) -> Iterator[int]:
    return (row for row in range(len(model.articles)) if model.articles.exists(row, now))


def _related(model: Model, wish: Wish, now: int) -> Iterator[Row]:
    for row in _shown(model, now):
        yield {"article_id": model.articles.id(row), "items": _items(model, related(model, row, wish, now))}


def _ranking(model: Model, wish: Wish, now: int) -> Iterator[Row]:
    yield {"window": WINDOW, "items": _items(model, ranking(model, WINDOW, wish, now))}


def _recommendations(model: Model, visitors: Sequence[str], wish: Wish, now: int) -> Iterator[Row]:
    for visitor in visitors:
        items = recommend(model, wish, now, visitor_id=visitor)
        yield {"visitor_id": visitor, "items": _items(model, items)}


def _pages(model: Model, settings: Settings, policy: FillPolicy, now: int) -> Iterator[Row]:
    for row in _shown(model, now):
        found = page(model, row, now, order=settings.page_order, repeats=settings.page_repeats, fill_policy=policy)
        yield {
            "article_id": model.articles.id(row),
            "related": _items(model, found.related),
            "ranking": _items(model, found.ranking),
            "recommendation": _items(model, found.recommendation),
        }


def _items(model: Model, items: Sequence[Item]) -> list[Row]:
    return [
        {"id": model.articles.id(item.row), "score": item.score} | ({"fill": item.fill} if item.fill else {})
        for item in items
    ]
