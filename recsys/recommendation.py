"""Recommendation: what this reader should read next.

Candidates are what is tied to the reader's newest reads (by text, by what the same visitors read, by what was read
next) and what readers favour now, also in the section read most. Each signal is scaled so that its best candidate has
1, and weighs as `Mix` says; for a reader who comes back otherwise than for one who is here. Of the candidates
`recsys.variety` chooses those that stand in the list.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from recsys.because import items_because
from recsys.candidates import candidates_for
from recsys.fill import fill
from recsys.histories import visitor_key
from recsys.items import Item, Wish
from recsys.reader import Reader, reader_of
from recsys.rules.placing import explained, governed, weighed
from recsys.times import DAY
from recsys.variety import chosen

if TYPE_CHECKING:
    from recsys.model import Model


def recommend(
    model: "Model",
    wish: Wish,
    now: int,
    *,
    visitor_id: str | None = None,
    history: Sequence[int] = (),
    row: int | None = None,
) -> list[Item]:
    """The list for one reader, best first, at most `wish.limit` items; fill after the matches.

    history  rows that the reader has read, newest first, as the request tells; they and stored reads don't appear
    row      the article that the reader is on

    A reader of whom nothing is known gets Ranking, marked as fill. A reason names articles of `history` and `row`
    only: what is stored of a visitor must not be told to whoever guesses the id.
    """
    reader = visitor(model, now, visitor_id, history, row)
    wish = replace(wish, exclude=wish.exclude | reader.seen)
    wish, pins = governed(model, "recommendation", row, wish, now)
    return pins.placed(recommend_to(model, reader, wish, now))


def visitor(
    model: "Model", now: int, visitor_id: str | None = None, history: Sequence[int] = (), row: int | None = None
) -> Reader:
    """The reader that a request is about; for a known visitor chance is another each UTC day, and with each model."""
    if visitor_id is None:
        return reader_of(now, None, history, row)
    key = visitor_key(visitor_id)
    chance = visitor_key(f"{key} {model.version} {now // DAY}")
    return reader_of(now, model.histories.of_key(key), history, row, chance=chance)


def recommend_to(model: "Model", reader: Reader, wish: Wish, now: int) -> list[Item]:
    """The same, for a reader who is known already; rules are those that `wish` is under."""
    if not reader.seen <= wish.exclude:
        wish = replace(wish, exclude=wish.exclude | reader.seen)
    matches = _matches(model, reader, wish, now) if reader.idle is not None else []
    return fill(model, matches, wish, now)


def _matches(model: "Model", reader: Reader, wish: Wish, now: int) -> list[Item]:
    found = candidates_for(model, reader, wish, now)
    score = weighed(wish, found.rows, found.score)
    places = chosen(model, wish, found.rows, score, diversity=model.mix.diversity, chance=reader.chance)
    return explained(wish, items_because(model, reader, found, places))
