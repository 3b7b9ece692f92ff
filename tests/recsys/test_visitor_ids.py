"""Which ids of visitors are taken with a key that everybody can read: random ones."""

import hmac
import random
import uuid

import pytest

from recsys.visitor_ids import is_unguessable


def test_random_ids_are_taken() -> None:
    chance = random.Random(1)
    assert all(is_unguessable(chance.randbytes(size).hex()) for size in (16, 20, 32, 64) for _ in range(2_000))


def test_an_account_under_a_secret_of_the_site_is_taken() -> None:
    assert all(is_unguessable(hmac.new(b"secret", str(n).encode(), "sha256").hexdigest()) for n in range(2_000))


@pytest.mark.parametrize(
    "visitor_id",
    [
        "",
        "7",
        "4711",
        "reader-17",
        "somebody@example.org",
        "0" * 32,
        f"{4711:032x}",
        f"{4711:032d}",
        "12345678901234567890123456789012",
        "ab" * 16,
        "f" * 31,
        uuid.UUID(int=4711).hex,
        str(uuid.UUID(int=random.Random(1).getrandbits(128))),
        random.Random(1).randbytes(15).hex(),
        random.Random(1).randbytes(65).hex(),
        random.Random(1).randbytes(16).hex() + "\n",
        "٣" * 32,
        "john-smith-of-the-example-company-ltd",
    ],
)
def test_ids_that_could_be_guessed_are_not(visitor_id: str) -> None:
    assert not is_unguessable(visitor_id)
