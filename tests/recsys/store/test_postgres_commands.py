"""Commands on a home whose store is in PostgreSQL."""

from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from recsys.cli.app import app, load_commands
from recsys.store.postgres import PostgresStore
from tests.recsys.store.opened import article, event


def run(home: Path, *command: str) -> Result:
    load_commands()
    return CliRunner().invoke(app, [*command, "--home", str(home)])


@pytest.fixture
def home(tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home that has no folder yet, as on a second machine."""
    with closing(PostgresStore(postgres)) as store:
        store.catalogue.put([article("a")], 1, restore=True)
        store.log.append_events([event("1"), event("2")], 2)
    monkeypatch.setenv("RECSYS_STORE", postgres)
    return tmp_path / "home"


def test_doctor_reads_the_database_and_names_what_endangers_it(home: Path) -> None:
    told = run(home, "doctor")
    assert told.exit_code == 1, "the tests' server does not flush"
    assert "2 log entries, 2 events, 1 articles" in told.output
    assert "PostgreSQL has fsync off" in told.output


def test_backup_and_restore_name_what_to_use_instead(home: Path, tmp_path: Path) -> None:
    for command in (("backup", str(tmp_path / "copy")), ("restore", str(tmp_path / "copy"))):
        told = run(home, *command)
        assert told.exit_code == 1
        assert "pg_dump" in str(told.exception)
    assert not (tmp_path / "copy").exists()


def test_a_command_on_an_empty_database_says_that_there_is_no_site(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_STORE", postgres)
    assert "there is no site in" in str(run(tmp_path, "keys", "list").exception)
    assert run(tmp_path, "keys", "create", "--scope", "admin").exit_code == 0
    assert "admin" in run(tmp_path, "keys", "list").output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_no_invented_site_is_put_into_the_sites_database(home: Path, postgres: str, command: str) -> None:
    told = run(home, command)
    assert "makes an invented site" in str(told.exception)
    assert not home.exists()
    with closing(PostgresStore(postgres)) as store:
        assert store.log.last() == 2
