"""How much of the model's files a worker holds on to."""

import asyncio

from recsys.file_pages import give_back, resident_files
from serving.live import Live

MAPPED_BYTES = 192 * 1024 * 1024  # of the model's files in all workers, beside what is mapped when they begin
LOOK_SECONDS = 0.05


async def keep_small(live: Live, mapped_bytes: int) -> None:
    """Gives pages of the model's files back whenever they have become many, until cancelled.

    A page that everybody asks for is faulted in again at once; those of the many articles that are asked for now and
    then don't add up. Answers at hand need none.
    """
    bound = resident_files() + mapped_bytes
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        if resident_files() > bound:
            give_back(live.model.maps)
