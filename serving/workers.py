"""Several processes that do the same work, kept alive by their parent."""

import logging
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from types import FrameType
from typing import Protocol

from recsys.errors import RecsysError

AGAIN_SECONDS = 1.0  # at least from one start of a worker to the next
END_SECONDS = 12.0  # that workers have to finish what was begun
LOOK_SECONDS = 1.0

_ENDINGS = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger(__name__)


class Ends(Protocol):
    """A server that can be asked to end."""

    should_exit: bool


Work = Callable[[int, Callable[[Ends], None]], None]


class WorkerFailed(RecsysError):
    """A worker could not begin."""


def keep_working(
    workers: int,
    work: Work,
    *,
    on_ready: Callable[[], None],
    on_restart: Callable[[], None],
    now_and_then: Callable[[], None],
) -> None:
    """Runs `work` in so many processes until SIGTERM or SIGINT; whichever dies is replaced.

    work          gets the number of the worker, 0..workers-1, and calls its second argument when it has begun
    on_ready      called here once all have begun
    on_restart    called here for each worker that takes the place of another
    now_and_then  called here once a second or more often

    Raises WorkerFailed where one ends before all have begun. Should this process itself be killed, the workers end.
    """
    _Parent(workers, work).run(on_ready, on_restart, now_and_then)


class _Parent:
    def __init__(self, workers: int, work: Work) -> None:
        self._work = work
        self._started = [0.0] * workers  # monotonic seconds
        self._pids: dict[int, int] = {}  # worker by process
        self._begun_read, self._begun = os.pipe()
        self._lives_read, self._lives = os.pipe()  # nobody writes: a worker sees its end when the parent is gone
        self._ending = False

    def run(self, on_ready: Callable[[], None], on_restart: Callable[[], None], tick: Callable[[], None]) -> None:
        """The life of the parent."""
        waiting = len(self._started)  # for so many to begin
        with self._signals() as woken, selectors.DefaultSelector() as selector:
            selector.register(woken, selectors.EVENT_READ)
            selector.register(self._begun_read, selectors.EVENT_READ)
            for worker in range(waiting):
                self._start(worker)
            while not self._ending:
                for key, _ in selector.select(LOOK_SECONDS):
                    found = os.read(key.fd, 1_000)
                    if key.fd == self._begun_read and waiting:
                        waiting -= len(found)
                        if waiting == 0:
                            on_ready()
                dead = self._reap()
                if dead and waiting and not self._ending:
                    self._end()
                    raise WorkerFailed("A worker could not begin. The log says why.")
                for worker in self._missing():
                    self._start(worker)
                    on_restart()
                tick()
        self._end()

    @contextmanager
    def _signals(self) -> Iterator[int]:
        """A descriptor that can be read when a signal has come."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        old = {number: signal.signal(number, self._on_end) for number in _ENDINGS}
        old[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        try:
            yield reading
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before)
            os.close(reading)
            os.close(writing)

    def _on_end(self, _: int, __: FrameType | None) -> None:
        self._ending = True

    def _start(self, worker: int) -> None:
        self._started[worker] = time.monotonic()
        pid = os.fork()
        if pid:
            self._pids[pid] = worker
            return
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            for number in (*_ENDINGS, signal.SIGCHLD):
                signal.signal(number, signal.SIG_DFL)
            os.close(self._lives)
            self._work(worker, self._on_begun)
            status = 0
        except RecsysError as error:
            log.error("worker %d: %s", worker, error)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            log.exception("worker %d", worker)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def _on_begun(self, server: Ends) -> None:
        """In the worker: tells the parent, and ends when that is gone."""

        def watch() -> None:
            os.read(self._lives_read, 1)
            server.should_exit = True

        Thread(target=watch, name="parent", daemon=True).start()
        os.write(self._begun, b".")

    def _reap(self) -> int:
        """Takes note of the workers that have ended; how many."""
        count = 0
        while self._pids:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            worker = self._pids.pop(pid, None)
            if worker is None:
                continue
            count += 1
            if not self._ending:
                log.error("worker %d has ended (status %d)", worker, os.waitstatus_to_exitcode(status))
        return count

    def _missing(self) -> list[int]:
        """Workers to start again by now."""
        alive, latest = set(self._pids.values()), time.monotonic() - AGAIN_SECONDS
        return [worker for worker, at in enumerate(self._started) if worker not in alive and at <= latest]

    def _end(self) -> None:
        """Asks all to end and waits for them; whoever takes too long is killed."""
        self._ending = True
        for pid in self._pids:
            os.kill(pid, signal.SIGTERM)
        latest = time.monotonic() + END_SECONDS
        while self._pids and time.monotonic() < latest:
            self._reap()
            time.sleep(0.02)
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._pids.clear()
