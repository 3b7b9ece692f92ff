"""Keys: who may ask the server of a home for what. A key is shown once, when it is made; what is kept is a digest.

The digest is one SHA-256: a key has 256 random bits, so there is nothing to guess that a slow hash would protect.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Literal, get_args

from recsys.errors import BadInput

Scope = Literal["publishable", "secret", "editor", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

TOKEN_BYTES = 32
NAME_CHARACTERS = 100

_ORIGIN = re.compile(
    r"https?://([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(:\d{1,5})?"
)


@dataclass(frozen=True, slots=True)
class Key:
    """One key as it is kept.

    id          names it where the key itself must not stand
    origins     of a publishable key: the sites whose pages may use it, as browsers write them
    digest      SHA-256 of the key, 32 bytes
    revoked_at  microseconds; None while it is good
    """

    id: str
    scope: Scope
    name: str
    origins: tuple[str, ...]
    digest: bytes
    created_at: int
    revoked_at: int | None = None


def new_key(scope: Scope, name: str, origins: Sequence[str], now: int) -> tuple[Key, str]:
    """A key to be kept, and the token to be handed out: 256 random bits behind the word for its scope.

    Raises BadInput for an origin that no browser would send, or with a scope that has no use for origins.
    """
    if origins and scope != "publishable":
        raise BadInput(f"--origin: a {scope} key never stands in a page, so it has no origins")
    if len(name) > NAME_CHARACTERS or not name.isprintable():
        raise BadInput(f"--name: expected at most {NAME_CHARACTERS} printable characters")
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise BadInput(f"--origin {origin[:80]!r}: expected scheme and host in lower case, as https://example.org")
    token = f"{scope}_{secrets.token_urlsafe(TOKEN_BYTES)}"
    key = Key(
        id=secrets.token_hex(4),
        scope=scope,
        name=name,
        origins=tuple(dict.fromkeys(origins)),
        digest=digest_of(token.encode()),
        created_at=now,
    )
    return key, token


def digest_of(token: bytes) -> bytes:
    """What is kept of a token."""
    return sha256(token).digest()


def key_of(token: bytes, keys: Iterable[Key]) -> Key | None:
    """The good key that `token` is, None where it is none. Compares with every one, whole: time tells nothing."""
    digest = digest_of(token)
    found = None
    for key in keys:
        if compare_digest(key.digest, digest):
            found = key
    return found if found is not None and found.revoked_at is None else None
