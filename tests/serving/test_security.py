"""A server without keys answers this machine's own requests and no others."""

import pytest

from recsys.errors import BadInput
from serving.api import make_api
from serving.security import NEEDS, check_address, guard

Headers = list[tuple[bytes, bytes]]


def _refused(headers: Headers) -> int | None:
    problem = guard({"type": "http", "scheme": "http", "headers": headers})
    return None if problem is None else problem.status


@pytest.mark.parametrize("host", [b"localhost", b"localhost:80", b"127.0.0.1:8000", b"127.0.0.9", b"[::1]:8000"])
def test_loopback_names_are_answered(host: bytes) -> None:
    assert _refused([(b"host", host)]) is None


@pytest.mark.parametrize(
    "host",
    [
        b"example.org",
        b"localhost.example.org",
        b"127.0.0.1.example.org",
        b"127.0.0.1@example.org",
        b"localhost/?x=",
        b"localhost:80 ",
        b"192.168.0.1",
        b"[::2]",
        b"",
    ],
)
def test_other_hosts_are_refused(host: bytes) -> None:
    assert _refused([(b"host", host)]) == 421


@pytest.mark.parametrize("headers", [[], [(b"host", b"localhost"), (b"host", b"localhost")]])
def test_there_must_be_one_host(headers: Headers) -> None:
    assert _refused(headers) == 400


@pytest.mark.parametrize(
    "name", [b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-any"]
)
def test_what_came_through_a_proxy_is_refused(name: bytes) -> None:
    assert _refused([(b"host", b"localhost"), (name, b"1")]) == 403


@pytest.mark.parametrize("origin", [b"https://example.org", b"null", b"http://localhost:9000", b"https://localhost"])
def test_other_sites_pages_are_refused(origin: bytes) -> None:
    assert _refused([(b"host", b"localhost"), (b"origin", origin)]) == 403


def test_the_servers_own_pages_are_answered() -> None:
    assert _refused([(b"host", b"localhost:8000"), (b"origin", b"http://localhost:8000")]) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", ""])
def test_a_server_without_keys_refuses_to_start_on_other_addresses(host: str) -> None:
    with pytest.raises(BadInput, match="keys"):
        check_address(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.5", "::1", "localhost"])
def test_a_server_without_keys_starts_on_loopback(host: str) -> None:
    check_address(host)


def test_every_route_says_which_key_it_needs() -> None:
    paths = make_api().openapi()["paths"]
    routes = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert routes == set(NEEDS)
