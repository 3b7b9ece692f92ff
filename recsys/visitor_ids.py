"""Ids of visitors that nobody can guess: what is asked of them where everybody can read the key."""

import re

# 32 hex digits are 128 bits. Fewer than 8 different digits, or none above 9, are a counter with zeros before it rather
# than chance: of random ids of this length less than one in two million look like that.
_HEX = re.compile(r"[0-9A-Fa-f]{32,128}")
_LEAST_DIFFERENT = 8

UNGUESSABLE = "with a publishable key this must be 32 to 128 random hex digits"


def is_unguessable(visitor_id: str) -> bool:
    """Whether an id may be 128 random bits: 32 to 128 hex digits, at least 8 different ones, not all of them decimal.

    Sixteen random bytes in hex are, and so is an account's HMAC-SHA256 in hex under a secret of the site.
    """
    return (
        _HEX.fullmatch(visitor_id) is not None
        and len(set(visitor_id.lower())) >= _LEAST_DIFFERENT
        and not visitor_id.isdecimal()
    )
