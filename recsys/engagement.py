"""What readers made of every article: public counts, and interest that fades. Arrays from a bundle, kept up by events.

Fed with the same events, in whatever order and blocks, the arrays that training computes and an `Engagement` that met
the events agree: sums to a relative 1e-6, counts exactly.
"""

from collections.abc import Mapping
from functools import reduce
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsys.acts import NOBODY, NOWHERE, Acts, Pairs, paired
from recsys.article import StoredArticle
from recsys.event import EVENT_TYPES
from recsys.favour_kernel import Fading
from recsys.growing import Growing
from recsys.histories import visitor_key
from recsys.interest import LONG_AGO, NOTHING, Worth, decayed
from recsys.likes import exchanged, liked_since, mark_of, steps, with_presses
from recsys.lookup import Slate
from recsys.ragged import run_starts
from recsys.source_groups import Members, SourceGroups
from recsys.tally import Tally

_LIKE, _VIEW = EVENT_TYPES.index("like"), EVENT_TYPES.index("view")


class _Counted(NamedTuple):
    """Events that are worth something, or are likes given or taken back. Columns (m,) as `Engagement.meet` has them.

    weight  (m,) float64, 0 for a like taken back
    """

    kind: NDArray[np.integer]
    at: NDArray[np.int64]
    row: NDArray[np.integer]
    reader: NDArray[np.uint64]
    source: NDArray[np.uint64]
    weight: NDArray[np.float64]
    off: NDArray[np.bool_]

    def take(self, places: NDArray[np.intp]) -> "_Counted":
        return _Counted(*(column.take(places) for column in self))  # type: ignore[arg-type]  # mypy takes them for one type


class _Learned(NamedTuple):
    """What m readers did with an article each, as it was known and is known now.

    at  (m,) int64, the latest stamp of the events that tell
    """

    row: NDArray[np.integer]
    reader: NDArray[np.uint64]
    at: NDArray[np.int64]
    before: Pairs
    after: Pairs


