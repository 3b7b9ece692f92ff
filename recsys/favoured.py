"""Which articles readers turn to at a moment, kept up at a cost that doesn't grow with the site.

Interest fades for all articles alike, so the order of two stays as it is until somebody acts on one of them: a list of
the most favoured holds for a while, together with what was touched since.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from recsys.favour_kernel import Favour, favours
from recsys.interest import LONG_AGO, site_clock
from recsys.items import Wish, best
from recsys.lookup import union
from recsys.survey import WINDOW, Survey
from recsys.taste_kernel import Packed
from recsys.times import MINUTE, SECOND

if TYPE_CHECKING:
    from recsys.model import Model

LEADERS = 150  # kept of those with most interest, and as many of those with most to expect for their age
KEPT = MINUTE  # how long a list holds: what may be expected of an age changes slowly
TOUCHED = 500  # so many changes since and the list is made anew
FILTERS = 64  # sections, tags, languages, ... whose lists are kept


@dataclass(frozen=True, slots=True)
class Favourites:
    """The favourites of one moment, f of them.

    rows      (f,) int32, ascending; some may not be published yet
    strength  (3, f) float64, what `favour` says of them
    clock     the site's
    names     that they carry, as of `Carrying.packed`
    """

    rows: NDArray[np.int32]
    strength: NDArray[np.float64]
    clock: int
    names: Packed

    @classmethod
    def of(cls, model: "Model", rows: NDArray[np.integer], clock: int) -> Self:
        """What there is to say of `rows` (f,)."""
        strength = favour(model, rows.astype(np.int64, copy=False), clock)
        return cls(rows.astype(np.int32, copy=False), strength, clock, model.carrying.packed(rows))


class _Filtered(NamedTuple):
    """The favourites that a filter admits: `rows` (f,) when `touched` changes were known, `told` as of a `key`."""

    at: int
    touched: int
    rows: NDArray[np.integer]
    key: tuple[int, int]
    told: Favourites


class Favoured:
    """A memo of the most favoured rows of one model. One thread."""

    def __init__(self) -> None:
        """Knows nothing yet: the first question makes the list."""
        self._at = LONG_AGO
        self._touched = 0
        self._newest = LONG_AGO
        self._rows: NDArray[np.integer] = np.zeros(0, np.intp)
        self._pending: NDArray[np.integer] = np.zeros(0, np.intp)
        self._survey: Survey | None = None
        self._told: tuple[tuple[int, int], Favourites] | None = None
        self._filtered: dict[tuple[object, ...], _Filtered] = {}  # the one asked for last comes last

    def wider(self, model: "Model", wish: Wish, now: int) -> Iterator[Favourites]:
        """For a wish that admits too few of them, ever more: those of the site, those that its filters admit, and
        those that the whole wish admits, a search of all articles.
        """
        yield self.at(model, now)
        yield self.among(model, wish, now)
        clock = self.at(model, now).clock
        yield Favourites.of(model, searched(model, wish, now, clock), clock)

    def among(self, model: "Model", wish: Wish, now: int) -> Favourites:
        """`at` of the articles that the filters of `wish` admit, whatever it excludes. Cost: as of `at`, by filter."""
        second, touched = now - now % SECOND, model.engagement.touched.view
        key, clock = (second, model.engagement.changes), self.at(model, now).clock
        name = wish.section, wish.tag, wish.label, wish.language, wish.max_age
        held = self._filtered.pop(name, None)
        if held is None or held.key != key:
            filters = replace(wish, exclude=frozenset(), ruled=None)
            at, known, rows = (held.at, held.touched, held.rows) if held else (LONG_AGO, 0, touched)
            if not at <= second < at + KEPT or not 0 <= touched.size - known <= TOUCHED:
                at, known, rows = second, touched.size, _leading(model, filters, second, clock)
            since = touched[known:]
            rows_now = union(rows, since[model.articles.passes(since, filters, now)])
            held = _Filtered(at, known, rows, key, Favourites.of(model, rows_now, clock))
        self._filtered[name] = held
        if len(self._filtered) > FILTERS:
            self._filtered.pop(next(iter(self._filtered)))
        return held.told

    def at(self, model: "Model", now: int) -> Favourites:
        """All that holds the favourites at `now` and what was liked lately: the same until the second is over or
        something changes.

        Cost: O(changes since the list was made), O(articles) once in a while.
        """
        second = now - now % SECOND
        key = second, model.engagement.changes
        if self._told is None or self._told[0] != key:
            self._told = key, Favourites.of(model, *self._rows_at(model, second))
        return self._told[1]

    def _rows_at(self, model: "Model", second: int) -> tuple[NDArray[np.integer], int]:
        """The rows, and the site's clock."""
        touched = model.engagement.touched.view
        late = touched.size - self._touched
        if not self._at <= second < self._at + KEPT or not 0 <= late <= TOUCHED:
            self._begin(model, second)
            late = 0
        since = np.concatenate([touched[touched.size - late :], self._pending])
        if not since.size:
            return self._rows, site_clock(second, model.engagement.last_event, self._newest)
        newest = max(self._newest, _newest(model.articles.published[since], second))
        return union(self._rows, since), site_clock(second, model.engagement.last_event, newest)

    def _begin(self, model: "Model", second: int) -> None:
        self._at, self._touched = second, len(model.engagement.touched)
        found = None if self._survey is None else self._survey.leaders(model, second, second + KEPT)
        if found is None:
            self._survey = Survey.of(model, LEADERS, self._survey)
            found = self._survey.surely(model, second, second + KEPT)
        self._newest, self._pending = found.newest, found.coming
        self._rows = union(found.rows, model.mix.liked_rows)


def searched(model: "Model", wish: Wish, now: int, clock: int) -> NDArray[np.integer]:
    """The favourites, ascending, among all articles that the wish admits. O(articles)"""
    rows = np.arange(len(model.articles))
    rows = rows[model.articles.admits(rows, wish, now)]
    first = [best(strength, rows, LEADERS) for strength in favour(model, rows, clock)[1:]]
    return rows[np.unique(np.concatenate(first))]


def _leading(model: "Model", filters: Wish, second: int, clock: int) -> NDArray[np.integer]:
    """The favourites that filters admit, and what is published while the list holds."""
    published = model.articles.published
    coming = ((published > second) & (published <= second + KEPT)).nonzero()[0]
    return union(searched(model, filters, second, clock), coming)


def favour(model: "Model", rows: NDArray[np.int64], clock: int) -> NDArray[np.float64]:
    """(3, m) >= 0, of each of `rows` (m,): how much visitors liked it lately, how much readers turn to it, and what one
    of its age is about to draw.
    """
    found = np.empty((3, rows.size))
    favours(rows, favour_of(model), clock, found)
    return found


def favour_of(model: "Model") -> Favour:
    """What tells of the favour of every article, for kernels, until something changes."""
    mix, ranking = model.mix, model.ranking
    curve = ranking.curve(float(ranking.horizons[WINDOW]))
    return (mix.liked_rows, mix.liked_score), model.engagement.fading(WINDOW), model.articles.published, curve


def _newest(published: NDArray[np.int64], second: int) -> int:
    """The latest of these moments that is past, LONG_AGO where none is."""
    return int(published[published <= second].max(initial=LONG_AGO))
