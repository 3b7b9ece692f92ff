"""A server of its own process, asked over real connections."""

import json
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from serving.overload import overloaded

RUN = "from recsys.cli import main; main()"


@contextmanager
def server(home: Path, *options: str, within: Sequence[str] = ()) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server of `home` on a free port: its address and process. `within`: a command that runs what follows it."""
    command = [*within, sys.executable, "-c", RUN, "serve", "--port", "0", "--home", str(home), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.fullmatch(r"listening on (http://\S+)\n", line)
        if found is None:
            process.terminate()  # else it might go on, and what it says would never end
            raise AssertionError(line + process.stdout.read())
        yield found[1], process
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def ask(
    url: str, body: object = None, method: str | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Any]:
    """Status and JSON of one request; what a busy machine turns away is asked again, for some time."""
    latest = time.monotonic() + 20
    while True:
        status, found = _asked(url, body, method, headers)
        if status != 503 or found.get("detail") != overloaded().detail or time.monotonic() > latest:
            return status, found
        time.sleep(0.05)


def _asked(url: str, body: object, method: str | None, headers: Mapping[str, str] | None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    sent = {"content-type": "application/json"} | dict(headers or {})
    request = urllib.request.Request(url, data, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")


def raw(url: str, request: bytes) -> bytes:
    """What comes back to these bytes until the connection is closed; or silent, where they do not ask for its end."""
    host, port = url.removeprefix("http://").split(":")
    received, silence = b"", 20.0 if b"Connection: close" in request else 0.5
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        try:
            while part := connection.recv(65_536):
                received += part
                connection.settimeout(silence)
        except TimeoutError:
            pass
    return received