class Engagement:
    """Views, likes and decayed interest by row. One thread changes it."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """From the arrays that `training.engagement.engagement_arrays` describes; none is written to."""
        self.worth = Worth(arrays["levels"], arrays["level_of"], float(arrays["good_rating"][0]))
        like = int(self.worth.level_of[_LIKE])
        self._weights = np.append(self.worth.levels, 0.0 if like == NOTHING else self.worth.levels[like])
        self._half_lives = np.asarray(arrays["half_lives"], np.float64)
        self._interest = [Growing(column) for column in arrays["interest"]]
        self._last = Growing(arrays["last"])
        self._last_event = int(arrays["last_event"][0])
        self._changes = 0
        self.touched = Growing(np.zeros(0, np.int32))  # the rows of every change since the bundle, in order
        self._acts = Acts(arrays)
        self._sources = SourceGroups(self._half_lives, self._weights)
        self._slate = Slate()
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

    def fading(self, column: int) -> Fading:
        """The moments and the sums (n,) from which `interest` is told, and the half-life of the column."""
        return self._last.view, self._interest[column].view, float(self._half_lives[column])

    def has_liked(self, row: int, visitor_id: str) -> bool:
        """Whether the visitor's last word on the article is a like."""
        known = self._acts.of(np.array([row]), np.array([visitor_key(visitor_id)], np.uint64))
        return int(known.acts[0, -1]) != LONG_AGO

    def erase(self, reader: int) -> None:
        """Forgets who did what. What was counted stays counted until the next training: it tells of nobody."""
        self._changes += 1
        self._acts.erase(reader)

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

    def meet(  # noqa: PLR0917 (columns of one table)
        self,
        kind: NDArray[np.integer],
        value: NDArray[np.float64],
        at: NDArray[np.int64],
        row: NDArray[np.integer],
        reader: NDArray[np.uint64],
        source: NDArray[np.uint64],
    ) -> None:
        """m events, at any time before or after the others; in whatever blocks they come, the same but for rounding.

        kind    (m,) positions in EVENT_TYPES      value   (m,) NaN where there is none
        reader  (m,) NOBODY where there is none    source  (m,) NOWHERE where there is none
        """
        if not kind.size:
            return
        self._changes += kind.size
        self._last_event = max(self._last_event, int(at.max()))
        viewed = (kind == _VIEW).nonzero()[0]
        self.views.add(row.take(viewed), at.take(viewed), np.ones(viewed.size, np.int8))
        weight = self.worth.weights(kind, value)
        found = _Counted(kind, at, row, reader, source, weight, value == 0.0)
        counted = ((weight > 0.0) | (kind == _LIKE)).nonzero()[0]
        named = reader.take(counted) != NOBODY
        by_nobody = found.take(counted[~named])
        liked = by_nobody.take((by_nobody.kind == _LIKE).nonzero()[0])
        self.likes.add(liked.row, liked.at, np.where(liked.off, -1, 1).astype(np.int8))
        self._count(by_nobody, self._learned(found, counted[named]))

    def _learned(self, every: _Counted, named: NDArray[np.intp]) -> _Learned:
        """What those events that are at `named` change in what is known of readers; likes are counted, all is kept."""
        pairs = paired(every.row.take(named), every.reader.take(named))
        order = np.argsort(pairs)
        events, pairs = every.take(named.take(order)), pairs.take(order)
        new = run_starts(pairs)
        first, pair = new.nonzero()[0], np.cumsum(new) - 1
        row, reader = events.row.take(first), events.reader.take(first)
        before = self._acts.of(row, reader)
        acts = before.acts.copy()
        acted = (events.kind != _LIKE).nonzero()[0]
        level = self.worth.level_of.take(events.kind.take(acted))
        np.maximum.at(acts.reshape(-1), pair.take(acted) * acts.shape[1] + level, events.at.take(acted))
        source, latest = before.source, np.zeros(0, np.int64)
        if first.size:
            source = np.maximum(source, np.maximum.reduceat(events.source, first))
            latest = np.maximum.reduceat(events.at, first)
        changed = self._press(row, reader, pair, events, acts[:, -1])
        changed |= _any(acts != before.acts) | (source != before.source)
        here = changed.nonzero()[0]
        row, reader, after = row.take(here), reader.take(here), Pairs(before.place, acts, source).take(here)
        self._acts.put(row, reader, after)
        return _Learned(row, reader, latest.take(here), before.take(here), after)

    def _press(
        self,
        row: NDArray[np.integer],
        reader: NDArray[np.uint64],
        pair: NDArray[np.intp],
        events: _Counted,
        liked: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Takes the likes among the events, whose reader and article are the `pair`-th; whether each pair changed.

        liked  when each pair's like that holds was given; written to
        """
        changed = np.zeros(row.size, np.bool_)
        likes = (events.kind == _LIKE).nonzero()[0]
        if not likes.size:
            return changed
        pressed, owner = np.unique(pair.take(likes), return_inverse=True)
        row, reader = row.take(pressed), reader.take(pressed)
        old = self._acts.marks(row, reader)
        total_at = self.likes.total_at(row)
        new = with_presses(old, owner, mark_of(events.at.take(likes), events.off.take(likes)), total_at)
        self._acts.put_marks(row, reader, new)
        liked[pressed] = liked_since(new, row.size)
        changed[pressed[exchanged(old, new)[0].owner]] = True
        step, sign = exchanged(steps(old), steps(new))
        self.likes.add(row.take(step.owner), step.at, np.where(step.on, sign, -sign))
        return changed

    def _count(self, by_nobody: _Counted, learned: _Learned) -> None:
        """Brings the articles' sums up to date, each as of its own last change: so no exponent is ever above 0."""
        touched = np.concatenate((by_nobody.row, learned.row))
        if not touched.size:
            return
        rows, place = self._slate.distinct(touched)
        old = self._last.view.take(rows)
        now = old.copy()
        np.maximum.at(now, place, np.concatenate((by_nobody.at, learned.at)))
        of_nobody, of_reader = place[: by_nobody.row.size], place[by_nobody.row.size :]
        gained = np.zeros((self._half_lives.size, rows.size))
        _add(gained, of_nobody, self._faded(by_nobody.weight, by_nobody.at, now.take(of_nobody)))
        self._add_readers(gained, of_reader, learned, now)
        self._last.own[rows] = now
        self.touched.extend(rows)
        for column, half_life, more in zip(self._interest, self._half_lives, gained, strict=True):
            column.own[rows] = np.maximum(decayed(column.view.take(rows), old, now, half_life) + more, 0.0)

    def _add_readers(
        self, gained: NDArray[np.float64], place: NDArray[np.intp], learned: _Learned, now: NDArray[np.int64]
    ) -> None:
        """Adds what readers weigh now to the sums of the articles at `place`, and takes what they weighed before."""
        before, after = learned.before, learned.after
        gone, come = before.source != NOWHERE, after.source != NOWHERE  # a source that is known stays so
        acted = _any(before.acts != LONG_AGO)
        for sign, acts, alone in ((-1.0, before.acts, acted & ~gone), (1.0, after.acts, ~come)):
            here = alone.nonzero()[0]
            at = place.take(here)
            _add(gained, at, sign * self._greatest(acts.take(here, axis=0), now.take(at)))
        if not come.any():
            return
        come, gone = come.nonzero()[0], gone.nonzero()[0]
        member = np.concatenate((come, gone))
        source = np.concatenate((after.source[come], before.source[gone]))
        groups, first, group = np.unique(paired(learned.row[member], source), return_index=True, return_inverse=True)
        article = place[member[first]]
        untouched = (~self._sources.touched(groups)).nonzero()[0]
        begun, acts = self._acts.of_sources(learned.row[member[first[untouched]]], source[first[untouched]])
        lost, more = self._sources.change(
            groups,
            begun=Members(untouched[begun], self._sources.keys(acts)),
            gone=Members(group[come.size :], self._sources.keys(before.acts[gone])),
            come=Members(group[: come.size], self._sources.keys(after.acts[come])),
            at=now[article],
        )
        _add(gained, article, (more - lost).T)

    def _greatest(self, acts: NDArray[np.int64], now: NDArray[np.int64]) -> NDArray[np.float64]:
        """(w, m) what the greatest of each reader's acts (m, l + 1) counts at `now` (m,), none of which is later."""
        found = np.zeros((self._half_lives.size, now.size))
        for column, weight in enumerate(self._weights.tolist()):
            there = (acts[:, column] != LONG_AGO).nonzero()[0]
            faded = self._faded(weight, acts[:, column].take(there), now.take(there))
            found[:, there] = np.maximum(found.take(there, axis=1), faded)
        return found

    def _faded(
        self, weight: NDArray[np.float64] | float, at: NDArray[np.int64], now: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """(w, m) `decayed` by each half-life; weight and times (m,)."""
        found: NDArray[np.float64] = decayed(weight, at - now, 0, self._half_lives[:, np.newaxis])
        return found


def _any(found: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(m,) whether there is any in each row (m, few): in a tenth of the time that `any` takes."""
    some: NDArray[np.bool_] = reduce(np.logical_or, found.T)
    return some


def _add(sums: NDArray[np.float64], place: NDArray[np.intp], more: NDArray[np.float64]) -> None:
    """Adds `more` (w, m) to the sums (w, n) at `place` (m,)."""
    for column, added in enumerate(more):
        sums[column] += np.bincount(place, added, sums.shape[1])
