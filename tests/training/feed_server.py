"""A web server on loopback that answers with what a test says, and how a test may reach it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from training.reach import Address, Reach

FEED = b"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>A site</title>
<item><guid>a</guid><title>Bridge opens</title><link>https://example.org/a</link>
<pubDate>Thu, 01 Jan 2026 10:00:00 GMT</pubDate></item></channel></rss>"""

HERE = ip_address("127.0.0.1")


@dataclass
class Site:
    """What answers: by path a status, headers and a body; and what was asked for, with its headers."""

    port: int = 0
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    write: Callable[[BaseHTTPRequestHandler], None] | None = None

    @property
    def url(self) -> str:
        return f"http://feeds.example:{self.port}"

    def reach(self, *names: str) -> Reach:
        """Lets in this server alone; `feeds.example` and `names` lead here, any other name to where it must not."""

        def resolve(host: str, port: int) -> list[Address]:
            return [HERE if host in ("feeds.example", *names) else ip_address("127.0.0.9")]

        return Reach(resolve, lambda address, port: (address, port) == (HERE, self.port))


@contextmanager
def serving() -> Iterator[Site]:
    """A site that is served while the context lasts."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            if site.write is not None:
                site.write(self)
                return
            status, headers, body = site.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        site.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield site
        server.shutdown()
