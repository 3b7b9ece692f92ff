"""What readers made of every article: public counts, and interest that fades. Arrays from a bundle, kept up by events.

Fed with the same events, in whatever order, the arrays that training computes and an `Engagement` that met the events
one by one agree: sums to a relative 1e-6, counts exactly.
"""

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

_LIKE = EVENT_TYPES.index("like")

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
