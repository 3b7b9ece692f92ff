"""How often a server with keys may be asked."""

from collections.abc import Callable

from recsys.home import Home
from recsys.settings import Settings
from serving.limits import FAILURES
from tests.serving.keyed import Keyed, keyed, with_keys

__all__ = ["keyed"]


def test_twenty_wrong_keys_a_minute_and_no_more(keyed: Keyed) -> None:
    """A6. A good key is answered all the same: whoever guesses may share an address with it."""
    statuses = [keyed.ask("GET", "/v1/ranking", f"secret_{n}").status_code for n in range(FAILURES + 5)]
    assert statuses == [401] * FAILURES + [429] * 5
    answer = keyed.ask("GET", "/v1/ranking?key=x")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert keyed.ask("GET", "/v1/ranking", keyed.tokens["secret"]).status_code == 200


def test_a_publishable_key_is_limited_by_address_and_a_secret_one_is_not(home: Home, clock: Callable[[], int]) -> None:
    for limited in with_keys(home, Settings(requests_per_minute=5), clock):
        public = [limited.ask("GET", "/v1/ranking", limited.tokens["publishable"]) for _ in range(7)]
        assert [answer.status_code for answer in public] == [200] * 5 + [429] * 2
        assert 1 <= int(public[-1].headers["retry-after"]) <= 60
        assert {limited.ask("GET", "/v1/ranking", limited.tokens["secret"]).status_code for _ in range(20)} == {200}


def test_addresses_are_told_apart_only_by_a_trusted_proxy(home: Home, clock: Callable[[], int]) -> None:
    settings = Settings(requests_per_minute=2, trusted_proxies=("127.0.0.1",))  # where the client of the tests is
    for limited in with_keys(home, settings, clock):
        token = limited.tokens["publishable"]
        for address in ("192.0.2.1", "192.0.2.2", "made up by the reader, 192.0.2.3"):
            statuses = [limited.ask("GET", "/v1/ranking", token, x_forwarded_for=address).status_code for _ in range(3)]
            assert statuses == [200, 200, 429]


def test_nobody_chooses_an_address_where_no_proxy_is_trusted(home: Home, clock: Callable[[], int]) -> None:
    for limited in with_keys(home, Settings(requests_per_minute=2), clock):
        token = limited.tokens["publishable"]
        statuses = [
            limited.ask("GET", "/v1/ranking", token, x_forwarded_for=f"192.0.2.{n}").status_code for n in range(4)
        ]
        assert statuses == [200, 200, 429, 429]
