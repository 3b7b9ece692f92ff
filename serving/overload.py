"""How late the event loop is, and what a server leaves undone so that it stays in time."""

import asyncio
import time
from collections.abc import Callable

from serving.problems import Problem
from serving.sending import Wired

BEAT_SECONDS = 0.025
LATE_SECONDS = 0.05  # from here on what is cheaper is answered in place of what was asked
TOO_LATE_SECONDS = 0.06  # from here on what is not at hand is turned away: whoever gets an answer has it within 0.1
BUSY_SECONDS = 0.005  # of answers: from here on rounds are told apart
CROWD = 4  # requests from beat to beat; fewer are one client who waits for each answer, however slow the machine
CALM = 0.5  # of a bound: below that the server is in time again
_TELL_BEATS = 20

Work = Callable[[], None]


def _soon(work: Work) -> None:
    asyncio.get_running_loop().call_soon(work)


class Pulse:
    """How late an answer would be that is begun now, as far as the server can know.

    Whatever is read in one round of the loop came after the round before it began. So it has waited no longer than
    answers took in both, and goes out when this round ends: rounds that keep to a bound keep everybody to it.
    Else the loop is late where two of three beats are, the present one counted: one pause is no crowd.
    It is never late while neither this beat nor the last one had CROWD requests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, soon: Callable[[Work], object] = _soon) -> None:
        """clock  seconds, never going back
        soon   has something done in the next round of the loop
        """
        self._clock = clock
        self._soon = soon
        self._due = clock() + BEAT_SECONDS
        self._last, self._before = 0.0, 0.0  # how late these beats were
        self._bound = 1.0
        self._turning = False  # rounds are told apart
        self._worked, self._worked_before = 0.0, 0.0  # in this round, and in the last one
        self._asked, self._asked_before = 0, 0  # since the last beat, and from the one before to it

    def worked(self, seconds: float) -> None:
        """Takes note of a request, and of the time that answering it kept the loop."""
        self._asked += 1
        self._worked += seconds
        if self._worked >= BUSY_SECONDS and not self._turning:
            self._turning = True
            self._soon(self._turn)

    def _turn(self) -> None:
        """A round ends. Those after it are followed for as long as they are busy."""
        worked, self._worked = self._worked, 0.0
        self._turning = worked >= BUSY_SECONDS
        self._worked_before = worked if self._turning else 0.0
        if self._turning:
            self._soon(self._turn)

    def beat(self) -> float:
        """One beat; the seconds that it came late."""
        now = self._clock()
        self._before, self._last = self._last, max(0.0, now - self._due)
        self._due = now + BEAT_SECONDS
        if not self._turning:
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
        return max(self._worked_before + self._worked, sorted((self._before, self._last, self._clock() - self._due))[1])

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


TURNED_AWAY = Wired.of(overloaded().reply())  # made once: a crowd gets thousands a second
