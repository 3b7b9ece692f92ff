"""How one entry of the change log lies in a database: MessagePack, compressed where that pays, with a checksum.

A database does not notice a flipped bit in its pages, so each entry vouches for itself.
"""

import zlib
from collections.abc import Sequence

import msgspec

from recsys.event import Event
from recsys.record import from_store, list_from_store, store_bytes
from recsys.rules.rule import RuleSet

EVENTS_PER_ENTRY = 1_000

_PLAIN = b"\0"
_DEFLATED = b"\1"
_TOO_SHORT = 256  # bytes; below, deflate saves nothing


def pack_events(events: Sequence[Event]) -> bytes:
    """The payload of an entry of kind "events"."""
    return _shorter(store_bytes(events))


def pack_ids(ids: Sequence[str]) -> bytes:
    """The payload of an entry that names articles or a model version."""
    return _shorter(msgspec.msgpack.encode(ids))


def pack_rules(rules: RuleSet) -> bytes:
    """The document of a revision of the rules."""
    return _shorter(store_bytes(rules))


def unpack_rules(payload: bytes) -> RuleSet:
    """What `pack_rules` packed."""
    return from_store(unpacked(payload), RuleSet)


def unpack_events(payload: bytes) -> tuple[Event, ...]:
    """What `pack_events` packed."""
    return tuple(list_from_store(unpacked(payload), Event))


def unpack_ids(payload: bytes) -> tuple[str, ...]:
    """What `pack_ids` packed."""
    return msgspec.msgpack.decode(unpacked(payload), type=tuple[str, ...])


def checksum(*fields: int | str | bytes | None) -> int:
    """CRC-32 of `fields` with their lengths: every single flipped bit, and all but one in 2^32 of other damages."""
    crc = 0
    for field in fields:
        data = field if isinstance(field, bytes) else repr(field).encode("utf-8", "surrogatepass")
        crc = zlib.crc32(data, zlib.crc32(len(data).to_bytes(8, "little"), crc))
    return crc


def _shorter(data: bytes) -> bytes:
    deflated = data if len(data) < _TOO_SHORT else zlib.compress(data, level=1)
    return _DEFLATED + deflated if len(deflated) < len(data) else _PLAIN + data


def unpacked(payload: bytes) -> bytes:
    """The MessagePack of a payload."""
    return zlib.decompress(payload[1:]) if payload[:1] == _DEFLATED else payload[1:]
