"""How entries of the change log, revisions and keys lie in a database: MessagePack, compressed where that pays, with a
checksum; the same in every database.

A database does not notice a flipped bit in its pages, so each line vouches for itself.
"""

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import Any

import msgspec

from recsys.errors import BadInput
from recsys.event import Event
from recsys.event_block import EventBlock, Happened
from recsys.keys import Key
from recsys.record import from_store, list_from_store, store_bytes
from recsys.rules.rule import RuleSet
from recsys.store.protocols import Entry, Revision

EVENTS_PER_ENTRY = 1_000
DIGEST_BYTES = 16  # a billion ids collide with a chance of 1e-21

_PLAIN = b"\0"
_DEFLATED = b"\1"
_TOO_SHORT = 256  # bytes; below, deflate saves nothing
_size = struct.Struct("<Q").pack
_SIZES = [*map(_size, range(21))]  # of integers of 64 bits in digits


def pack_events(events: Sequence[Event]) -> bytes:
    """The payload of an entry of kind "events"."""
    return _shorter(store_bytes(events))


def packed_in_parts(events: Sequence[Event]) -> list[bytes]:
    """The payloads of as few entries as hold these events."""
    parts = range(0, len(events), EVENTS_PER_ENTRY)
    return [pack_events(events[start : start + EVENTS_PER_ENTRY]) for start in parts]


def pack_ids(ids: Sequence[str]) -> bytes:
    """The payload of an entry that names articles or a model version."""
    return _shorter(msgspec.msgpack.encode(ids))


def unpack_events(payload: bytes) -> tuple[Event, ...]:
    """What `pack_events` packed."""
    return tuple(list_from_store(unpacked(payload), Event))


_happened = msgspec.msgpack.Decoder(list[Happened]).decode


def unpack_block(payloads: Iterable[bytes]) -> EventBlock:
    """All events of some entries, in their order, as columns: in a fifth of the time that records take."""
    return EventBlock.of(chain.from_iterable(map(_happened, map(unpacked, payloads))))


def unpack_ids(payload: bytes) -> tuple[str, ...]:
    """What `pack_ids` packed."""
    return msgspec.msgpack.decode(unpacked(payload), type=tuple[str, ...])


def checksum(*fields: int | str | bytes | None) -> int:
    """CRC-32 of `fields` with their lengths: every single flipped bit, and all but one in 2^32 of other damages."""
    return zlib.crc32(b"".join(map(_sized, fields)))


def _sized(field: int | str | bytes | None) -> bytes:
    data = field if isinstance(field, bytes) else repr(field).encode("utf-8", "surrogatepass")
    return _size(len(data)) + data


_named = lru_cache(32, typed=True)(_sized)  # of the few kinds that there are


def entry_checksum(seq: int, at: int, kind: str, payload: bytes) -> int:
    """`checksum` of these four fields, in half the time: a log of single events has very many."""
    if type(at) is not int or type(payload) is not bytes:  # a damaged page can make anything of a field
        return checksum(seq, at, kind, payload)
    number, moment = b"%d" % seq, b"%d" % at
    first, second, third = _SIZES[len(number)], _SIZES[len(moment)], _size(len(payload))
    return zlib.crc32(b"".join((first, number, second, moment, _named(kind), third, payload)))


def digests_of(events: Sequence[Event]) -> dict[bytes, int]:
    """By the digest of its id, the first of `events` that has it."""
    first: dict[bytes, int] = {}
    for index, event in enumerate(events):
        if event.id is not None:
            first.setdefault(blake2b(event.id.encode(), digest_size=DIGEST_BYTES).digest(), index)
    return first


def entries_of(where: str, after: int, lines: Iterable[Sequence[Any]], *, packed: bool = False) -> list[Entry]:
    """The entries in lines of (seq, at, kind, payload, crc) that should begin at `after` + 1; raises BadInput.

    packed  events stay as they are
    """
    entries = []
    for expected, (seq, at, kind, payload, crc) in enumerate(lines, start=after + 1):
        if seq != expected:
            raise missing_entry(where, expected)
        if crc != entry_checksum(seq, at, kind, payload):
            raise BadInput(f"{where}: entry {seq} of the change log is damaged. {_RESTORE}")
        if kind == "events" and packed:
            entries.append(Entry(seq=seq, at=at, kind=kind, packed=payload))
        elif kind == "events":
            entries.append(Entry(seq=seq, at=at, kind=kind, events=unpack_events(payload)))
        else:
            entries.append(Entry(seq=seq, at=at, kind=kind, ids=unpack_ids(payload)))
    return entries


def missing_entry(where: str, seq: int) -> BadInput:
    """What to raise where an entry of the log should be, and is not."""
    return BadInput(f"{where}: entry {seq} of the change log is missing. {_RESTORE}")


def key_line(key: Key) -> tuple[Any, ...]:
    """(id, scope, name, origins, digest, created_at, revoked_at, crc) of a key."""
    fields = (key.id, key.scope, key.name, json.dumps(key.origins), key.digest, key.created_at, key.revoked_at)
    return (*fields, checksum(*fields))


def key_of(where: str, line: Sequence[Any]) -> Key:
    """The key in a line that `key_line` made; raises BadInput where it is damaged."""
    *fields, crc = line
    if checksum(*fields) != crc:
        raise BadInput(f"{where}: key {fields[0]!r} is damaged. {_RESTORE}")
    key_id, scope, name, origins, digest, created_at, revoked_at = fields
    return Key(key_id, scope, name, tuple(json.loads(origins)), digest, created_at, revoked_at)


def revision_line(made: Revision) -> tuple[Any, ...]:
    """(number, at, by, document, crc) of a revision of the rules."""
    fields = (made.number, made.at, made.by, _shorter(store_bytes(made.rules)))
    return (*fields, checksum(*fields))


def revision_of(where: str, line: Sequence[Any]) -> Revision:
    """The revision in a line that `revision_line` made; raises BadInput where it is damaged."""
    *fields, crc = line
    if checksum(*fields) != crc:
        raise BadInput(f"{where}: revision {fields[0]} of the rules is damaged. {_RESTORE}")
    number, at, by, document = fields
    return Revision(number, at, by, from_store(unpacked(document), RuleSet))


_RESTORE = "Restore a backup."


def _shorter(data: bytes) -> bytes:
    deflated = data if len(data) < _TOO_SHORT else zlib.compress(data, level=1)
    return _DEFLATED + deflated if len(deflated) < len(data) else _PLAIN + data


def unpacked(payload: bytes) -> bytes:
    """The MessagePack of a payload, such as `Entry.packed`."""
    return zlib.decompress(payload[1:]) if payload[:1] == _DEFLATED else payload[1:]
