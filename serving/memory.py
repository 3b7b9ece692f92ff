"""How much memory a worker holds on to: of the model's files, and of what it needed for the while."""

import asyncio

from recsys.compiled import COMPILER
from recsys.file_pages import give_back, give_back_code, resident_files
from recsys.heap import give_back_heap, map_large_arrays
from serving.live import Live

MAPPED_BYTES = 144 * 1024 * 1024  # of the model's files in all workers
LOOK_SECONDS = 0.005  # while pages come: an answer that is not at hand may bring ten megabytes of them
IDLE_SECONDS = 0.05  # while none do


async def keep_small(live: Live, mapped_bytes: int) -> None:
    """Gives pages of the model's files back whenever they have become many, until cancelled.

    A page that everybody asks for is faulted in again at once; those of the many articles that are asked for now and
    then don't add up. Answers at hand need none.
    """
    map_large_arrays()
    give_back_heap()
    give_back_code(COMPILER)
    give_back(live.model.maps)  # what was read to open it
    before = resident_files()
    bound, wait = before + mapped_bytes, IDLE_SECONDS
    while True:
        await asyncio.sleep(wait)
        now = resident_files()
        wait = LOOK_SECONDS if now > before else IDLE_SECONDS
        before = now
        if now > bound:
            give_back(live.model.maps)
            give_back_heap()
            before = 0
