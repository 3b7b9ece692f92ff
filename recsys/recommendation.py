"""Recommendation: what this reader should read next.

Candidates are what is tied to the reader's newest reads (by text, by what the same visitors read, by what was read
next) and what readers favour now, also in the section read most. Each signal is scaled so that its best candidate has
1, and weighs as `Mix` says; for a reader who comes back
otherwise than for one who is here.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from recsys.because import Because
from recsys.candidates import candidates_for, tastes_of
from recsys.fill import fill
from recsys.items import Item, Wish, best
from recsys.reader import Reader, reader_of

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
    stored = model.histories.of(visitor_id) if visitor_id is not None else None
    return recommend_to(model, reader_of(now, stored, history, row), wish, now)


def recommend_to(model: "Model", reader: Reader, wish: Wish, now: int) -> list[Item]:
    """The same, for a reader who is known already."""
    wish = replace(wish, exclude=wish.exclude | reader.seen)
    matches = _matches(model, reader, wish, now) if reader.idle is not None else []
    return fill(model, matches, wish, now)


def _matches(model: "Model", reader: Reader, wish: Wish, now: int) -> list[Item]:
    tastes = tastes_of(model, reader)
    found = candidates_for(model, reader, tastes, wish, now)
    weights = model.mix.weights_at(reader.idle or 0)
    score = weights @ found.strength
    kept = np.flatnonzero((score > 0.0) & (score >= (wish.min_score or 0.0)))
    because = Because(model, reader, tastes, found, weights)
    return [because.item(place) for place in kept[best(score[kept], found.rows[kept], wish.limit)].tolist()]
