"""What moved in the lists since this browser saw them last: a short memory of what it saw, in a cookie.

An item is remembered by 24 bits of a digest: two of a page's 26 are taken for each other once in 50,000 pages, and then
a mark is wrong.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from recsys.event import LIST_NAMES

_LENGTH = 4  # characters of base64: 3 bytes
_MOST = 20  # items of a list


def remembered(article_id: str, lists: Mapping[str, Sequence[str]]) -> str:
    """The cookie for a page that was shown: the article's mark, then for each list those of its items, in order."""
    return ".".join([_mark(article_id), *("".join(map(_mark, lists[name][:_MOST])) for name in LIST_NAMES)])


def moved(cookie: str, article_id: str, lists: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """By list, for each item that stands elsewhere than in the cookie's page: "new", "↑2" or "↓1".

    Related belongs to its article: on another one nothing of it has moved. Nothing either without a cookie of ours.
    """
    own, *parts = cookie.split(".")
    if len(parts) != len(LIST_NAMES):
        return {}
    found: dict[str, dict[str, str]] = {}
    for name, part in zip(LIST_NAMES, parts, strict=True):
        if name == "related" and own != _mark(article_id):
            continue
        before = {part[at : at + _LENGTH]: at // _LENGTH for at in range(0, len(part), _LENGTH)}
        if before:
            found[name] = dict(_moves(before, lists[name]))
    return found


def _moves(before: Mapping[str, int], ids: Sequence[str]) -> list[tuple[str, str]]:
    moves = []
    for place, item_id in enumerate(ids):
        was = before.get(_mark(item_id))
        if was is None:
            moves.append((item_id, "new"))
        elif was != place:
            moves.append((item_id, f"↑{was - place}" if was > place else f"↓{place - was}"))
    return moves


def _mark(text: str) -> str:
    return urlsafe_b64encode(blake2b(text.encode(), digest_size=3).digest()).decode()
