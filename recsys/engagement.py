"""What readers made of every article: public counts, and interest that fades. Arrays from a bundle, kept up by events.

Fed with the same events, in whatever order, the arrays that training computes and an `Engagement` that met the events
one by one agree: sums to a relative 1e-6, counts exactly.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.acts import NOWHERE, Acts, Known, LikeMark, liked_since, reader_key, source_key, steps, with_mark
from recsys.article import StoredArticle
from recsys.event import EVENT_TYPES, Event, EventType
from recsys.growing import Growing
from recsys.histories import visitor_key
from recsys.interest import LONG_AGO, NOTHING, Worth, decayed
from recsys.source_groups import Act, SourceGroups
from recsys.tally import Tally

_LIKE, _VIEW = EVENT_TYPES.index("like"), EVENT_TYPES.index("view")
_FEW = 32  # events; so few are added sooner one by one

Weights = Sequence[float]  # by half-life


class Engagement:
    """Views, likes and decayed interest by row. One thread changes it."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """From the arrays that `training.engagement.engagement_arrays` describes; none is written to."""
        self.worth = Worth(arrays["levels"], arrays["level_of"], float(arrays["good_rating"][0]))
        self._half_lives: list[float] = arrays["half_lives"].tolist()
        self._levels: list[float] = arrays["levels"].tolist()
        self._interest = [Growing(column) for column in arrays["interest"]]
        self._last = Growing(arrays["last"])
        self._last_event = int(arrays["last_event"][0])
        self._changes = 0
        self.touched = Growing(np.zeros(0, np.int32))  # the row of every change since the bundle, in order
        self._acts_known = Acts(arrays)
        self._sources = SourceGroups(self._half_lives)
        self._nothing = [0.0] * len(self._half_lives)
        self.views = Tally.from_arrays(arrays, "views")
        self.likes = Tally.from_arrays(arrays, "likes")

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """From the arrays that `training.engagement.engagement_arrays` describes."""
        return cls(arrays)

    def __len__(self) -> int:
        return len(self._last)

    @property
    def changes(self) -> int:
        """How many events and articles came since the bundle: the same number, the same answers."""
        return self._changes

    @property
    def last_event(self) -> int:
        """The latest stamp of any event, LONG_AGO where there was none."""
        return self._last_event

    def interest(self, column: int, at: int, rows: NDArray[np.integer] | slice = slice(None)) -> NDArray[np.float64]:
        """Interest in every article, faded to the moment `at` by the column-th half-life: (n,) >= 0, in views.

        rows  only these

        One reader counts once per article, with the greatest of their acts, and the readers of one source ever less:
        `recsys.interest.shared`. An act of nobody in particular counts by itself. What is stamped
        later than `at` counts as if stamped then.
        """
        ages = np.minimum(self._last.view[rows] - at, 0)
        found: NDArray[np.float64] = decayed(self._interest[column].view[rows], ages, 0, self._half_lives[column])
        return found

    def has_liked(self, row: int, visitor_id: str) -> bool:
        """Whether the visitor's last word on the article is a like."""
        return liked_since(self._acts_known.likes(row, visitor_key(visitor_id))) != LONG_AGO

    def erase(self, reader: int) -> None:
        """Forgets who did what. What was counted stays counted until the next training: it tells of nobody."""
        self._changes += 1
        self._acts_known.erase(reader)

    def put(self, stored: StoredArticle) -> None:
        """An article that is new, or whose totals may have changed."""
        self._changes += 1
        self.touched.extend(stored.row)
        if stored.row == len(self._last):
            self._last.extend(LONG_AGO)
            for column in self._interest:
                column.extend(0.0)
        self.views.put(stored.row, stored.article.views, stored.views_at)
        self.likes.put(stored.row, stored.article.likes, stored.likes_at)

    def add(self, event: Event, row: int) -> None:
        """One event on the article at `row`, at any time before or after the others. Cost: microseconds."""
        source = NOWHERE if event.source is None else source_key(event.source)
        self.act(event.type, event.value, event.at, row, reader=reader_key(event), source=source)

    def act(
        self,
        kind: EventType,
        value: float | None,
        at: int,
        row: int,
        *,
        reader: int | None = None,
        source: int = NOWHERE,
    ) -> None:
        """The same, of a reader and a source that are known by `reader_key` and `source_key` only."""
        self._changes += 1
        self._last_event = max(self._last_event, at)
        if kind == "view":
            self.views.add(row, at, 1)
        level = self.worth.level(kind, value)
        if kind == "like":
            self._like(row, reader, LikeMark(at, int(value == 0.0)), source)
        elif level != NOTHING and reader is None:
            now = self._moment(row, at)
            self._change(row, now, self._nothing, self._greatest([(self._levels[level], at)], now))
        elif level != NOTHING and reader is not None:
            known = self._acts_known.of(row, reader)
            latest = known.latest
            if at > latest[level]:
                latest = [*latest[:level], at, *latest[level + 1 :]]
            self._learn(row, at, reader, known, Known(latest, known.likes, max(known.source, source)))

    def act_all(  # noqa: PLR0917 (columns of one table)
        self,
        kind: NDArray[np.integer],
        value: NDArray[np.float64],
        at: NDArray[np.int64],
        row: NDArray[np.integer],
        reader: NDArray[np.uint64],
        source: NDArray[np.uint64],
    ) -> None:
        """`act` for m events at once, to the same end but for rounding.

        kind    (m,) positions in EVENT_TYPES      value  (m,) NaN where there is none
        reader  (m,) 0 for nobody                  source (m,) NOWHERE where there is none
        cost    some microseconds an event; the more so, the fewer of them are likes or name a source
        """
        worth = self.worth.weights(kind, value)
        apart = (kind == _LIKE) | ((worth > 0.0) & (source != NOWHERE))
        if kind.size < _FEW:
            apart = np.ones(kind.size, np.bool_)
        columns = (kind, value, at, row, reader, source)
        for of_kind, of_value, *when_where, who, origin in zip(*(c[apart].tolist() for c in columns), strict=True):
            known_value = None if math.isnan(of_value) else of_value
            self.act(EVENT_TYPES[of_kind], known_value, *when_where, reader=who or None, source=origin)
        together = ~apart
        if not together.any():
            return
        self._changes += int(together.sum())
        self._last_event = max(self._last_event, int(at[together].max()))
        viewed = together & (kind == _VIEW)
        self.views.add_all(row[viewed], at[viewed])
        counted = together & (worth > 0.0)
        if counted.any():
            self._act_together(
                np.searchsorted(self.worth.levels, worth[counted]), at[counted], row[counted], reader[counted]
            )

    def _act_together(
        self, level: NDArray[np.intp], at: NDArray[np.int64], row: NDArray[np.integer], reader: NDArray[np.uint64]
    ) -> None:
        """Acts that count, none of them a like or of a reader with a source."""
        order = np.lexsort((reader, row))
        level, at, row, reader = level[order], at[order], row[order], reader[order]
        new = np.ones(row.size, np.bool_)  # where an act of nobody, or the first of a reader on an article, stands
        new[1:] = (reader[1:] == 0) | (reader[1:] != reader[:-1]) | (row[1:] != row[:-1])
        after = np.full((int(new.sum()), len(self._levels)), LONG_AGO)
        np.maximum.at(after, (np.cumsum(new) - 1, level), at)
        rows, readers = row[new], reader[new]
        before, plain = self._acts_known.latest_of(rows, readers)
        after = np.maximum(before, after)
        for i in np.flatnonzero(~plain).tolist():
            known = self._acts_known.of(int(rows[i]), int(readers[i]))
            learned = Known(after[i].tolist(), known.likes, known.source)
            self._learn(int(rows[i]), int(after[i].max()), int(readers[i]), known, learned)
        changed = plain & (after != before).any(axis=1)
        self._change_all(rows[changed], before[changed], after[changed])
        named = changed & (readers != 0)
        self._acts_known.put_latest(rows[named], readers[named], after[named])

    def _change_all(self, row: NDArray[np.integer], before: NDArray[np.int64], after: NDArray[np.int64]) -> None:
        """`_change` where the last acts (m, l), each the greatest of which counts, of m readers were and now are so."""
        rows, place = np.unique(row, return_inverse=True)
        last = self._last.view
        old, now = last[rows], last[rows]
        np.maximum.at(now, place, after.max(axis=1, initial=LONG_AGO))
        last[rows] = now
        self.touched.extend(rows)
        for column, half_life in zip(self._interest, self._half_lives, strict=True):
            counts = [
                np.where(acts == LONG_AGO, 0.0, decayed(self.worth.levels, acts, now[place, np.newaxis], half_life))
                for acts in (before, after)
            ]
            lost, gained = (of_level.max(axis=1, initial=0.0) for of_level in counts)
            faded = decayed(column.view[rows], old, now, half_life)
            column.view[rows] = np.maximum(faded + np.bincount(place, gained - lost, rows.size), 0.0)

    def _like(self, row: int, reader: int | None, mark: LikeMark, source: int) -> None:
        if reader is None:
            self.likes.add(row, mark.at, -1 if mark.off else 1)
            now = self._moment(row, mark.at)
            self._change(row, now, self._nothing, self._greatest(self._acts(Known([], [mark], NOWHERE)), now))
            return
        known = self._acts_known.of(row, reader)
        marks = with_mark(known.likes, mark, self.likes.total_at(row))
        counted, to_count = steps(known.likes), steps(marks)
        for at, step in set(counted) - set(to_count):
            self.likes.add(row, at, -step)
        for at, step in set(to_count) - set(counted):
            self.likes.add(row, at, step)
        self._learn(row, mark.at, reader, known, Known(known.latest, marks, max(known.source, source)))

    def _learn(self, row: int, at: int, reader: int, before: Known, after: Known) -> None:
        """Takes `after` for what was known of a reader and an article `before`."""
        if before == after:
            return
        now = self._moment(row, at)
        if before.source == after.source == NOWHERE:
            lost, gained = self._greatest(self._acts(before), now), self._greatest(self._acts(after), now)
        else:
            lost, gained = self._regrouped(row, now, before, after)
        self._change(row, now, lost, gained)
        self._acts_known.put(row, reader, after)

    def _regrouped(self, row: int, now: int, before: Known, after: Known) -> tuple[Weights, Weights]:
        """By half-life, what a reader and the sources that the change touches added to an article, and now add."""
        sources = {before.source, after.source} - {NOWHERE}
        for source in sources:
            if not self._sources.ready(row, source):
                members = (self._acts(known) for known in self._acts_known.of_source(row, source))
                self._sources.begin(row, source, members)
        was, acts = self._acts(before), self._acts(after)
        lost: list[Weights] = [self._sources.weights(row, source, now) for source in sources]
        if before.source == NOWHERE:
            lost.append(self._greatest(was, now))
        else:
            self._sources.remove(row, before.source, was)
        self._sources.insert(row, after.source, acts)  # a source that is known stays so
        gained = [self._sources.weights(row, source, now) for source in sources]
        return [sum(parts) for parts in zip(*lost, strict=True)], [sum(parts) for parts in zip(*gained, strict=True)]

    def _acts(self, known: Known) -> list[Act]:
        """Weight and time of each act that a reader's weight is the greatest of."""
        found = [(weight, at) for weight, at in zip(self._levels, known.latest, strict=False) if at != LONG_AGO]
        liked = liked_since(known.likes)
        if liked != LONG_AGO and self.worth.level_of[_LIKE] != NOTHING:
            found.append((self._levels[self.worth.level_of[_LIKE]], liked))
        return found

    def _greatest(self, acts: Sequence[Act], now: int) -> Weights:
        """By half-life, what the greatest of one reader's acts counts at `now`, none of which is later; 0 for none."""
        if not acts:
            return self._nothing
        return [max([decayed(w, at, now, half_life) for w, at in acts]) for half_life in self._half_lives]

    def _moment(self, row: int, at: int) -> int:
        """Each row's sums are kept as of its own last change, so that no exponent is ever above 0."""
        return max(int(self._last.view[row]), at)

    def _change(self, row: int, now: int, lost: Weights, gained: Weights) -> None:
        """Takes `lost` from a row's sums by half-life and adds `gained`, all as of the `_moment` of the change."""
        self.touched.extend(row)
        last = self._last.view
        old = int(last[row])
        last[row] = now
        for column, half_life, less, more in zip(self._interest, self._half_lives, lost, gained, strict=True):
            sums = column.view
            sums[row] = max(0.0, decayed(float(sums[row]), old, now, half_life) - less + more)
