"""A server of its own process, asked over real connections."""

import json
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
    """Status and JSON of one request."""
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
    """What comes back to these bytes until the connection is closed or silent."""
    host, port = url.removeprefix("http://").split(":")
    received = b""
    with socket.create_connection((host, int(port)), timeout=2) as connection:
        connection.sendall(request)
        try:
            while part := connection.recv(65_536):
                received += part
        except TimeoutError:
            pass
    return received
