"""Ids in a URL: one percent-encoded segment of the path, or a list in a parameter."""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import Path
from pydantic import AfterValidator

from recsys.record import check_id

LISTED = 200


def decode_segment(segment: str) -> str:
    """The id that a segment of the raw path stands for; raises ValueError where it can't be one."""
    try:
        found = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("expected percent-encoded UTF-8") from None
    check_id(found, "id")
    return found


def split_ids(text: str) -> tuple[str, ...]:
    r"""The ids in `a,b,c`, where `\,` is a comma and `\\` a backslash; raises ValueError."""
    if not text:
        return ()
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
    ids.append("".join(current))
    if len(ids) > LISTED:
        raise ValueError(f"expected at most {LISTED} ids")
    for found in ids:
        check_id(found, "id")
    return tuple(ids)


def join_ids(ids: Iterable[str]) -> str:
    """What `split_ids` takes apart."""
    return ",".join(found.replace("\\", "\\\\").replace(",", "\\,") for found in ids)


ArticleId = Annotated[
    str,
    Path(
        description="The article's id as one percent-encoded segment: `a/b` is `a%2Fb`.",
        examples=["bridge-opens"],
        max_length=3 * 512,
    ),
    AfterValidator(decode_segment),
]
