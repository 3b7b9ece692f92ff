"""Programs that say what they are: crawlers, monitors, libraries. What they open is no sign of a reader."""

from functools import lru_cache

import msgspec
from crawlerdetect import CrawlerDetect

from recsys.event import Event

LOOKED_AT = 256  # characters of an agent: the time to match grows with their square, 8 ms at so many

_detect = CrawlerDetect()


def is_robot(user_agent: str) -> bool:
    """Whether a User-Agent names a known program that is no browser. One without a name is taken for a reader's."""
    return _is_robot(user_agent[:LOOKED_AT])


def as_stored(event: Event) -> Event | None:
    """The event without its agent, which is not stored; None where the agent is a robot's."""
    if event.user_agent is None:
        return event
    return None if is_robot(event.user_agent) else msgspec.structs.replace(event, user_agent=None)


@lru_cache(4_096)
def _is_robot(user_agent: str) -> bool:
    return bool(_detect.is_crawler(user_agent))
