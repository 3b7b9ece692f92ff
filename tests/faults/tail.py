"""A reader that follows the log through every fault, as servers do."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from recsys.errors import StoreFailed
from recsys.store import Entry, Store


@contextmanager
def tailed(store: Store) -> Iterator[list[Entry]]:
    """What a reader sees of the log from its beginning, one entry after the other; at the end, all of it.

    `store` is the reader's alone. Raises what it could not read, but for the time that its database is away.
    """
    seen: list[Entry] = []
    ended, failures = threading.Event(), list[Exception]()

    def follow() -> None:
        try:
            while True:
                was_ended = ended.is_set()
                with suppress(StoreFailed):
                    found = store.log.read(len(seen), 64)
                    seen.extend(found)
                    if was_ended and not found:
                        return
                time.sleep(0.002)
        except Exception as error:  # told where the tail ends: nobody sees what a thread raises
            failures.append(error)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()
    if failures:
        raise failures[0]
