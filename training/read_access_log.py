"""Web server access logs (combined format of Apache and nginx) as views, so that Ranking works on the first night.

An answered GET of an article's address is a view. Addresses of readers are not kept: a session is a hash of address,
agent and day under a key that is forgotten with the process, which is enough to tell what was read together.
"""

import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

from recsys.errors import BadInput, BadRecord
from recsys.record import RecordReader
from training.rows import LeftOut, OpenFile, Row, bounded_lines, too_long

SOURCES = {
    "id": "a hash of the line",
    "type": "view, for a GET that was answered",
    "article_id": "the requested address",
    "at": "the time in brackets",
    "session_id": "address, agent and day, hashed under a key that is forgotten",
    "user_agent": "the agent, to leave robots out; not stored",
}

LINE = re.compile(
    rb'^(?:\S+ )?(?P<address>\S+) \S+ \S+ \[(?P<at>[^\]]{20,32})\] "(?P<method>[A-Z]{3,10}) (?P<target>\S+)(?: [^"]*)?"'
    rb' (?P<status>\d{3}) \S+(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)

_ANSWERED = frozenset({b"200", b"304"})
_FILE = re.compile(rb"\.(?:css|js|mjs|map|png|jpe?g|gif|svg|webp|avif|ico|woff2?|ttf|xml|json|txt|pdf|mp[34]|zip|gz)$")
_BETWEEN_LOOKS = 1_000
_ALL_KNOWN: frozenset[str] = frozenset()
_ELSEWHERE = LeftOut("request for something else than an article")

R = TypeVar("R", bound=msgspec.Struct)


def read_access_log(file: OpenFile, reader: RecordReader[R]) -> Iterator[Row[R]]:
    """A row per line; requests for other things than articles are left out. Equal lines are one view.

    Raises BadInput where articles are wanted.
    """
    if "article_id" not in reader.fields:
        raise BadInput(f"{file.name} is a web server's log, which holds views: import it with --events.")
    file.sources.update(SOURCES)
    key = secrets.token_bytes(32)
    done = 0
    for number, line in bounded_lines(file.data):
        if number % _BETWEEN_LOOKS == 0:
            done = file.done()
        yield Row(number, _outcome(line, reader, key), _ALL_KNOWN, done)


def _outcome(line: bytes | None, reader: RecordReader[R], key: bytes) -> R | BadRecord | LeftOut:
    if line is None:
        return too_long()
    found = LINE.match(line)
    if found is None:
        return BadRecord("", "is no line of an access log in combined format")
    target = found["target"].partition(b"?")[0]
    if found["method"] != b"GET" or found["status"] not in _ANSWERED or _FILE.search(target):
        return _ELSEWHERE
    agent = (found["agent"] or b"").decode("utf-8", "replace")
    reader_hash = blake2b(found["address"] + found["at"][:11] + (found["agent"] or b""), key=key, digest_size=12)
    try:
        return reader.from_mapping(
            {
                "id": f"log-{blake2b(line.rstrip(), digest_size=15).hexdigest()}",
                "type": "view",
                "url": found["target"].decode("ascii", "replace"),
                "at": _time(found["at"].decode("ascii", "replace")),
                "session_id": reader_hash.hexdigest(),
                **({"user_agent": agent[:1_000]} if agent else {}),
            }
        )
    except BadRecord as bad:
        return _ELSEWHERE if bad.field == "url" else bad


@lru_cache(1_024)
def _time(text: str) -> Any:
    try:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").isoformat()
    except ValueError:
        return text
