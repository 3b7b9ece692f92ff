"""What articles and events have in common: field types, decoding from files and API, encoding for both and the store.

A record is a frozen msgspec Struct. On the wire times are ISO 8601 strings and a section is a string or a list; in
memory and in the store they are `Micros` and `SectionPath`.
"""

import re
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any, Generic, Literal, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

import msgspec

from recsys.errors import BadRecord
from recsys.times import format_time, parse_time

ID_BYTES = 512
URL_CHARACTERS = 2_000

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]+(?:/[A-Za-z0-9/_.~-]*)?")  # nearly every one: there is nothing to check
_AT_FIELD = re.compile(r"^(?P<reason>.*) - at `\$\.?(?P<field>[^`]*)`$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<field>[^`]*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<field>.*)`$", re.DOTALL)
_NO_CHOICE = re.compile(r"^invalid enum value '(?P<got>.*)", re.DOTALL)

_WHOLE: dict[type[Exception], str] = {
    RecursionError: "nested too deeply",
    UnicodeDecodeError: "is not UTF-8",
    UnicodeEncodeError: "holds a lone surrogate, which is not text",
}
_UNREADABLE: tuple[type[Exception], ...] = (msgspec.DecodeError, *_WHOLE)

UNKNOWN_FIELD = "is not a field of this record"

R = TypeVar("R", bound=msgspec.Struct)


class Micros(int):
    """Microseconds since the Unix epoch, UTC."""


class SectionPath(tuple[str, ...]):
    """A section from the general to the particular, such as ("News", "Council")."""


def check_id(value: str, field: str) -> None:
    """Raises ValueError unless `value` can be an id: 1 to 512 bytes, no control characters, not "." or ".."."""
    size = len(_utf8(value, field))
    if not 1 <= size <= ID_BYTES:
        raise ValueError(f"{field}: expected 1 to {ID_BYTES} bytes, got {size}")
    if value in (".", "..") or _CONTROL.search(value):
        raise ValueError(f"{field}: expected an id without control characters that is not . or ..")


def check_ids(values: Sequence[str], field: str) -> None:
    """`check_id` for each of several, looked at together: mostly all are good."""
    text = "".join(values)
    plain = text.isascii() and text.isprintable() and all(values) and max(map(len, values), default=0) <= ID_BYTES
    if not plain or "." in values or ".." in values:
        for value in values:
            check_id(value, field)


def check_text(value: str | None, field: str, limit: int) -> None:
    """Raises ValueError when `value` is longer than `limit` characters or can't be written as UTF-8."""
    if value is None:
        return
    if len(value) > limit:
        raise ValueError(f"{field}: expected at most {limit} characters, got {len(value)}")
    _utf8(value, field)


def check_url(value: str | None, field: str) -> None:
    """Raises ValueError unless a browser may safely follow `value`: http(s), or a path on the own site."""
    if value is None or (len(value) <= URL_CHARACTERS and _PLAIN_URL.fullmatch(value)):
        return
    check_text(value, field, URL_CHARACTERS)
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        raise ValueError(f"{field}: is not a URL") from None
    # Browsers drop line breaks and tabs, and read a backslash as a slash: both can turn a path into another host.
    own_path = value.startswith("/") and value[1:2] not in ("/", "\\")
    if _CONTROL.search(value) or not (scheme in ("http", "https") or own_path):
        raise ValueError(f"{field}: expected an http or https URL, or a path that begins with one /")


def _utf8(value: str, field: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{field}: {_WHOLE[UnicodeEncodeError]}") from None


def _from_wire(default_zone: tzinfo) -> Callable[[type, Any], Any]:
    def hook(kind: type, value: Any) -> Any:
        if kind is Micros:
            if not isinstance(value, str):
                raise ValueError(f"expected a time in ISO 8601, got {type(value).__name__}")
            return Micros(parse_time(value, default_zone))
        return _section(value)

    return hook


def _from_store(kind: type, value: Any) -> Any:
    return Micros(value) if kind is Micros else SectionPath(value)


def _section(value: Any) -> SectionPath:
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) and part.strip() for part in parts):
        raise ValueError("expected a section name or a list of names from the general to the particular")
    return SectionPath(part.strip() for part in parts)


