"""Fetching a document from the public web, bounded in size and time.

A name is resolved once and the connection goes to an address that was checked: it can't become another in between. A
redirect is checked like the first address. Proxies that the environment names are not used.
"""

import socket
import ssl
import threading
import time
import zlib
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import msgspec

from recsys.errors import BadInput
from training.reach import PORTS, PUBLIC, Reach

BYTES = 10 << 20  # of a body, as it is sent and unpacked
SECONDS = 10.0  # for all of it: names, redirects, body
REDIRECTS = 3

_MOVED = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16
_IN_URLS = "/%:@!$&'()*+,;=~?[]"
_HEADERS = {
    "accept": "application/rss+xml, application/atom+xml, application/rdf+xml, application/xml;q=0.9, */*;q=0.5",
    "accept-encoding": "gzip",
    "connection": "close",
    "user-agent": "article-recsys",
}


class Copy(msgspec.Struct, frozen=True):
    """What tells a server which copy of a document is known: validators of RFC 9110, as it sent them."""

    etag: str = ""
    last_modified: str = ""


NO_COPY = Copy()


@dataclass(frozen=True, slots=True)
class Document:
    """What a URL answered with. Its `str` is the URL, as that of a path is the path."""

    url: str
    body: bytes  # unpacked
    copy: Copy = NO_COPY

    @property
    def name(self) -> str:
        """What progress calls it, as it calls a path by its last part."""
        return urlsplit(self.url).hostname or self.url

    def __str__(self) -> str:
        return self.url


def is_address(name: str) -> bool:
    """Whether a source is a URL to fetch and no path."""
    return name.lower().startswith(("http://", "https://"))


def fetch(url: str, known: Copy = NO_COPY, *, reach: Reach = PUBLIC, seconds: float = SECONDS) -> Document | None:
    """The document at `url`; None where the server says that it is still the `known` one.

    Raises BadInput where it can't be had: not public, not reached, too late, too large, or answered by an error.
    """
    asking = _Asking(url, known, reach, time.monotonic() + seconds)
    # A thread, because looking up a name can't be given a time, and one byte a second would do for a socket's.
    thread = threading.Thread(target=asking.run, daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        asking.give_up()
        raise BadInput(f"{url}: took longer than {seconds:g} seconds.")
    if asking.fault is not None:
        raise asking.fault
    return asking.document


class _Asking:
    """One fetch; when `run` has ended `fault` is there, or else `document` is what came of it."""

    def __init__(self, url: str, known: Copy, reach: Reach, deadline: float) -> None:
        self._url = url
        self._known = known
        self._reach = reach
        self._deadline = deadline
        self._socket: socket.socket | None = None
        self._given_up = False
        self.document: Document | None = None
        self.fault: Exception | None = None

    def run(self) -> None:
        with ExitStack() as opened:
            try:
                self.document = self._fetched(opened)
            except BadInput as fault:
                self.fault = fault
            except (OSError, HTTPException, ValueError, zlib.error) as error:
                self.fault = BadInput(f"{self._url}: {_words(error)}")
            except Exception as error:  # is raised again in the thread that waits
                self.fault = error

    def give_up(self) -> None:
        """Ends the thread where it waits for the other side."""
        self._given_up = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _fetched(self, opened: ExitStack) -> Document | None:
        url = self._url
        for _ in range(REDIRECTS + 1):
            response = self._answer(url, opened)
            if response.status == 304 and self._known != NO_COPY:
                return None
            if response.status == 200:
                copy = Copy(response.getheader("etag", "")[:1_000], response.getheader("last-modified", "")[:100])
                return Document(self._url, self._body(response), copy)
            if response.status not in _MOVED:
                raise BadInput(f"{self._url}: answered {response.status}.")
            target = urljoin(url, response.getheader("location", ""))
            if url.lower().startswith("https:") and not target.lower().startswith("https:"):
                raise BadInput(f"{self._url}: leads from https to something else.")
            url = target
        raise BadInput(f"{self._url}: more than {REDIRECTS} redirects.")

    def _answer(self, url: str, opened: ExitStack) -> HTTPResponse:
        parts = self._parts(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        connection = HTTPConnection(host, port)
        connection.sock = self._connected(parts.scheme, host, port, opened)
        asked = {"host": parts.netloc.encode("idna").decode("ascii"), **_HEADERS}
        if self._known.etag:
            asked["if-none-match"] = self._known.etag
        if self._known.last_modified:
            asked["if-modified-since"] = self._known.last_modified
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("GET", quote(target, safe=_IN_URLS), headers=asked)
        return opened.enter_context(connection.getresponse())

    def _parts(self, url: str) -> SplitResult:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise BadInput(f"{self._url}: expected an address that begins with http:// or https:// and has a name.")
        if parts.username is not None or parts.password is not None:
            raise BadInput(f"{self._url}: a user or a password in an address is never sent.")
        return parts

    def _connected(self, scheme: str, host: str, port: int, opened: ExitStack) -> socket.socket:
        addresses = [address for address in self._reach.resolve(host, port) if self._reach.admits(address, port)]
        if not addresses:
            raise BadInput(f"{self._url}: {host}:{port} is not on the public web. Fetch it yourself and name the file.")
        fault: OSError = TimeoutError("no time is left")
        for address in addresses:
            left = self._deadline - time.monotonic()
            if left <= 0 or self._given_up:
                break
            try:
                connected = socket.create_connection((str(address), port), timeout=left)
            except OSError as error:
                fault = error
                continue
            self._socket = opened.enter_context(connected)
            if scheme == "https":
                context = ssl.create_default_context()
                self._socket = opened.enter_context(context.wrap_socket(connected, server_hostname=host))
            return self._socket
        raise fault

    def _body(self, response: HTTPResponse) -> bytes:
        body = bytearray()
        while chunk := response.read(_CHUNK):
            body += chunk
            if len(body) > BYTES:
                raise self._too_large()
        if response.length:  # reading by parts does not complain
            raise BadInput(f"{self._url}: ended {response.length:,} bytes early.")
        if not body.startswith(b"\x1f\x8b"):
            return bytes(body)
        unpacking = zlib.decompressobj(wbits=31)
        unpacked = unpacking.decompress(body, BYTES + 1)
        if len(unpacked) > BYTES:
            raise self._too_large()
        if not unpacking.eof:
            raise BadInput(f"{self._url}: the gz data is cut short.")
        return unpacked

    def _too_large(self) -> BadInput:
        return BadInput(f"{self._url}: more than {BYTES >> 20} MB. Export the site's articles instead.")


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}."
    return f"{str(error) or type(error).__name__}."
