"""Related: articles about the same thing as this one. Candidates by text, readers and links -> score -> reasons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from recsys.cosine import Found
from recsys.crowding import DEPTH, uncrowded
from recsys.fill import fill
from recsys.items import Item, Wish
from recsys.likeness import reasons
from recsys.resemblance import Evidence, evidence, ties_of
from recsys.rules.placing import allowed, explained, governed, leading, weighed
from recsys.stories import newest_of_each
from recsys.tfidf import Fields
from recsys.timeliness import Timeliness
from recsys.times import DAY

if TYPE_CHECKING:
    from recsys.model import Model

FLOOR = 0.04
CONTEXT = 0.25
TYPICAL = 0.1
TIMELESS = Timeliness(0.0, 30.0 * DAY)
SPARE = 2  # candidates per place, so that folding and the floor leave enough


@dataclass(frozen=True, slots=True)
class RelatedFit:
    """What training found out about a site's Related lists, from its texts alone.

    floor       least support of a match: that which an article has with one of five texts of words drawn at random
    lead        least support of the best match of a list, that of one of twenty; where the best lacks it, none is one
    context     part of the text evidence that comes from a candidate's neighbours, 0..1
    typical     mean cosine of an article with its 20 nearest, > 0
    tie_worth   the cosine that a tie of strength 1 by common readers is worth
    link_worth  the cosine that a link of weight 1 is worth
    timeliness  how much closeness in time counts
    """

    floor: float = FLOOR
    lead: float = FLOOR
    context: float = CONTEXT
    typical: float = TYPICAL
    tie_worth: float = 0.0
    link_worth: float = 0.0
    timeliness: Timeliness = TIMELESS

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        floor, lead, context, typical, tie_worth, link_worth, *time = arrays["fitted"].tolist()
        return cls(floor, lead, context, typical, tie_worth, link_worth, Timeliness(*time))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As one plain array, `fitted`."""
        own = (self.floor, self.lead, self.context, self.typical, self.tie_worth, self.link_worth)
        time = self.timeliness
        return {"fitted": np.array([*own, time.gain, time.span, time.usual])}


def related(model: "Model", row: int, wish: Wish, now: int) -> list[Item]:
    """The list of the article at `row`, in its own language unless `wish` names another; fill after all matches.

    An article that tells the same story, in the same words or in another language, is not shown, whatever `wish` says,
    and of others of one story only the newest that it admits.
    """
    wish, pins = governed(model, "related", row, own_wish(model, row, wish), now)
    found = judged(model, row, wish, now)
    items = _items(model, found, model.neighbours.vector(row), row, wish)
    return pins.placed(fill(model, items, wish, now) if allowed(model, row, wish) else items)


def own_wish(model: "Model", row: int, wish: Wish) -> Wish:
    """`wish`, never the article at `row` itself, and in its language where it names none."""
    return replace(wish, exclude=wish.exclude | {row}, language=wish.language or model.articles.language(row))


def judged(model: "Model", row: int, wish: Wish, now: int) -> Evidence:
    """The candidates of the article at `row` that `wish` admits, by text, readers and links, with their evidence."""
    known = model.neighbours.neighbours(row)
    tied = ties_of(model, row)
    rows = _with_tied(_with_tied(known[0], tied.readers[0]), tied.links[0])
    candidates = _candidates(model, known, wish, now, rows=rows, nearest=partial(model.neighbours.neighbours, row))
    return evidence(model, candidates, known, row, int(model.articles.published[row]), tied=tied)


def related_to_text(model: "Model", fields: Fields, wish: Wish, now: int) -> list[Item]:
    """The list of a text that is not published, as if it were published now."""
    wish = replace(wish, language=wish.language or fields.language)
    wish, pins = governed(model, "related", None, wish, now)
    vector = model.text.vector(fields)
    nearest = partial(model.neighbours.query, *vector)
    known = nearest(model.neighbours.stored)
    candidates = _candidates(model, known, wish, now, rows=known[0], nearest=nearest)
    items = _items(model, evidence(model, candidates, known, None, now), vector, None, wish)
    return pins.placed(fill(model, items, wish, now))


def matches(model: "Model", found: Evidence, own: int | None, wish: Wish, k: int) -> NDArray[np.intp]:
    """Positions in `found` of its k best matches, best first; one of each story and none of the story of `own`.

    Articles of one template don't crowd the others out (`recsys.crowding`), but where editors bury some: then all keep
    the order that they were given.
    """
    score = weighed(wish, found.rows, found.score)
    if wish.min_score is None:
        kept = np.flatnonzero(found.matches(model.related.floor, model.related.lead))
    else:
        kept = np.flatnonzero((score >= wish.min_score) & (score > 0))
    labels = model.stories.of(found.rows[kept])
    if own is not None:
        other = labels != model.stories.of(np.array([own]))[0]
        kept, labels = kept[other], labels[other]
    rows = found.rows[kept]
    kept = kept[newest_of_each(labels, model.articles.published[rows], rows)]
    buries = wish.ruled is not None and wish.ruled.buries
    order = leading(wish, score[kept], found.rows[kept], k if buries else DEPTH * k)
    if k >= order.size or buries:
        return kept[order[:k]]
    first = found.rows[kept[order]]
    lists = model.neighbours.first_lists(first, model.neighbours.stored)
    return kept[order[uncrowded(first, score[kept[order]], lists, k)]]


def _items(model: "Model", found: Evidence, vector: Found, own: int | None, wish: Wish) -> list[Item]:
    chosen = matches(model, found, own, wish, wish.limit)
    why = reasons(model, found, chosen, vector, own)
    items = [*map(Item, found.rows[chosen].tolist(), found.score[chosen].tolist(), why)]
    return explained(wish, items)


def _candidates(
    model: "Model", known: Found, wish: Wish, now: int, *, rows: NDArray[np.int32], nearest: Callable[..., Found]
) -> Found:
    """Those of `rows` that `wish` admits, with their cosine; where they are few, more of the `nearest` by text that it
    admits before them.

    rows  those of `known`, the nearest with their cosine, and others behind them
    """
    admitted = model.articles.admits(rows, wish, now)
    candidates = rows[admitted], _padded(known[1], rows.size)[admitted]
    stored, wanted = model.neighbours.stored, SPARE * wish.limit
    if candidates[0].size >= wanted or known[0].size < stored:
        return candidates
    allowed = model.articles.admits(np.arange(len(model.articles)), wish, now)
    near = nearest(max(stored, wanted), allowed=allowed)
    rows = _with_tied(near[0], candidates[0])
    return rows, _padded(near[1], rows.size)


def _with_tied(near: NDArray[np.int32], tied: NDArray[np.int32]) -> NDArray[np.int32]:
    """`near`, and after them those of `tied` that are not among them."""
    if not tied.size:
        return near
    return np.concatenate((near, tied[~(tied[:, None] == near).any(axis=1)]))


def _padded(cosine: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """`cosine` with zeros up to `length`: beyond the nearest by text, likeness of text counts for nothing."""
    return np.concatenate((cosine, np.zeros(length - cosine.size, np.float32)))
