"""The server as a process: start, address, what it loads, raw requests, restart, end."""

import resource
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request

import pytest

from recsys.home import Home
from serving.run import allow_open_files
from tests.serving.process import RUN, ask, raw, server

pytestmark = pytest.mark.slow

HEAVY = {"sklearn", "duckdb", "ibis", "pyarrow", "pandas", "joblib", "py3langid", "rich", "fsspec", "botocore"}
POST = b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\n"
_UNFINISHED = POST + b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n[{"


def test_it_answers_where_it_says_that_it_listens(running: str) -> None:
    assert ask(f"{running}/v1/ranking")[0] == 200
    assert ask(f"{running}/readyz")[1]["ready"] is True
    for path in ("/", "/docs", "/openapi.json", "/metrics", "/livez", "/v1/articles/with%2Fslash%20%C3%A9"):
        with urllib.request.urlopen(running + path, timeout=10) as answer:
            assert answer.status == 200


def test_what_was_accepted_is_there_after_a_restart(home: Home) -> None:
    stats = "/v1/articles/council-4/stats"
    with server(home.root) as (url, _):
        event = {"type": "like", "article_id": "council-4", "visitor_id": "v", "at": "2026-03-10T11:00:00Z"}
        assert ask(f"{url}/v1/events", [event])[1]["accepted"] == 1
        article = {"id": "a/b", "title": "Budget vote", "published_at": "2026-03-10T11:00:00Z"}
        assert ask(f"{url}/v1/articles/a%2Fb", article, "PUT")[0] == 201
        before = ask(url + stats)[1]
    with server(home.root) as (url, _):
        assert ask(url + stats)[1] == before
        assert ask(f"{url}/v1/articles/a%2Fb/page")[0] == 200


def test_readers_who_leave_before_their_answers_leave_no_traceback(home: Home) -> None:
    ask_for = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
    leaving = (ask_for % b"/v1/ranking?limit=100" * 200, ask_for % b"/openapi.json" * 50, ask_for % b"/", _UNFINISHED)
    with server(home.root) as (url, process):
        host, port = url.removeprefix("http://").split(":")
        for request in leaving * 5:
            with socket.create_connection((host, int(port)), timeout=5) as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset at once
                connection.sendall(request)
                time.sleep(0.002)
        assert ask(f"{url}/v1/ranking")[0] == 200
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()


def test_as_many_connections_may_be_open_as_the_system_allows() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    try:
        allow_open_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_it_ends_by_itself_when_it_is_asked_to(home: Home) -> None:
    with server(home.root) as (url, process):
        ask(f"{url}/v1/ranking")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) in (0, -signal.SIGTERM)


def test_an_address_that_others_can_reach_is_refused_without_keys(home: Home) -> None:
    command = [sys.executable, "-c", RUN, "serve", "--host", "0.0.0.0", "--home", str(home.root)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "keys" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_damaged_active_model_is_refused_at_the_start(home: Home, versions: tuple[str, str]) -> None:
    from tests.serving.test_models import damage

    damage(home.bundles / versions[0])
    command = [sys.executable, "-c", RUN, "serve", "--port", "0", "--home", str(home.root)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 3
    assert "checksum" in ended.stderr


def test_it_serves_without_what_only_training_needs(home: Home) -> None:
    code = f"""
import sys
from pathlib import Path
from recsys.home import Home
from recsys.settings import Settings
from serving.run import open_service
from serving.app import App
App(open_service(Home(Path({str(home.root)!r})), Settings()))
print(sorted(set(sys.modules) & {HEAVY!r}))
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /v1/ranking HTTP/1.1\r\nHost: example.org\r\n\r\n", b"421"),
        (b"GET /v1/ranking HTTP/1.1\r\nHost: a/?x=\r\n\r\n", b"4"),
        (b"GET /v1/ranking HTTP/1.1\r\n\r\n", b"400"),
        (b"GET http://example.org/v1/ranking HTTP/1.1\r\nHost: example.org\r\n\r\n", b"421"),
        (b"GET /v1/../v1/ranking HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET /v1/articles/.. HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /v1/articles/\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /v1/ranking?section=\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /v1/ranking HTTP/9.9\r\nHost: localhost\r\n\r\n", b"400"),
        (b"\x00\x01\x02\r\n\r\n", b"400"),
        (
            POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"400",
        ),
        (b"GET /v1/ranking HTTP/1.1\r\nHost: localhost\r\n" + b"A: b\r\n" * 20_000 + b"\r\n", b"4"),
        (b"GET /v1/ranking HTTP/1.1\r\nHost: localhost\r\nA: " + b"b" * 200_000 + b"\r\n\r\n", b"4"),
        (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"4"),
    ],
    ids=range(14),
)
def test_a_malformed_request_is_refused(running: str, request_bytes: bytes, status: bytes) -> None:
    answer = raw(running, request_bytes)
    assert answer.startswith(b"HTTP/1.1 " + status), answer[:200]


def test_a_body_that_is_announced_too_long_is_refused_before_it_is_sent(running: str) -> None:
    answer = raw(running, POST + b"Content-Type: application/json\r\nContent-Length: 200000000\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


def test_thousands_of_ranges_are_one_plain_answer(running: str) -> None:
    ranges = ",".join(f"{at}-{at}" for at in range(0, 20_000, 2))[:48_000].rpartition(",")[0]
    head = f"GET /static/site.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRange: bytes={ranges}\r\n\r\n"
    answer = raw(running, head.encode())
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"multipart" not in answer
    assert len(answer) < 100_000
