"""Related: articles about the same thing as this one. Candidates by text and common readers -> score -> reasons."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.cosine import Found, top_k
from recsys.fill import fill
from recsys.items import Item, Wish, best
from recsys.likeness import reasons
from recsys.resemblance import Evidence, evidence
from recsys.stories import newest_of_each
from recsys.tfidf import Fields
from recsys.timeliness import Timeliness
from recsys.times import DAY

if TYPE_CHECKING:
    from recsys.model import Model

FLOOR = 0.04
TYPICAL = 0.1
TIMELESS = Timeliness(0.0, 30.0 * DAY)
SPARE = 2  # candidates per place, so that folding and the floor leave enough


@dataclass(frozen=True, slots=True)
class RelatedFit:
    """What training found out about a site's Related lists, from its texts alone.

    floor       least cosine of a match: that which an article stays below with three of four texts of words drawn at
                random from the site; at most half of `typical`
    typical     mean cosine of an article with its 20 nearest, > 0
    tie_worth   the cosine that a tie of strength 1 by common readers is worth
    timeliness  how much closeness in time counts
    """

    floor: float = FLOOR
    typical: float = TYPICAL
    tie_worth: float = 0.0
    timeliness: Timeliness = TIMELESS

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """What `arrays` returned."""
        floor, typical, tie_worth, gain, span = arrays["fitted"].tolist()
        return cls(floor, typical, tie_worth, Timeliness(gain, span))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As one plain array, `fitted`."""
        time = self.timeliness
        return {"fitted": np.array([self.floor, self.typical, self.tie_worth, time.gain, time.span])}


def related(model: "Model", row: int, wish: Wish, now: int) -> list[Item]:
    """The list of the article at `row`, in its own language unless `wish` names another; fill after all matches.

    An article that tells the same story, in the same words or in another language, is not shown, whatever `wish` says,
    and of others of one story only the newest that it admits.
    """
    wish = own_wish(model, row, wish)
    found = judged(model, row, wish, now)
    items = _items(model, found, model.neighbours.vector(row), row, wish)
    return items if model.articles.is_sensitive(row) else fill(model, items, wish, now)


def own_wish(model: "Model", row: int, wish: Wish) -> Wish:
    """`wish`, never the article at `row` itself, and in its language where it names none."""
    return replace(wish, exclude=wish.exclude | {row}, language=wish.language or model.articles.language(row))


def judged(model: "Model", row: int, wish: Wish, now: int) -> Evidence:
    """The candidates of the article at `row` that `wish` admits, by text and by common readers, with their evidence."""
    known = model.neighbours.neighbours(row)
    rows = _with_tied(known[0], model.covisits.together(row)[0])
    admitted = model.articles.admits(rows, wish, now)
    candidates = rows[admitted], _padded(known[1], rows.size)[admitted]
    if candidates[0].size < SPARE * wish.limit and known[0].size == model.neighbours.stored:
        allowed = model.articles.admits(np.arange(len(model.articles)), wish, now)
        near = model.neighbours.neighbours(row, max(known[0].size, SPARE * wish.limit), allowed=allowed)
        rows = _with_tied(near[0], candidates[0])
        candidates = rows, _padded(near[1], rows.size)
    return evidence(model, candidates, known, row, int(model.articles.published[row]))


def related_to_text(model: "Model", fields: Fields, wish: Wish, now: int) -> list[Item]:
    """The list of a text that is not published, as if it were published now."""
    wish = replace(wish, language=wish.language or fields.language)
    vector = model.text.vector(fields)
    cosine = model.neighbours.scores(*vector)
    known = _nearest(cosine, model.neighbours.stored, None)
    allowed = model.articles.admits(np.arange(len(model.articles)), wish, now)
    candidates = _nearest(cosine, max(model.neighbours.stored, SPARE * wish.limit), allowed)
    return fill(model, _items(model, evidence(model, candidates, known, None, now), vector, None, wish), wish, now)


def matches(model: "Model", found: Evidence, own: int | None, wish: Wish, k: int) -> NDArray[np.intp]:
    """Positions in `found` of its k best matches, one of each story and none of the story of `own`, best first."""
    if wish.min_score is None:
        kept = np.flatnonzero(found.matches(model.related.floor))
    else:
        kept = np.flatnonzero((found.score >= wish.min_score) & (found.score > 0))
    labels = model.stories.of(found.rows[kept])
    if own is not None:
        other = labels != model.stories.of(np.array([own]))[0]
        kept, labels = kept[other], labels[other]
    rows = found.rows[kept]
    kept = kept[newest_of_each(labels, model.articles.published[rows], rows)]
    return kept[best(found.score[kept], found.rows[kept], k)]


def _items(model: "Model", found: Evidence, vector: Found, own: int | None, wish: Wish) -> list[Item]:
    chosen = matches(model, found, own, wish, wish.limit)
    why = reasons(model, found, chosen, vector, own)
    return [Item(int(found.rows[i]), float(found.score[i]), why[place]) for place, i in enumerate(chosen)]


def _with_tied(near: NDArray[np.int32], tied: NDArray[np.int32]) -> NDArray[np.int32]:
    """`near`, and after them those of `tied` that are not among them."""
    if not tied.size:
        return near
    return np.concatenate((near, tied[~np.isin(tied, near)]))


def _padded(cosine: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """`cosine` with zeros up to `length`: beyond the nearest by text, likeness of text counts for nothing."""
    return np.concatenate((cosine, np.zeros(length - cosine.size, np.float32)))


def _nearest(cosine: NDArray[np.float32], k: int, allowed: NDArray[np.bool_] | None) -> Found:
    """The k rows of greatest cosine (n,), only allowed ones where `allowed` (n,) is given."""
    rows = top_k(cosine if allowed is None else np.where(allowed, cosine, np.float32(0.0)), k)
    return rows.astype(np.int32), cosine[rows]
