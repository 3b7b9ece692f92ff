"""Who may ask for what: the scope that each route needs, and the guards of a server that is open on loopback."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal

from starlette.types import Scope

from recsys.errors import BadInput
from serving.problems import Problem

Need = Literal["anyone", "publishable", "secret", "admin"]

# Method and path of every route, and the key that it asks for once a home has keys. A test finds routes without a row.
NEEDS: Mapping[tuple[str, str], Need] = {
    ("GET", "/v1/articles/{article_id}/related"): "publishable",
    ("GET", "/v1/ranking"): "publishable",
    ("GET", "/v1/recommendations"): "publishable",
    ("GET", "/v1/articles/{article_id}/page"): "publishable",
    ("POST", "/v1/related"): "secret",
    ("POST", "/v1/events"): "publishable",
    ("GET", "/v1/articles/{article_id}"): "publishable",
    ("GET", "/v1/articles/{article_id}/stats"): "publishable",
    ("PUT", "/v1/articles/{article_id}"): "secret",
    ("DELETE", "/v1/articles/{article_id}"): "secret",
    ("POST", "/v1/articles"): "secret",
    ("GET", "/v1/models"): "admin",
    ("POST", "/v1/models/{version}/activate"): "admin",
    ("GET", "/livez"): "anyone",
    ("GET", "/readyz"): "anyone",
    ("GET", "/metrics"): "admin",
}

_PROXY_HEADERS = frozenset({b"forwarded", b"via"})
_PROXY_PREFIX = b"x-forwarded-"
_LOOPBACK = re.compile(rb"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?")
_BROWSER_HEADERS = frozenset({b"origin", b"sec-fetch-site", b"sec-fetch-mode"})


def check_address(host: str) -> None:
    """Raises BadInput where a server without keys would be reachable from other machines."""
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise BadInput(f"--host {host}: a server without keys answers on 127.0.0.1, ::1 or localhost only.")


def guard(scope: Scope) -> Problem | None:
    """Why a server that is open to this machine doesn't answer a request; None where it does.

    A request that came through a proxy, was meant for another host or was made by another site's page is none of
    this machine's own, wherever its last leg began.
    """
    host: bytes | None = None
    origin: bytes | None = None
    hosts = 0
    for name, value in scope["headers"]:
        if name == b"host":
            host, hosts = value, hosts + 1
        elif name == b"origin":
            origin = value
        elif name in _PROXY_HEADERS or name.startswith(_PROXY_PREFIX):
            return Problem(403, "This server has no keys, so it doesn't answer through a proxy. Create a key first.")
    if hosts != 1 or host is None:
        return Problem(400, "Expected one Host header.")
    if not _LOOPBACK.fullmatch(host):
        return Problem(421, "This server has no keys, so it answers to localhost only. Create a key first.")
    if origin is not None and origin != scope["scheme"].encode() + b"://" + host:
        return Problem(403, "This server has no keys, so it doesn't answer other sites' pages. Create a key first.")
    return None


def is_browser(scope: Scope) -> bool:
    """Whether a page, and so any reader, is behind a request rather than a site's backend."""
    return any(name in _BROWSER_HEADERS for name, _ in scope["headers"])
