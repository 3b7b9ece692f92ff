"""Which variant of an experiment a visitor gets: by digest, so that every process and every page says the same."""

from collections.abc import Mapping
from hashlib import blake2b

_DIGEST_BYTES = 8


def variant_of(visitor_id: str, experiment: str, shares: Mapping[str, float]) -> str | None:
    """The visitor's variant; None where there are no variants. Another `experiment` deals all visitors anew.

    shares  by variant, > 0; only their ratios count
    """
    total = sum(shares.values())
    if not total:
        return None
    digest = blake2b(f"{experiment}\x1f{visitor_id}".encode(), digest_size=_DIGEST_BYTES).digest()
    point = int.from_bytes(digest, "big") / 2 ** (8 * _DIGEST_BYTES) * total
    for variant, share in shares.items():
        point -= share
        if point < 0.0:
            return variant
    return variant
