"""Ids in a URL: one percent-encoded segment of the path, or a list in a parameter."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from fastapi import Path
from pydantic import AfterValidator

from recsys.record import ID_BYTES, check_id, check_ids

LISTED = 200

# What `check_id` and `split_ids` accept, for readers of the OpenAPI document; bytes can't be counted there.
_CHARACTER = r"[^\u0000-\u001f\u007f-\u009f]"
_LISTED_ID = r"(?!\.{1,2}(,|$))([^\u0000-\u001f\u007f-\u009f,\\]|\\[,\\])+"
ID_SCHEMA: dict[str, Any] = {"minLength": 1, "maxLength": ID_BYTES, "pattern": rf"^(?!\.{{1,2}}$){_CHARACTER}+$"}
LIST_SCHEMA: dict[str, Any] = {"pattern": rf"^({_LISTED_ID}(,{_LISTED_ID})*)?$"}


def decode_segment(segment: str) -> str:
    """The id that a segment of the raw path stands for; raises ValueError where it can't be one."""
    try:
        found = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("expected percent-encoded UTF-8") from None
    check_id(found, "id")
    return found


@lru_cache(maxsize=16)  # a request's list is read when it is checked, and again when it is answered
def split_ids(text: str) -> tuple[str, ...]:
    r"""The ids in `a,b,c`, where `\,` is a comma and `\\` a backslash; raises ValueError."""
    if not text:
        return ()
    ids = text.split(",") if "\\" not in text else _unescaped(text)
    if len(ids) > LISTED:
        raise ValueError(f"expected at most {LISTED} ids")
    check_ids(ids, "id")
    return tuple(ids)


def _unescaped(text: str) -> list[str]:
    ids, current, escaped = [], [], False
    for character in text:
        if escaped:
            if character not in ",\\":
                raise ValueError("a backslash stands only before a comma or another backslash")
            current.append(character)
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == ",":
            ids.append("".join(current))
            current = []
        else:
            current.append(character)
    if escaped:
        raise ValueError("a backslash stands only before a comma or another backslash")
    return [*ids, "".join(current)]


def join_ids(ids: Iterable[str]) -> str:
    """What `split_ids` takes apart."""
    return ",".join(found.replace("\\", "\\\\").replace(",", "\\,") for found in ids)


VisitorId = Annotated[
    str,
    Path(
        description="The visitor's id as one percent-encoded segment.",
        examples=["6f1d2c9a0b7e4853a1c6d8f02e9b7345"],
        json_schema_extra=ID_SCHEMA,
    ),
    AfterValidator(decode_segment),
]

ArticleId = Annotated[
    str,
    Path(
        description="The article's id as one percent-encoded segment: `a/b` is `a%2Fb`.",
        examples=["bridge-opens"],
        json_schema_extra=ID_SCHEMA,
    ),
    AfterValidator(decode_segment),
]
