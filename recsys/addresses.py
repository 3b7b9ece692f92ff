"""Which article an address leads to, however the address is written."""

import re
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_AMP = re.compile(r"/amp/?$|\.amp(?=\.html?$|$)|^/amp(?=/)")
_INDEX = re.compile(r"/index\.(?:html?|php)$")
# WordPress' plain addresses: /?p=123. Everything else in a query tells how a reader came, not where to.
_NAMING = frozenset({"p", "page_id"})


def canonical_address(url: str) -> tuple[str, str] | None:
    """Host (without www., "" where there is none) and path of an address; None where it is no web address.

    Left out are scheme, port, query, fragment, a trailing slash, an index file and the suffix or prefix of AMP pages;
    percent-encoding is made uniform. Two addresses of one article agree, as far as an address can tell.
    """
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").removeprefix("www.").removeprefix("amp.")
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or not (parts.netloc or parts.path.startswith("/")):
        return None
    path = quote(unquote(parts.path, errors="surrogateescape"), safe="/", errors="surrogateescape")
    path = _INDEX.sub("", _AMP.sub("", path)).rstrip("/")
    if not path:
        path = "/" + "&".join(f"{name}={value}" for name, value in parse_qsl(parts.query) if name in _NAMING)
    return host, path
