"""Work that a second thread does while the first does something else that leaves a processor idle."""

from collections.abc import Callable
from functools import cache
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


class Aside:
    """Calls that are made aside, one after the other. Leaving waits for the one that is under way, and for no other."""

    def __init__(self, *, threads: int) -> None:
        """threads  1: there is no second one, so each call is made when its result is asked for"""
        self._pool = None
        if threads != 1:
            from concurrent.futures import ThreadPoolExecutor  # not where nothing is done aside

            self._pool = ThreadPoolExecutor(1, thread_name_prefix="aside")

    def begin(self, call: Callable[[], T]) -> Callable[[], T]:
        """What gives the result of `call`, waiting for it, or raises what it raised."""
        return cache(call) if self._pool is None else self._pool.submit(call).result

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
