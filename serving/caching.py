"""What caches between a server and its readers are told: how long, which articles, and what to do meanwhile."""

from collections.abc import Iterable
from urllib.parse import quote

TAGS_BYTES = 2_000  # proxies often have room for 4 KB of headers
TAG_CHARACTERS = 64
ALL = "recsys-all"  # stands for every article that has no tag of its own in the header
STALE_SECONDS = 3_600  # that a cache may go on with its copy while the server fails


def cache_tags(ids: Iterable[str]) -> bytes:
    """A Cache-Tag header that names the articles of an answer: their ids, percent-encoded, 64 characters at most.

    A long list names as many as have room, and then `ALL`.
    """
    tags, size = [], len(ALL)
    quoted = quote("\n".join(ids), safe="\n").split("\n")  # all at once: no id has a line break
    for tag in dict.fromkeys([one[:TAG_CHARACTERS] for one in quoted]):
        size += len(tag) + 1
        if size > TAGS_BYTES:
            tags.append(ALL)
            break
        tags.append(tag)
    return ",".join(tags).encode()


def cache_control(seconds: int, *, personal: bool) -> bytes:
    """Cache-Control of an answer that may be kept for so many seconds; 0: only to ask whether it still holds."""
    keep = f"max-age={seconds}, stale-if-error={STALE_SECONDS}" if seconds else "no-cache"
    return (f"private, {keep}" if personal else keep).encode()
