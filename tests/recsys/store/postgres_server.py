"""A PostgreSQL server of one's own: made, started, stopped, killed; gone with the folder that it lies in.

PostgreSQL does not run as root, so where the tests do, it runs as another user.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

USERS = ("postgres", "nobody")  # the first that there is


@cache
def programs() -> Path | None:
    """The folder with PostgreSQL's programs; None where it is not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "pg_ctl").exists()), None)


def missing() -> str | None:
    """Why no server can be started here; None where one can."""
    if programs() is None:
        return "PostgreSQL is not installed: no initdb and pg_ctl"
    if os.geteuid() == 0 and not any(_exists(user) for user in USERS):
        return f"PostgreSQL does not run as root, and there is no user {' or '.join(USERS)}"
    return None


class PostgresServer:
    """A server in `folder`, on a socket there and on a port of 127.0.0.1. `settings`: as in postgresql.conf."""

    def __init__(self, folder: Path, *settings: str) -> None:
        self._folder = folder
        self._data = folder / "data"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(next(user for user in USERS if _exists(user)))
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._run("initdb", "--username=recsys", "--encoding=UTF8", "--locale=C", "--auth=trust", "--no-sync")
        options = [f"unix_socket_directories={folder}", f"port={self.port}", "listen_addresses=127.0.0.1", *settings]
        with (self._data / "postgresql.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in (one.split("=", 1) for one in options))

    def address(self, schema: str = "public", *, tcp: bool = False) -> str:
        """What RECSYS_STORE takes: the socket, or the port, and a schema."""
        place = f"host=127.0.0.1&port={self.port}" if tcp else f"host={quote(str(self._folder))}&port={self.port}"
        return f"postgresql:///postgres?user=recsys&{place}&options={quote(f'-csearch_path={schema}')}"

    def schema(self, name: str) -> str:
        """The address of a new schema."""
        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return self.address(name)

    def start(self) -> None:
        """Returns once it answers."""
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", str(self._folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """fast: closes all connections; immediate: as if it were killed, so that it recovers at its next start."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", mode)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Nothing answers inside, and no connection is closed: as if the network were cut."""
        parent = int((self._data / "postmaster.pid").read_text().split()[0])
        pids = [parent, *map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def _run(self, program: str, *options: str) -> None:
        folder = programs()
        assert folder is not None
        command: Sequence[str] = [str(folder / program), "--pgdata", str(self._data), *options]
        ran = subprocess.run(
            command, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False, **self._user
        )
        assert ran.returncode == 0, (command, self._log())

    def _log(self) -> str:
        log = self._folder / "log"
        return log.read_text(errors="replace")[-2_000:] if log.exists() else ""


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server that the tests of a process share; it flushes nothing, as no test pulls its plug."""
    if (why := missing()) is not None:
        pytest.skip(why)
    # A short path: that of a socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        server = PostgresServer(Path(folder), "fsync=off", "autovacuum=off")
        server.start()
        yield server
        server.stop("immediate")


@pytest.fixture
def postgres(postgres_server: PostgresServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty schema."""
    name = f"test_{abs(hash(request.node.nodeid)) % 10**15}"
    yield postgres_server.schema(name)
    with psycopg.connect(postgres_server.address(), autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))
