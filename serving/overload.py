"""How late the event loop is, and what a server leaves undone so that it stays in time."""

import asyncio
import time
from collections.abc import Callable

from serving.problems import Problem

BEAT_SECONDS = 0.025
LATE_SECONDS = 0.05  # from here on what is cheaper is answered in place of what was asked
TOO_LATE_SECONDS = 0.1  # from here on what is not at hand is turned away
CROWD = 4  # requests of one round; fewer are one client who waits for each answer, however slow the machine
CALM = 0.5  # of a bound: below that the server is in time again
_TELL_BEATS = 20


class Pulse:
    """Beats as long as the loop comes round in time.

    It is late where two of three rounds are, the present one counted: one pause is no crowd. It is late too where the
    answers of the present round alone took so long: the first crowd would all be let in else, and wait for each other.
    It is never late while neither the present round nor the last one had CROWD requests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """clock  seconds, never going back"""
        self._clock = clock
        self._due = clock() + BEAT_SECONDS
        self._last, self._before = 0.0, 0.0  # how late these beats were
        self._bound = 1.0
        self._worked = 0.0  # in this round
        self._asked, self._asked_before = 0, 0  # in this round, and in the last one

    def worked(self, seconds: float) -> None:
        """Takes note of a request, and of the time that answering it kept the loop."""
        self._asked += 1
        self._worked += seconds

    def beat(self) -> float:
        """One beat; the seconds that it came late."""
        now = self._clock()
        self._before, self._last = self._last, max(0.0, now - self._due)
        self._due = now + BEAT_SECONDS
        self._worked = 0.0
        self._asked, self._asked_before = 0, self._asked
        lag = min(self._last, self._before)
        self._bound = CALM if lag >= LATE_SECONDS * self._bound else 1.0
        return self._last

    def late(self) -> bool:
        """Whether something cheaper should be answered."""
        return self._lag() >= LATE_SECONDS * self._bound

    def too_late(self) -> bool:
        """Whether only what is at hand should be answered."""
        return self._lag() >= TOO_LATE_SECONDS * self._bound

    def _lag(self) -> float:
        if max(self._asked, self._asked_before) < CROWD:
            return 0.0
        return max(self._worked, sorted((self._before, self._last, self._clock() - self._due))[1])

    async def follow(self, told: Callable[[float], None]) -> None:
        """Beats until cancelled; `told` gets the largest lag of some beats, seconds, now and then."""
        self._due = self._clock() + BEAT_SECONDS
        while True:
            worst = 0.0
            for _ in range(_TELL_BEATS):
                await asyncio.sleep(BEAT_SECONDS)
                worst = max(worst, self.beat())
            told(worst)


def overloaded() -> Problem:
    """The answer to what can't be done now."""
    return Problem(503, "Too much is asked at the moment. Ask again.", headers={"retry-after": "1"})
