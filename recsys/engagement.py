"""What readers made of every article: public counts, and interest that fades. Arrays from a bundle, kept up by events.

Fed with the same events, in whatever order and blocks, the arrays that training computes and an `Engagement` that met
the events agree: sums to a relative 1e-6, counts exactly.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from recsys.acts import NOBODY, NOWHERE, Acts, LikeMark, Pairs, liked_since, paired, steps, with_marks
from recsys.article import StoredArticle
from recsys.event import EVENT_TYPES
from recsys.growing import Growing
from recsys.histories import visitor_key
from recsys.interest import LONG_AGO, NOTHING, Worth, decayed
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

    def only(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> "_Counted":
        return _Counted(*(column[kept] for column in self))  # type: ignore[arg-type]  # mypy takes them for one type


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
        return liked_since(self._acts.marks(row, visitor_key(visitor_id))) != LONG_AGO

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
        viewed = kind == _VIEW
        self.views.add(row[viewed], at[viewed], np.ones(np.count_nonzero(viewed), np.int8))
        weight = self.worth.weights(kind, value)
        found = _Counted(kind, at, row, reader, source, weight, value == 0.0).only((weight > 0.0) | (kind == _LIKE))
        nobody = found.reader == NOBODY
        by_nobody = found.only(nobody)
        liked = by_nobody.only(by_nobody.kind == _LIKE)
        self.likes.add(liked.row, liked.at, np.where(liked.off, -1, 1).astype(np.int8))
        self._count(by_nobody, self._learned(found.only(~nobody)))

    def _learned(self, events: _Counted) -> _Learned:
        """What changes in what is known of readers; likes are counted, the rest is kept."""
        events = events.only(np.lexsort((events.reader, events.row)))
        new = np.ones(events.row.size, np.bool_)
        new[1:] = (events.reader[1:] != events.reader[:-1]) | (events.row[1:] != events.row[:-1])
        first, pair = np.flatnonzero(new), np.cumsum(new) - 1
        row, reader = events.row[first], events.reader[first]
        before = self._acts.of(row, reader)
        acts, source, latest = before.acts.copy(), before.source.copy(), np.full(row.size, LONG_AGO)
        acted = np.flatnonzero(events.kind != _LIKE)
        level = np.searchsorted(self.worth.levels, events.weight[acted])
        np.maximum.at(acts.reshape(-1), pair[acted] * acts.shape[1] + level, events.at[acted])
        np.maximum.at(source, pair, events.source)
        np.maximum.at(latest, pair, events.at)
        pressed = self._press(row, reader, pair, events, acts[:, -1])
        changed = pressed | (acts != before.acts).any(axis=1) | (source != before.source)
        row, reader, before = row[changed], reader[changed], before.only(changed)
        after = Pairs(before.place, acts[changed], source[changed])
        self._acts.put(row, reader, after)
        return _Learned(row, reader, latest[changed], before, after)

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
        likes = np.flatnonzero(events.kind == _LIKE)
        by_pair: dict[int, list[LikeMark]] = {}
        for place, at, off in zip(*(column[likes].tolist() for column in (pair, events.at, events.off)), strict=True):
            by_pair.setdefault(place, []).append(LikeMark(at, int(off)))
        counted: list[tuple[int, int, int]] = []  # row, stamp, step
        for place, presses in by_pair.items():
            of_row, of_reader = int(row[place]), int(reader[place])
            old = self._acts.marks(of_row, of_reader)
            new = with_marks(old, presses, self.likes.total_at(of_row))
            if new == old:
                continue
            self._acts.put_marks(of_row, of_reader, new)
            before, after = set(steps(old)), set(steps(new))
            counted += [(of_row, at, -step) for at, step in before - after]
            counted += [(of_row, at, step) for at, step in after - before]
            liked[place], changed[place] = liked_since(new), True
        if counted:
            columns = np.array(counted, np.int64)
            self.likes.add(columns[:, 0], columns[:, 1], columns[:, 2].astype(np.int8))
        return changed

    def _count(self, by_nobody: _Counted, learned: _Learned) -> None:
        """Brings the articles' sums up to date, each as of its own last change: so no exponent is ever above 0."""
        touched = np.concatenate((by_nobody.row, learned.row))
        if not touched.size:
            return
        rows, place = np.unique(touched, return_inverse=True)
        old = self._last.view[rows]
        now = old.copy()
        np.maximum.at(now, place, np.concatenate((by_nobody.at, learned.at)))
        of_nobody, of_reader = place[: by_nobody.row.size], place[by_nobody.row.size :]
        gained = np.zeros((rows.size, self._half_lives.size))
        self._add(gained, of_nobody, _faded(by_nobody.weight, by_nobody.at, now[of_nobody], self._half_lives))
        self._add_readers(gained, of_reader, learned, now)
        self._last.own[rows] = now
        self.touched.extend(rows)
        for column, half_life, more in zip(self._interest, self._half_lives, gained.T, strict=True):
            column.own[rows] = np.maximum(decayed(column.view[rows], old, now, half_life) + more, 0.0)

    def _add_readers(
        self, gained: NDArray[np.float64], place: NDArray[np.intp], learned: _Learned, now: NDArray[np.int64]
    ) -> None:
        """Adds what readers weigh now to the sums of the articles at `place`, and takes what they weighed before."""
        before, after = learned.before, learned.after
        was_alone, is_alone = before.source == NOWHERE, after.source == NOWHERE  # a source that is known stays so
        self._add(gained, place[was_alone], -self._greatest(before.acts[was_alone], now[place[was_alone]]))
        self._add(gained, place[is_alone], self._greatest(after.acts[is_alone], now[place[is_alone]]))
        if is_alone.all():
            return
        come, gone = np.flatnonzero(~is_alone), np.flatnonzero(~was_alone)
        member = np.concatenate((come, gone))
        source = np.concatenate((after.source[come], before.source[gone]))
        groups, first, group = np.unique(paired(learned.row[member], source), return_index=True, return_inverse=True)
        article = place[member[first]]
        untouched = np.flatnonzero(~self._sources.touched(groups))
        begun, acts = self._acts.of_sources(learned.row[member[first[untouched]]], source[first[untouched]])
        lost, more = self._sources.change(
            groups,
            begun=Members(untouched[begun], self._sources.keys(acts)),
            gone=Members(group[come.size :], self._sources.keys(before.acts[gone])),
            come=Members(group[: come.size], self._sources.keys(after.acts[come])),
            at=now[article],
        )
        self._add(gained, article, more - lost)

    def _greatest(self, acts: NDArray[np.int64], now: NDArray[np.int64]) -> NDArray[np.float64]:
        """(m, w) what the greatest of each reader's acts (m, l + 1) counts at `now` (m,), none of which is later."""
        found = np.zeros((now.size, self._half_lives.size))
        for column, weight in enumerate(self._weights.tolist()):
            there = np.flatnonzero(acts[:, column] != LONG_AGO)
            faded = _faded(weight, acts[there, column], now[there], self._half_lives)
            found[there] = np.maximum(found[there], faded)
        return found

    @staticmethod
    def _add(sums: NDArray[np.float64], place: NDArray[np.intp], more: NDArray[np.float64]) -> None:
        """Adds `more` (m, w) to the sums (n, w) at `place` (m,)."""
        for column in range(sums.shape[1]):
            sums[:, column] += np.bincount(place, more[:, column], sums.shape[0])


def _faded(
    weight: NDArray[np.float64] | float, at: NDArray[np.int64], now: NDArray[np.int64], half_lives: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(m, w) `decayed` by each half-life; weight and times (m,)."""
    weights = np.broadcast_to(weight, at.shape)[:, np.newaxis]
    found: NDArray[np.float64] = decayed(weights, (at - now)[:, np.newaxis], 0, half_lives)
    return found
