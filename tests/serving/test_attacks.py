"""A server process and those who mean it no good: requests around its keys, bodies without end, traces of who asked."""

import contextlib
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.home import Home
from recsys.keys import Scope, new_key
from recsys.store.sqlite import SqliteStore
from tests.serving.process import ask, raw, server

pytestmark = pytest.mark.slow

POST = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\n"
INNER = b"GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n"


def made(home: Home, *scopes: Scope) -> list[str]:
    """The tokens of new keys."""
    store = SqliteStore(home.store)
    keys = [new_key(scope, "", (), 1) for scope in scopes]
    for key, _ in keys:
        store.keys.add(key, 1)
    store.close()
    return [token for _, token in keys]


def test_with_a_key_it_answers_on_any_address_and_no_file_or_line_knows_who_asked(home: Home) -> None:
    """P3: an address that only this test has, straight and through a proxy, in events, refusals and wrong keys."""
    tokens = made(home, "publishable", "secret")
    home.settings.write_text('trusted_proxies = ["127.0.0.0/8"]\n')
    address, visitor = "198.51.100.77", "6f1d2c9a0b7e4853a1c6d8f02e9b7345"
    event = {"type": "view", "article_id": "council-4", "visitor_id": visitor, "at": "2026-03-10T11:00:00Z"}
    asked = []
    with server(home.root, "--host", "0.0.0.0", "--access-log") as (url, process):
        local = url.replace("0.0.0.0", "127.0.0.1")
        for token in (*tokens, "secret_wrong"):
            for path, body in (("/v1/events", [event]), (f"/v1/recommendations?visitor_id={visitor}", None)):
                headers = {"authorization": f"Bearer {token}", "x-forwarded-for": address}
                asked.append(ask(local + path, body, headers=headers)[0])
        asked.append(ask(f"{local}/v1/ranking?key={tokens[0]}")[0])
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        said = process.stdout.read()
    assert asked == [202, 200, 202, 200, 401, 401, 200]
    assert "POST /v1/events 202" in said
    assert "GET refused 401" in said
    packed = bytes(map(int, address.split(".")))
    files = {path.name: path.read_bytes() for path in home.root.rglob("*") if path.is_file()}
    assert [name for name, data in files.items() if address.encode() in data or packed in data] == []
    for private in (address, "127.0.0.1:", visitor, *tokens, "secret_wrong", "visitor_id"):
        assert private not in said


@pytest.fixture(scope="module")
def with_keys(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Address and process id of a server with keys; nobody here has one."""
    root = Path(shutil.copytree(trained_home, tmp_path_factory.mktemp("keyed") / "home"))
    made(Home(root), "admin")
    with server(root) as (url, process):
        yield url, process.pid


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /v1/models HTTP/1.1\r\nHost: a/livez?x=\r\n\r\n",
        b"GET http://a/livez/../v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a@livez/v1/models HTTP/1.1\r\nHost: /livez\r\n\r\n",
        b"GET //livez/v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /livez/../v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /livez%2F..%2Fv1%2Fmodels HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /livez;/v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v1/models?/livez HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v1/models#/livez HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Original-URL: /livez\r\nX-Rewrite-URL: /livez\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: OPTIONS\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nAuthorization: Bearer y\r\n\r\n",
        b"OPTIONS /v1/models HTTP/1.1\r\nHost: a\r\nOrigin: null\r\nAccess-Control-Request-Method: GET\r\n\r\n",
        b"HEAD /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /v1/models HTTP/1.0\r\n\r\n",
        b"POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 44\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + INNER,
        b"POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n" + INNER,
        b"POST /v1/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n" + INNER,
        b"GET /v1/models HTTP/1.1\nHost: a\n\n",
        b"GET /v1/models HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nxxxxx",
        b"GET /v1/models HTTP/1.1\r\n Host: a\r\n\r\n",
    ],
    ids=range(22),
)
def test_no_form_of_a_request_gets_around_the_keys(with_keys: tuple[str, int], request_bytes: bytes) -> None:
    """H8: nothing is answered but refusals, on the request and on whatever is smuggled behind it."""
    statuses = [
        line.split()[1] for line in raw(with_keys[0], request_bytes).split(b"\n") if line.startswith(b"HTTP/1.")
    ]
    assert all(status[:1] == b"4" for status in statuses), statuses


@pytest.mark.parametrize("kind", ["announced", "endless", "gzip", "refused"])
def test_a_body_that_is_too_long_takes_no_memory(running: str, with_keys: tuple[str, int], kind: str) -> None:
    """H3. 40 MB are sent to each; where there are keys and none is sent, nobody reads them."""
    url, process = with_keys if kind == "refused" else (running, served_by(running))
    head = POST + b"Content-Type: application/json\r\n"
    lengths = {"announced": b"Content-Length: 200000000\r\n\r\n", "refused": b"Content-Length: 200000000\r\n\r\n"}
    head += lengths.get(kind, b"Transfer-Encoding: chunked\r\n\r\n")
    if kind == "gzip":
        head = head.replace(b"Transfer-Encoding", b"Content-Encoding: gzip\r\nTransfer-Encoding")
    host, port = url.removeprefix("http://").split(":")
    # A first use takes memory of its own.
    raw(url, POST + b"Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
    before = resident(process)
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        began = time.perf_counter()
        connection.sendall(head)
        status = connection.recv(12) if kind in ("announced", "refused", "gzip") else b""
        took = time.perf_counter() - began
        with contextlib.suppress(ConnectionError, TimeoutError):
            for _ in range(40):
                part = b" " * 1_000_000
                connection.sendall(part if kind in lengths else b"f4240\r\n" + part + b"\r\n")
        with contextlib.suppress(ConnectionError):
            status = status or connection.recv(12)
    expected = {"announced": b"413", "endless": b"413", "gzip": b"415", "refused": b"401"}[kind]
    assert status in (b"HTTP/1.1 " + expected, b"")
    if kind != "endless":
        assert status
        assert took < 1.0
    assert resident(process) - before < 5_000_000


def served_by(url: str) -> int:
    """The process that listens at an address: a child of this one."""
    port = f":{int(url.rsplit(':', 1)[1]):04X}"
    [inode] = [
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[1].endswith(port) and line.split()[3] == "0A"
    ]
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if any(link.readlink() == Path(f"socket:[{inode}]") for link in (folder / "fd").iterdir()):
                return int(folder.name)
    raise AssertionError("nobody listens there")


def resident(process: int) -> int:
    """Bytes of memory that a process has."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1_024