def _to_wire(value: Any) -> Any:
    return format_time(value) if isinstance(value, Micros) else list(value)


def _to_store(value: Any) -> Any:
    return int(value) if isinstance(value, Micros) else list(value)


def wire_json(record: object) -> bytes:
    """JSON of a record, or of a structure that holds records, as the API and exports show it."""
    return msgspec.json.encode(record, enc_hook=_to_wire)


def store_bytes(records: object) -> bytes:
    """MessagePack of one record or a list of them, as the store keeps it."""
    return msgspec.msgpack.encode(records, enc_hook=_to_store)


def from_store(data: bytes, kind: type[R]) -> R:
    """The record that `store_bytes` wrote."""
    return msgspec.msgpack.decode(data, type=kind, dec_hook=_from_store)


def list_from_store(data: bytes, kind: type[R]) -> list[R]:
    """The records that `store_bytes` wrote as one list."""
    return msgspec.msgpack.decode(data, type=list[kind], dec_hook=_from_store)  # type: ignore[valid-type]


class RecordReader(Generic[R]):
    """Turns JSON lines or mappings into records of one kind; every failure is a BadRecord with the field's name.

    `strict=False` (for CSV, where all values are text) lets "3" stand for 3 and "true" for true.
    """

    def __init__(self, kind: type[R], default_zone: tzinfo) -> None:
        self._kind = kind
        self.zone = default_zone
        self._hook = _from_wire(default_zone)
        self._json = msgspec.json.Decoder(kind, dec_hook=self._hook)
        self.fields = frozenset(kind.__struct_fields__)
        fields = msgspec.structs.fields(kind)
        self.required = frozenset(field.name for field in fields if field.required)
        self._choices = {field.name: choices for field in fields if (choices := _choices(field.type))}

    def from_json(self, line: bytes | str) -> R:
        """One record from JSON text. Of a key that stands twice the last value counts, as in other JSON readers."""
        try:
            return self._json.decode(line)
        except _UNREADABLE as error:
            raise self._bad_record(error) from None

    def from_json_and_more(self, line: bytes | str) -> tuple[R, frozenset[str]]:
        """One record from JSON text, and the names of the fields that no record of this kind has."""
        try:
            return self.from_json(line), frozenset()
        except BadRecord as bad:
            first = bad
        try:
            values = msgspec.json.decode(line)
        except _UNREADABLE:
            raise first from None
        if not isinstance(values, dict):
            raise first
        unknown = frozenset(values) - self.fields
        return self.from_mapping({name: values[name] for name in values if name in self.fields}), unknown

    def from_mapping(self, values: object, *, strict: bool = True) -> R:
        """One record from a mapping of field names to plain values."""
        try:
            return msgspec.convert(values, self._kind, dec_hook=self._hook, strict=strict)
        except _UNREADABLE as error:
            raise self._bad_record(error) from None

    def _bad_record(self, error: Exception) -> BadRecord:
        bad = _bad_record(error)
        told = _NO_CHOICE.match(bad.reason)
        if told is None or bad.field not in self._choices:
            return bad
        got = " ".join(told["got"].removesuffix("'")[:100].split())
        return BadRecord(bad.field, f'expected one of {", ".join(self._choices[bad.field])}, got "{got}"')


def _choices(kind: Any) -> tuple[str, ...]:
    """The values that a field may have where it is one of a few, or one of a few and None."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return next(filter(None, map(_choices, get_args(kind))), ())


def _bad_record(error: Exception) -> BadRecord:
    if type(error) in _WHOLE:
        return BadRecord("", _WHOLE[type(error)])
    text = str(error)
    located = _AT_FIELD.match(text)
    reason = located["reason"] if located else text
    if missing := _MISSING.match(reason):
        return BadRecord(missing["field"], "is missing")
    if unknown := _UNKNOWN.match(reason):
        return BadRecord(unknown["field"][:100], UNKNOWN_FIELD)
    if located:
        return BadRecord(located["field"], _plain(reason))
    field, colon, said = text.partition(": ")
    return BadRecord(field, said) if colon and field.isidentifier() else BadRecord("", _plain(text))


def _plain(reason: str) -> str:
    reason = reason[:200].replace("`", "")
    return reason if reason.startswith("JSON") else reason[:1].lower() + reason[1:]
