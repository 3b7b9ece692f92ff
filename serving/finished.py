"""Finished answers, kept as long as nothing that they say can have changed; the least recently asked for go first."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from recsys.times import SECOND
from serving.answers import Answer
from serving.live import Live

FRESH = SECOND  # how long an answer that depends on the hour may be kept, microseconds
CAPACITY = 32 * 1024 * 1024  # bytes of bodies

Key = tuple[bytes, bytes]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    """An answer made at `at`, at `position` of the log; good before `until` as far as the clock goes."""

    answer: T
    settled: bool
    cost: int
    version: str
    position: int
    at: int
    until: int


class FinishedAnswers(Generic[T]):
    """A bounded cache, keyed by the raw path and query. Nothing is ever taken out by hand: the log position tells."""

    def __init__(self, live: Live, finish: Callable[[Answer], T], capacity: int = CAPACITY) -> None:
        """finish    makes of an answer what is kept and given again
        capacity  bytes of bodies that may be kept
        """
        self._live = live
        self._finish = finish
        self._capacity = capacity
        self._kept: OrderedDict[Key, _Kept[T]] = OrderedDict()
        self._size = 0
        self._turn: tuple[str, int, int] = (
            "",
            -1,
            0,
        )  # model, log position, next moment that an article or a rule begins or ends

    def get(self, key: Key, now: int) -> T | None:
        """The answer to the same request, where it would still come out the same."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        since = self._live.settled if kept.settled else self._live.position
        if since > kept.position or kept.version != self._live.model.version or not kept.at <= now < kept.until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return kept.answer

    def keep(self, key: Key, answer: Answer, now: int) -> T:
        """Keeps an answer that was made just now, and returns it finished."""
        if key in self._kept:
            self._drop(key)
        until = self._next_turn(now) if answer.settled else now + FRESH
        finished = self._finish(answer)
        cost = _cost(key, answer)
        self._kept[key] = _Kept(
            finished, answer.settled, cost, self._live.model.version, self._live.position, now, until
        )
        self._size += cost
        while self._size > self._capacity:
            self._drop(next(iter(self._kept)))
        return finished

    def _next_turn(self, now: int) -> int:
        version, settled, turn = self._turn
        if version != self._live.model.version or settled != self._live.settled or turn <= now:
            turn = self._live.model.next_turn(now)
            self._turn = (self._live.model.version, self._live.settled, turn)
        return turn

    def _drop(self, key: Key) -> None:
        self._size -= self._kept.pop(key).cost


def _cost(key: Key, answer: Answer) -> int:
    return len(answer.body) + len(key[0]) + len(key[1]) + 2 * len(answer.tags) + 1_500
