"""Who may ask for what: the scope that each route needs, and the guards of a server that is open on loopback."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Literal

from starlette.types import Scope

from recsys.errors import BadInput
from recsys.keys import SCOPES, Key
from recsys.keys import Scope as KeyScope
from serving.problems import Problem

Need = Literal["anyone", "publishable", "secret", "editor", "admin"]

# Method and path of every route, and the key that it asks for once a home has keys. A test finds routes without a row;
# what has none, such as the demo site, needs an admin key.
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
    ("GET", "/v1/visitors/{visitor_id}"): "secret",
    ("DELETE", "/v1/visitors/{visitor_id}"): "secret",
    ("GET", "/v1/rules"): "editor",
    ("PUT", "/v1/rules"): "editor",
    ("GET", "/v1/models"): "admin",
    ("POST", "/v1/models/{version}/activate"): "admin",
    ("GET", "/livez"): "anyone",
    ("GET", "/readyz"): "anyone",
    ("GET", "/metrics"): "admin",
}

SIGN_IN = "/dashboard/sign-in"

# The same for the dashboard. It checks by itself, as a browser brings no key in a header; each page is at `.json` too.
DASHBOARD: Mapping[tuple[str, str], Need] = {
    ("GET", "/dashboard"): "admin",
    ("GET", "/dashboard/versions"): "admin",
    ("POST", "/dashboard/versions"): "admin",
    ("GET", "/dashboard/compare"): "admin",
    ("GET", "/dashboard/explorer"): "admin",
    ("GET", "/dashboard/ranking"): "admin",
    ("GET", "/dashboard/lists"): "admin",
    ("GET", "/dashboard/imports"): "admin",
    ("GET", "/dashboard/health"): "admin",
    ("GET", "/dashboard/rules"): "editor",
    ("POST", "/dashboard/rules"): "editor",
    ("POST", "/dashboard/never"): "editor",
    ("POST", "/dashboard/sign-out"): "editor",
    ("GET", SIGN_IN): "anyone",
    ("POST", SIGN_IN): "anyone",
}

# Which keys fulfil a need. An admin key does all; a secret key and an editor's each do what they are for, and read.
FULFIL: Mapping[Need, frozenset[KeyScope]] = {
    "anyone": frozenset(SCOPES),
    "publishable": frozenset(SCOPES),
    "secret": frozenset({"secret", "admin"}),
    "editor": frozenset({"editor", "admin"}),
    "admin": frozenset({"admin"}),
}

# Documentation, widget, styles and scripts are the same on every server, so they are nobody's secret.
PUBLIC = ("/docs", "/docs/oauth2-redirect", "/openapi.json", "/widget.js")
_PUBLIC_FOLDERS = (b"/static-offline-docs/", b"/static/")
_OF_PUBLIC: Mapping[str, Need] = {"GET": "anyone", "HEAD": "anyone"}
_OF_DASHBOARD: Mapping[str, Need] = {"GET": "anyone", "HEAD": "anyone", "POST": "anyone"}

_PROXY_HEADERS = frozenset({b"forwarded", b"via"})
_PROXY_PREFIX = b"x-forwarded-"
_LOOPBACK = re.compile(rb"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?")
_BROWSER_HEADERS = frozenset({b"origin", b"sec-fetch-site", b"sec-fetch-mode"})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on this address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(host: str) -> None:
    """Raises BadInput where a server without keys would be reachable from other machines."""
    if not is_loopback(host):
        raise BadInput(
            f"--host {host}: a server without keys answers on 127.0.0.1, ::1 or localhost only. "
            "Run `recsys keys create --scope secret` first."
        )


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


def needs_at(path: bytes) -> Mapping[str, Need] | None:
    """What each method at a raw path needs; None where nothing of the API is there.

    Like the routes themselves this compares segments of the path as they were sent, before anything is decoded.
    """
    found = _WHOLE.get(path)
    if found is not None:
        return found
    before, *parts = path.split(b"/")
    for template, needs in _WITH_ID.get(len(parts), ()):
        if not before and all(part == is_ if is_ else part for part, is_ in zip(parts, template, strict=True)):
            return needs
    if path.startswith(_PUBLIC_FOLDERS):
        return _OF_PUBLIC
    return _OF_DASHBOARD if path in _DASHBOARD_PATHS else None


def is_public(scope: Scope) -> bool:
    """Whether a request came with a key that stands in pages, so that anybody may have sent it."""
    key: Key | None = scope.get("key")
    return key is not None and key.scope == "publishable"


def is_browser(scope: Scope) -> bool:
    """Whether a page, and so any reader, is behind a request rather than a site's backend."""
    return is_public(scope) or any(name in _BROWSER_HEADERS for name, _ in scope["headers"])


_Template = tuple[bytes, ...]  # segments, b"" where any but an empty one fits


def _by_path() -> tuple[dict[bytes, Mapping[str, Need]], dict[int, list[tuple[_Template, Mapping[str, Need]]]]]:
    methods: dict[str, dict[str, Need]] = {}
    for (method, path), need in NEEDS.items():
        methods.setdefault(path, {})[method] = need
    whole: dict[bytes, Mapping[str, Need]] = {path.encode(): _OF_PUBLIC for path in PUBLIC}
    with_id: dict[int, list[tuple[_Template, Mapping[str, Need]]]] = {}
    for path, needs in methods.items():
        if "{" not in path:
            whole[path.encode()] = needs
            continue
        parts = tuple(b"" if part.startswith("{") else part.encode() for part in path.split("/")[1:])
        with_id.setdefault(len(parts), []).append((parts, needs))
    return whole, with_id


_WHOLE, _WITH_ID = _by_path()
_DASHBOARD_PATHS = frozenset(path.encode() + end for _, path in DASHBOARD for end in (b"", b".json"))
