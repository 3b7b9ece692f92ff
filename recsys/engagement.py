"""What readers made of every article: public counts, and interest that fades. Arrays from a bundle, kept up by events.

Fed with the same events, in whatever order, the arrays that training computes and an `Engagement` that met the events
one by one agree: sums to a relative 1e-6, counts exactly.
"""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recsys.acts import Acts, LikeMark, liked_since, reader_key, steps, with_mark
from recsys.article import StoredArticle
from recsys.event import EVENT_TYPES, Event, EventType
from recsys.growing import Growing
from recsys.histories import visitor_key
from recsys.interest import LONG_AGO, NOTHING, Worth, decayed
from recsys.tally import Tally

_LIKE = EVENT_TYPES.index("like")


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
        self._acts_known = Acts(arrays)
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

    def interest(self, column: int, at: int) -> NDArray[np.float64]:
        """Interest in every article, faded to the moment `at` by the column-th half-life: (n,) >= 0, in views.

        One reader counts once per article, with the greatest of their acts; an act of nobody in particular counts by
        itself. What is stamped later than `at` counts as if stamped then.
        """
        ages = np.minimum(self._last.view - at, 0)
        found: NDArray[np.float64] = decayed(self._interest[column].view, ages, 0, self._half_lives[column])
        return found

    def has_liked(self, row: int, visitor_id: str) -> bool:
        """Whether the visitor's last word on the article is a like."""
        return liked_since(self._acts_known.likes(row, visitor_key(visitor_id))) != LONG_AGO

    def put(self, stored: StoredArticle) -> None:
        """An article that is new, or whose totals may have changed."""
        self._changes += 1
        if stored.row == len(self._last):
            self._last.extend(LONG_AGO)
            for column in self._interest:
                column.extend(0.0)
        self.views.put(stored.row, stored.article.views, stored.views_at)
        self.likes.put(stored.row, stored.article.likes, stored.likes_at)

    def add(self, event: Event, row: int) -> None:
        """One event on the article at `row`, at any time before or after the others. Cost: microseconds."""
        self.act(event.type, event.value, event.at, reader_key(event), row)

    def act(self, kind: EventType, value: float | None, at: int, reader: int | None, row: int) -> None:
        """The same, of a reader who is known by `reader_key` only."""
        self._changes += 1
        self._last_event = max(self._last_event, at)
        if kind == "view":
            self.views.add(row, at, 1)
        level = self.worth.level(kind, value)
        if kind == "like":
            self._like(row, reader, LikeMark(at, int(value == 0.0)))
        elif level != NOTHING and reader is None:
            self._change(row, at, [], [(self._levels[level], at)])
        elif level != NOTHING and reader is not None:
            latest = self._acts_known.latest(row, reader)
            if at > latest[level]:
                marks = self._acts_known.likes(row, reader)
                now_latest = [*latest[:level], at, *latest[level + 1 :]]
                self._change(row, at, self._acts(latest, marks), self._acts(now_latest, marks))
                self._acts_known.set_latest(row, reader, now_latest)

    def _like(self, row: int, reader: int | None, mark: LikeMark) -> None:
        if reader is None:
            self.likes.add(row, mark.at, -1 if mark.off else 1)
            if not mark.off:
                self._change(row, mark.at, [], self._acts([], [mark]))
            return
        latest, marks = self._acts_known.latest(row, reader), self._acts_known.likes(row, reader)
        now_marks = with_mark(marks, mark, self.likes.total_at(row))
        counted, to_count = steps(marks), steps(now_marks)
        for at, step in set(counted) - set(to_count):
            self.likes.add(row, at, -step)
        for at, step in set(to_count) - set(counted):
            self.likes.add(row, at, step)
        self._change(row, mark.at, self._acts(latest, marks), self._acts(latest, now_marks))
        self._acts_known.set_likes(row, reader, now_marks)

    def _acts(self, latest: list[int], marks: list[LikeMark]) -> list[tuple[float, int]]:
        """Weight and time of each act that a reader's weight is the greatest of."""
        found = [(weight, at) for weight, at in zip(self._levels, latest, strict=False) if at != LONG_AGO]
        liked = liked_since(marks)
        if liked != LONG_AGO and self.worth.level_of[_LIKE] != NOTHING:
            found.append((self._levels[self.worth.level_of[_LIKE]], liked))
        return found

    def _change(self, row: int, at: int, before: list[tuple[float, int]], after: list[tuple[float, int]]) -> None:
        """Replaces a reader's acts on an article: the greatest of `before` no longer counts, that of `after` does.

        Each row's sums are kept as of its own last change, so that no exponent is ever above 0.
        """
        last = self._last.view
        old = int(last[row])
        new = last[row] = max(old, at)
        for column, half_life in zip(self._interest, self._half_lives, strict=True):
            sums = column.view
            faded = decayed(float(sums[row]), old, new, half_life)
            sums[row] = max(0.0, faded - _greatest(before, new, half_life) + _greatest(after, new, half_life))


def _greatest(acts: list[tuple[float, int]], now: int, half_life: float) -> float:
    """What the greatest of one reader's acts counts at `now`, none of which is later; 0 for none."""
    return max([decayed(weight, at, now, half_life) for weight, at in acts], default=0.0)
