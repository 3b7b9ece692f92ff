"""Who leads a site at a moment, by a look at all articles that was taken before.

Two facts make that exact. Interest fades for all articles alike: those that had least when the look was taken, and were
left alone since, have least now. And what is expected of an article depends on its age alone, and is straight between a
few ages: of all articles of such a stretch those that lead stand at one end of it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsys.interest import LONG_AGO, site_clock
from recsys.items import WINDOWS, best
from recsys.lookup import union
from recsys.ragged import positions

if TYPE_CHECKING:
    from recsys.model import Model

WINDOW = WINDOWS.index("day")
WATCHED = 5  # times as many as lead are watched
LATE = 10_000  # so many changes since and the look is taken anew

_ROUNDING = 1.0 + 1e-9
_LEAST = 1e-300  # interest below may have been any less
_MOST_HALVES = 900.0  # of a bound that grows backwards in time: beyond it says nothing


class Leaders(NamedTuple):
    """The leaders of a moment.

    rows    (l,) those with most interest, and those with most to expect, of all articles published by then
    newest  when the latest of these was published, LONG_AGO where there is none
    coming  (c,) rows that are published within the time that was asked about
    """

    rows: NDArray[np.integer]
    newest: int
    coming: NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class ByDate:
    """Articles in order of publication.

    published  (n,) microseconds, by row      rows  (n,) by date, equal ones ascending      moments  (n,) of `rows`
    """

    published: NDArray[np.int64]
    rows: NDArray[np.int32]
    moments: NDArray[np.int64]

    @classmethod
    def of(cls, published: NDArray[np.int64]) -> Self:
        """Of dates by row; they may change later."""
        rows = np.argsort(published, kind="stable").astype(np.int32)
        return cls(published.copy(), rows, published.take(rows))

    def moved(self, rows: NDArray[np.integer], published: NDArray[np.int64]) -> NDArray[np.integer]:
        """Those of `rows` (m,), ascending, that are new, or that have another date now."""
        known = rows[: rows.searchsorted(self.published.size)]
        stays = known[self.published.take(known) == published.take(known)]
        return np.setdiff1d(rows, stays, assume_unique=True)

    def until(self, moment: int) -> int:
        """How many were published by then."""
        return int(self.moments.searchsorted(moment, "right"))


class _Then(NamedTuple):
    """A moment as a survey of before sees it.

    second, clock, newest  microseconds: the moment, the site's clock, and when the newest article was published
    since   (t,) rows touched since the survey, ascending
    moved   (m,) those of them whose date is another      there  (p,) those of these that are published by then
    out     of the articles by date, how many are published by then
    """

    second: int
    clock: int
    newest: int
    since: NDArray[np.integer]
    moved: NDArray[np.integer]
    there: NDArray[np.integer]
    out: int


@dataclass(frozen=True, slots=True)
class Survey:
    """A look at all articles of a model.

    k        how many lead
    touched  how many of `Engagement.touched` were known
    at       the moment at which interest was compared: not before any act
    watched  (w,) rows with most interest then      below  what any other had at most
    dates    of all articles
    """

    k: int
    touched: int
    at: int
    watched: NDArray[np.integer]
    below: float
    dates: ByDate

    @classmethod
    def of(cls, model: "Model", k: int, former: "Survey | None" = None) -> Self:
        """Taken now; the dates of a `former` one are carried on where none has changed. O(articles)"""
        published, at, touched = model.articles.published, model.engagement.last_event, len(model.engagement.touched)
        dates = None if former is None or former.dates.moved(former.since(model), published).size else former.dates
        dates = dates or ByDate.of(published)
        interest = model.engagement.interest(WINDOW, at)
        others = max(interest.size - WATCHED * k, 0)
        order = interest.argpartition(others) if others else np.arange(interest.size)
        below = float(interest[order[:others]].max(initial=0.0))
        return cls(k, touched, at, order[others:].copy(), below, dates)  # not the whole order

    def since(self, model: "Model") -> NDArray[np.integer]:
        """The rows that were touched since, ascending."""
        touched = model.engagement.touched.view[self.touched :]
        return union(touched, touched[:0])

    def leaders(self, model: "Model", second: int, until: int) -> Leaders | None:
        """The k by interest and the k by what is expected of them at `second`, equal ones by lower row; None where
        another survey must tell.

        until  how far articles are `coming`
        """
        if not 0 <= len(model.engagement.touched) - self.touched <= LATE:
            return None
        then = self._then(model, second)
        wanted = self._most_wanted(model, then)
        return None if wanted is None else self._leaders(model, then, wanted, until)

    def surely(self, model: "Model", second: int, until: int) -> Leaders:
        """The same, if need be by a look at the interest in all articles."""
        then = self._then(model, second)
        wanted = self._most_wanted(model, then)
        if wanted is None:
            here = (model.articles.published <= second).nonzero()[0]
            wanted = here[best(model.engagement.interest(WINDOW, then.clock, here), here, self.k)]
        return self._leaders(model, then, wanted, until)

    def _then(self, model: "Model", second: int) -> _Then:
        published, since = model.articles.published, self.since(model)
        moved, out = self.dates.moved(since, published), self.dates.until(second)
        there = moved[published.take(moved) <= second]
        first = max(out - moved.size - 1, 0)  # one of these stayed, if any did
        stays = ~np.isin(self.dates.rows[first:out], moved)
        newest = int(self.dates.moments[first:out][stays].max(initial=published.take(there).max(initial=LONG_AGO)))
        return _Then(second, site_clock(second, model.engagement.last_event, newest), newest, since, moved, there, out)

    def _leaders(self, model: "Model", then: _Then, wanted: NDArray[np.integer], until: int) -> Leaders:
        coming = self.dates.rows[then.out : self.dates.until(until)]
        dated = model.articles.published.take(then.moved)
        late = then.moved[(dated > then.second) & (dated <= until)]
        return Leaders(
            np.concatenate((wanted, self._most_promising(model, then))),
            then.newest,
            np.concatenate((coming[~np.isin(coming, then.moved)], late)),
        )

    def _most_wanted(self, model: "Model", then: _Then) -> NDArray[np.integer] | None:
        """The k with most interest, None where one that is not watched might be among them."""
        rows = union(self.watched, then.since)
        rows = rows[model.articles.published.take(rows) <= then.second]
        interest = model.engagement.interest(WINDOW, then.clock, rows)
        leading = best(interest, rows, self.k)
        if self.watched.size < self.dates.rows.size:
            halves = (self.at - then.clock) / float(model.ranking.half_lives[WINDOW])
            if rows.size < self.k or halves > _MOST_HALVES:
                return None
            if interest[leading[-1]] <= max(self.below, _LEAST) * 2.0**halves * _ROUNDING:
                return None
        return rows[leading]

    def _most_promising(self, model: "Model", then: _Then) -> NDArray[np.integer]:
        """The k of which most is expected.

        cost  O(k) for each stretch of ages; where the last of the k has many equals, O(articles of their stretches)
        """
        moved, out, clock = then.moved, then.out, then.clock

        def those(places: NDArray[np.integer]) -> NDArray[np.integer]:
            rows = self.dates.rows.take(places)
            return np.concatenate((rows[~np.isin(rows, moved)], then.there)) if moved.size else rows

        moments, bends = self.dates.moments, np.ceil(model.ranking.bends(_horizon(model))).astype(np.int64)
        cuts = np.minimum(moments.searchsorted(clock - bends, "right"), out)
        starts, stops = np.append(cuts, 0), np.insert(cuts, 0, out)
        starts, stops = starts[starts < stops], stops[starts < stops]
        counts = np.minimum(stops - starts, self.k + moved.size)
        rising = expected(model, moments.take(stops - 1), clock) >= expected(model, moments.take(starts), clock)
        places = positions(np.where(rising, stops, starts + counts), counts, counts.cumsum())
        rows = those(places)
        value = expected(model, model.articles.published.take(rows), clock)
        if rows.size >= self.k:
            innermost = np.where(rising, stops - counts, starts + counts - 1)
            least = value[best(value, rows, self.k)[-1]]
            level = (counts < stops - starts) & (expected(model, moments.take(innermost), clock) >= least)
            if level.any():
                lengths = (stops - starts)[level]
                rows = those(union(places, positions(stops[level], lengths, lengths.cumsum())))
                value = expected(model, model.articles.published.take(rows), clock)
        return rows.take(best(value, rows, self.k))


def expected(model: "Model", published: NDArray[np.int64], clock: int) -> NDArray[np.float64]:
    """What articles published at these moments (m,) draw within a day from `clock`, on the average."""
    ages = np.maximum(clock - published, 0).astype(np.float64)
    return model.ranking.expected(ages, _horizon(model))


def _horizon(model: "Model") -> float:
    return float(model.ranking.horizons[WINDOW])
