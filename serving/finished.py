"""Finished answers, kept as long as nothing that they say can have changed; the least recently asked for go first."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from recsys.times import SECOND
from serving.answers import Answer
from serving.live import Live

FRESH = SECOND  # how long an answer that depends on the hour may be kept, microseconds
SPARE = 10 * SECOND  # and how long it is better than none

# Bytes of bodies. Personal ones are many, nobody else asks for them, and they hold for a second: they may not drive out
# what everybody asks for.
SHARED, PERSONAL = 28 * 1024 * 1024, 4 * 1024 * 1024

Key = tuple[bytes, bytes]
T = TypeVar("T")


class _Kept(NamedTuple, Generic[T]):
    """An answer made at `at`, at `position` of the log; good before `until` as far as the clock goes.

    spare_until  before this it may stand in for a new one; 0: never
    """

    answer: T
    settled: bool
    cost: int
    version: str
    position: int
    at: int
    until: int
    spare_until: int


class _Shelf(Generic[T]):
    """Answers that take no more than so many bytes; the least recently asked for go first."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[Key, _Kept[T]] = OrderedDict()
        self._size = 0

    def get(self, key: Key) -> _Kept[T] | None:
        return self._kept.get(key)

    def asked(self, key: Key) -> None:
        self._kept.move_to_end(key)

    def put(self, key: Key, kept: _Kept[T]) -> None:
        if key in self._kept:
            self.drop(key)
        self._kept[key] = kept
        self._size += kept.cost
        while self._size > self._capacity:
            self.drop(next(iter(self._kept)))

    def drop(self, key: Key) -> None:
        self._size -= self._kept.pop(key).cost


class FinishedAnswers(Generic[T]):
    """A bounded cache, keyed by the raw path and query. Nothing is ever taken out by hand: the log position tells."""

    def __init__(
        self, live: Live, finish: Callable[[Answer], T], shared: int = SHARED, personal: int = PERSONAL
    ) -> None:
        """finish    makes of an answer what is kept and given again
        shared    bytes of bodies that may be kept of what anybody may ask
        personal  the same of personal answers
        """
        self._live = live
        self._finish = finish
        self._shared, self._personal = _Shelf[T](shared), _Shelf[T](personal)
        # model, log position, next moment that an article or a rule begins or ends
        self._turn: tuple[str, int, int] = ("", -1, 0)

    def get(self, key: Key, now: int) -> T | None:
        """The answer to the same request, where it would still come out the same."""
        for shelf in (self._shared, self._personal):
            kept = shelf.get(key)
            if kept is not None:
                break
        else:
            return None
        if not self._stands_in(kept, now):
            shelf.drop(key)
            return None
        if now >= kept.until or (self._live.position > kept.position and not kept.settled):
            return None
        shelf.asked(key)
        return kept.answer

    def spare(self, key: Key, now: int) -> T | None:
        """The answer of a few seconds ago, where all that it shows may still be shown; never a personal one, as the
        reader may have been erased.
        """
        kept = self._shared.get(key)
        if kept is None or now >= kept.spare_until or not self._stands_in(kept, now):
            return None
        return kept.answer

    def keep(self, key: Key, answer: Answer, now: int) -> T:
        """Keeps an answer that was made just now, and returns it finished."""
        turn = self._next_turn(now)
        until, spare_until = (turn, turn) if answer.settled else (now + FRESH, min(turn, now + SPARE))
        if answer.personal:
            spare_until = 0
        finished = self._finish(answer)
        kept = _Kept(
            finished,
            answer.settled,
            _cost(key, answer),
            self._live.model.version,
            self._live.position,
            now,
            until,
            spare_until,
        )
        (self._personal if answer.personal else self._shared).put(key, kept)
        return finished

    def _stands_in(self, kept: _Kept[T], now: int) -> bool:
        same = self._live.settled <= kept.position and kept.version == self._live.model.version
        return same and kept.at <= now < max(kept.until, kept.spare_until)

    def _next_turn(self, now: int) -> int:
        version, settled, turn = self._turn
        if version != self._live.model.version or settled != self._live.settled or turn <= now:
            turn = self._live.model.next_turn(now)
            self._turn = (self._live.model.version, self._live.settled, turn)
        return turn


def _cost(key: Key, answer: Answer) -> int:
    return len(answer.body) + len(key[0]) + len(key[1]) + 2 * len(answer.tags) + 1_500
