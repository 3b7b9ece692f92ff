"""Who is let in at a server with keys: the key, the page it is used on, and how often. Nothing is decoded before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.types import Scope

from recsys.keys import Key
from recsys.visitor_ids import UNGUESSABLE, is_unguessable
from serving.keys import Keyring
from serving.limits import Limits, Network, client_address
from serving.problems import Fault, Problem
from serving.query_string import parse_query
from serving.security import FULFIL, SIGN_IN, Need, needs_at
from serving.sending import Headers, Reply

_BEARER = b"bearer "
_IN_QUERY = b"key="
_VARY = (b"vary", b"origin")
PREFLIGHT_SECONDS = 600

_ASK = {"www-authenticate": "Bearer"}
_PAGE = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A key is needed</title>
<h1>A key is needed</h1>
<p><a href="{SIGN_IN}">Sign in to the dashboard</a> with the key of an administrator or an editor.</p>
<p>The other pages of this server open to programs that send an admin key as <code>Authorization: Bearer KEY</code>.</p>
</html>
""".encode()
_TO_SIGN_IN = Reply(
    401,
    _PAGE,
    (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"vary", b"accept"),
        (b"content-security-policy", b"default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        *((name.encode(), value.encode()) for name, value in _ASK.items()),
    ),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """What the gate says to one request: `reply` where it ends here, else None; `headers` go on the answer."""

    reply: Reply | None = None
    headers: Headers = ()


@dataclass(slots=True)
class _Heads:
    """What of a request's headers matters here."""

    host: bytes = b""
    hosts: int = 0
    origin: bytes | None = None
    accept: bytes = b""
    asks_method: bytes | None = None
    authorization: list[bytes] = field(default_factory=list)
    forwarded: list[bytes] = field(default_factory=list)


class Gate:
    """Lets requests in at a server with keys."""

    def __init__(self, keyring: Keyring, limits: Limits, trusted: Sequence[Network]) -> None:
        self._keyring = keyring
        self._limits = limits
        self._trusted = trusted

    def passage(self, scope: Scope) -> Passage:
        """Whether a request may go on.

        Takes the key out of its query, leaves the `Key` in `scope["key"]`, and the address of whoever stands before the
        trusted proxies in `scope["client"]`.
        """
        heads = _read(scope["headers"])
        if heads.hosts != 1:
            return _refused(Problem(400, "Expected one Host header."))
        if self._trusted and scope.get("client"):
            peer, port = scope["client"]
            scope["client"] = (client_address(peer, heads.forwarded, self._trusted), port)
        needs = needs_at(scope["raw_path"])
        if heads.origin is not None and heads.asks_method is not None and scope["method"] == "OPTIONS":
            return self._preflight(heads.origin, heads.asks_method, needs)
        if needs is not None and needs.get(scope["method"]) == "anyone":
            return Passage()
        key, in_query = self._key(scope, heads)
        brought = in_query or bool(heads.authorization)
        if needs is None and not brought and b"text/html" in heads.accept:
            return Passage(_TO_SIGN_IN)
        if key is None or (in_query and key.scope != "publishable"):
            return _refused(self._unknown(scope, brought=brought))
        headers: Headers = ()
        if key.scope == "publishable":
            headers = (_VARY,)
            if heads.origin is not None:
                if heads.origin.decode("latin-1") not in key.origins:
                    return _refused(Problem(403, "This key is not for pages of this origin."), headers)
                headers = (_VARY, (b"access-control-allow-origin", heads.origin))
        elif heads.origin is not None and heads.origin.partition(b"://")[2] != heads.host:
            return _refused(Problem(403, "Only a publishable key may be used in a page. Revoke this one."))
        problem = _denied(key, scope["method"], needs) or self._limited(key, scope)
        if problem is not None:
            return _refused(problem, headers)
        scope["key"] = key
        return Passage(headers=headers)

    def _preflight(self, origin: bytes, method: bytes, needs: Mapping[str, Need] | None) -> Passage:
        """Answers a browser that asks before it sends. It sends no key then, so any key's origins are good enough."""
        wanted = method.decode("latin-1")
        if origin.decode("latin-1") not in self._keyring.origins or (needs or {}).get(wanted) != "publishable":
            return _refused(Problem(403, "No page of this origin may send this."), (_VARY,))
        headers = (
            _VARY,
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-methods", method),
            (b"access-control-allow-headers", b"authorization, content-type, if-none-match"),
            (b"access-control-max-age", str(PREFLIGHT_SECONDS).encode()),
        )
        return Passage(Reply(204, b"", headers))

    def _key(self, scope: Scope, heads: _Heads) -> tuple[Key | None, bool]:
        """The key that a request brings, and whether it stood in the query."""
        if heads.authorization:
            [value, *more] = heads.authorization
            bearer = value[: len(_BEARER)].lower() == _BEARER and not more
            return (self._keyring.find(value[len(_BEARER) :].strip()) if bearer else None), False
        query: bytes = scope["query_string"]
        if _IN_QUERY not in query:
            return None, False
        parts = query.split(b"&")
        tokens = [part for part in parts if part.startswith(_IN_QUERY)]
        if len(tokens) != 1:
            return None, True
        key = self._keyring.find(tokens[0][len(_IN_QUERY) :])
        scope["query_string"] = b"&".join(part for part in parts if not part.startswith(_IN_QUERY))
        return key, True

    def _unknown(self, scope: Scope, *, brought: bool) -> Problem:
        """The same for a key that is missing, wrong, revoked or in the wrong place; too many of them have to wait.

        A good key is answered all the same, also from the address of somebody who guesses: they may share a proxy.
        """
        if brought:
            wait = self._limits.failed(_address(scope))
            if wait is not None:
                return _too_often(wait)
        return Problem(
            401,
            "Send a key as `Authorization: Bearer KEY`, or a publishable one as `?key=KEY`.",
            headers=_ASK,
        )

    def _limited(self, key: Key, scope: Scope) -> Problem | None:
        if key.scope != "publishable":
            return None
        wait = self._limits.asked(key.id, _address(scope))
        if wait is not None:
            return _too_often(wait)
        query: bytes = scope["query_string"]
        if b"visitor_id" in query or b"%" in query:  # a name may be percent-encoded as well
            return _guessable_visitor(query)
        return None


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else ""


def _read(headers: Sequence[tuple[bytes, bytes]]) -> _Heads:
    heads = _Heads()
    for name, value in headers:
        if name == b"host":
            heads.host, heads.hosts = value, heads.hosts + 1
        elif name == b"origin":
            heads.origin = value
        elif name == b"accept":
            heads.accept = value
        elif name == b"authorization":
            heads.authorization.append(value)
        elif name == b"x-forwarded-for":
            heads.forwarded.append(value)
        elif name == b"access-control-request-method":
            heads.asks_method = value
    return heads


def _denied(key: Key, method: str, needs: Mapping[str, Need] | None) -> Problem | None:
    if needs is None:  # a page, or nothing at all: which of both, an admin key alone is told
        return None if key.scope == "admin" else Problem(404, "There is nothing at this address.")
    need = needs.get(method)
    if need is None:
        return Problem(405, "This address doesn't take that method.", headers={"allow": ", ".join(sorted(needs))})
    if key.scope not in FULFIL[need]:
        return Problem(403, f"This needs a key of scope {' or '.join(sorted(FULFIL[need]))}.")
    return None


def _guessable_visitor(query: bytes) -> Problem | None:
    """A visitor whose id somebody could guess is not asked about with a key that everybody can read."""
    try:
        visitor_id = parse_query(query).get("visitor_id")
    except Problem as problem:
        return problem
    if visitor_id is None or is_unguessable(visitor_id):
        return None
    return Problem(422, f"visitor_id: {UNGUESSABLE}", (Fault("visitor_id", UNGUESSABLE),))


def _too_often(wait: int) -> Problem:
    return Problem(429, "Too many requests. Ask again later.", headers={"retry-after": str(wait)})


def _refused(problem: Problem, headers: Headers = ()) -> Passage:
    return Passage(problem.reply(), headers)
