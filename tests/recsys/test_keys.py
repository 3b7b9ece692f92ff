"""Keys: shown once, kept as a digest, compared whole."""

import random
import statistics
import time

import pytest

from recsys import keys as module
from recsys.errors import BadInput
from recsys.keys import SCOPES, TOKEN_BYTES, Key, Scope, digest_of, key_of, new_key


def _keys(count: int) -> tuple[list[Key], list[bytes]]:
    made = [new_key("secret", f"key {number}", (), number) for number in range(count)]
    return [key for key, _ in made], [token.encode() for _, token in made]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_key_is_found_by_its_token_and_holds_nothing_of_it(scope: Scope) -> None:
    key, token = new_key(scope, "shop", (), 5)
    assert key_of(token.encode(), [key]) == key
    assert token.startswith(f"{scope}_")
    assert len(token) - len(scope) - 1 >= TOKEN_BYTES * 8 / 6
    kept = repr(key)
    assert token not in kept
    assert token.split("_", 1)[1][:8] not in kept


@pytest.mark.parametrize("change", [b"", b"x", b" "])
def test_no_other_token_is_a_key(change: bytes) -> None:
    keys, tokens = _keys(3)
    assert key_of(tokens[1] + change, keys) == (keys[1] if not change else None)
    assert key_of(tokens[1][:-1], keys) is None
    assert key_of(b"", keys) is None
    assert key_of(keys[1].digest, keys) is None


def test_a_revoked_key_is_none() -> None:
    key, token = new_key("admin", "", (), 1)
    revoked = Key(key.id, key.scope, key.name, key.origins, key.digest, key.created_at, revoked_at=2)
    assert key_of(token.encode(), [revoked]) is None


def test_every_key_is_compared_whichever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = module.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return real(one, other)

    monkeypatch.setattr(module, "compare_digest", counting)
    keys, tokens = _keys(4)
    for token in (tokens[0], tokens[3], b"none"):
        compared.clear()
        key_of(token, keys)
        assert compared == [(key.digest, digest_of(token)) for key in keys]


@pytest.mark.parametrize(
    "origin",
    ["https://example.org", "http://localhost:3000", "https://a.b-c.example.org:8443", "http://[::1]:80"],
)
def test_an_origin_is_taken_as_browsers_write_it(origin: str) -> None:
    assert new_key("publishable", "", (origin, origin), 1)[0].origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    ["example.org", "https://example.org/", "https://Example.org", "*", "null", "https://*.example.org", "ftp://a", ""],
)
def test_what_no_browser_sends_is_no_origin(origin: str) -> None:
    with pytest.raises(BadInput, match="--origin"):
        new_key("publishable", "", (origin,), 1)


@pytest.mark.parametrize("scope", ["secret", "editor", "admin"])
def test_only_a_publishable_key_has_origins(scope: Scope) -> None:
    with pytest.raises(BadInput, match="never stands in a page"):
        new_key(scope, "", ("https://example.org",), 1)


@pytest.mark.slow
def test_the_time_to_refuse_a_token_tells_nothing_of_the_right_one() -> None:
    """A6: Welch's t of tokens that are right up to their end, and of random ones, in random order, each made anew.

    The slowest tenth is left out: that is when the machine did something else.
    """
    keys, tokens = _keys(3)
    chance, length = random.Random(7), len(tokens[1])
    near = [chance.random() < 0.5 for _ in range(100_000)]
    sent = [tokens[1][:-8] + chance.randbytes(8) if close else chance.randbytes(length) for close in near]
    times = []
    for token in sent:
        began = time.perf_counter_ns()
        key_of(token, keys)
        times.append(time.perf_counter_ns() - began)
    limit = statistics.quantiles(times, n=10)[-1]
    one, other = (
        [t for t, close in zip(times, near, strict=True) if close == kind and t <= limit] for kind in (True, False)
    )
    spread = statistics.variance(one) / len(one) + statistics.variance(other) / len(other)
    assert abs(statistics.fmean(one) - statistics.fmean(other)) / spread**0.5 < 4.5
