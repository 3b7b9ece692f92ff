"""Which articles readers turn to at a moment, kept up at a cost that doesn't grow with the site.

Interest fades for all articles alike, so the order of two stays as it is until somebody acts on one of them: a list of
the most favoured holds for a while, together with what was touched since.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from recsys.affinity import Matchable
from recsys.interest import LONG_AGO, site_clock
from recsys.lookup import union
from recsys.survey import WINDOW, Survey, expected
from recsys.times import MINUTE, SECOND

if TYPE_CHECKING:
    from recsys.model import Model

LEADERS = 150  # kept of those with most interest, and as many of those with most to expect for their age
KEPT = MINUTE  # how long a list holds: what may be expected of an age changes slowly
TOUCHED = 500  # so many changes since and the list is made anew


@dataclass(frozen=True, slots=True)
class Favourites:
    """The favourites of one moment, f of them.

    rows      (f,) ascending; some may not be published yet
    strength  (3, f) float64, what `favour` says of them
    clock     the site's
    names     that they carry
    """

    rows: NDArray[np.integer]
    strength: NDArray[np.float64]
    clock: int
    names: Matchable

    @classmethod
    def of(cls, model: "Model", rows: NDArray[np.integer], clock: int) -> Self:
        """What there is to say of `rows` (f,)."""
        return cls(rows, favour(model, rows, clock), clock, Matchable.of(model.carrying.of(rows), rows.size))


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


def favour(model: "Model", rows: NDArray[np.integer], clock: int) -> NDArray[np.float64]:
    """(3, m) >= 0, of each of `rows` (m,): how much visitors liked it lately, how much readers turn to it, and what one
    of its age is about to draw.
    """
    found = np.empty((3, rows.size))
    found[0] = model.mix.liked(rows)
    found[1] = model.engagement.interest(WINDOW, clock, rows)
    found[2] = expected(model, model.articles.published.take(rows), clock)
    return found


def _newest(published: NDArray[np.int64], second: int) -> int:
    """The latest of these moments that is past, LONG_AGO where none is."""
    return int(published[published <= second].max(initial=LONG_AGO))
