"""`recsys store move`: the same site on another database, and nothing left behind that could be served by mistake."""

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from recsys.cli.app import app, load_commands
from recsys.errors import BadInput, StoreFailed
from recsys.home import Home
from recsys.keys import new_key
from recsys.store import AppendedEvents, Store
from recsys.store.opening import open_store
from recsys.store.postgres import PostgresStore
from recsys.store.postgres_move import move_store
from recsys.store.sqlite import SqliteStore
from tests.recsys.store.opened import HARD_IDS, article, event, of_visitor, rule_set


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose store has something in every table."""
    home = Home(tmp_path)
    with closing(SqliteStore(home.store)) as store:
        store.catalogue.put([article(hard, url=f"/{number}") for number, hard in enumerate(HARD_IDS)], 1, restore=True)
        store.catalogue.put([article("long", body="Text. " * 1_000, views=5)], 2, restore=True)
        store.catalogue.delete(["--help"], 3)
        store.log.append_events([event(f"e-{number}") for number in range(2_500)] + [of_visitor("v-1", "v")], 4)
        store.visitors.erase("v", 5)
        store.rules.replace(rule_set("x"), by="Ada", now=6)
        store.keys.add(new_key("admin", "mine ✓", (), 7)[0], 7)
    return home


def everything(store: Store) -> list[object]:
    return [
        list(store.catalogue.scan()),
        store.log.read(0, 1_000),
        store.rules.history(9),
        store.keys.all(),
        store.visitors.erasures(0),
        store.catalogue.at_addresses([f"https://example.org/{number}" for number in range(len(HARD_IDS))]),
        store.size(),
    ]


def test_a_moved_store_is_the_same_store(home: Home, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(SqliteStore(home.store)) as before:
        expected = everything(before)
    monkeypatch.setenv("RECSYS_STORE", postgres)
    load_commands()
    told = CliRunner().invoke(app, ["store", "move", "--home", str(home.root)])
    assert told.exit_code == 0, told.output
    assert "13 articles" in told.output
    assert [path.name for path in home.root.iterdir()] == ["store.db.moved"]
    with closing(open_store(home)) as after:
        assert everything(after) == expected
        again = [event("e-7"), of_visitor("v-1", "v"), event("new")]
        assert after.log.append_events(again, 8) == AppendedEvents(1, 2)
        assert after.catalogue.put([article("next")], 9, restore=True).added == 1
        assert after.catalogue.get(["next"])["next"].row == 13


def test_a_store_that_is_open_elsewhere_is_not_moved(home: Home, postgres: str) -> None:
    """What a server would go on writing to the file would be lost."""
    with closing(SqliteStore(home.store)) as server:
        server.log.last()
        with pytest.raises(StoreFailed, match="is open elsewhere"):
            move_store(home.store, postgres, lambda *_: None)
    assert home.store.exists()
    assert sqlite3.connect(home.store).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_nothing_is_moved_over_another_store(home: Home, postgres: str) -> None:
    with closing(PostgresStore(postgres)) as other:
        other.log.append_activation("v", 1)
        with pytest.raises(BadInput, match="holds a store already"):
            move_store(home.store, postgres, lambda *_: None)
        assert other.log.last() == 1
    assert home.store.exists()


def test_a_copy_that_is_not_whole_is_taken_back(home: Home, postgres: str) -> None:
    """A trigger stands for whatever could change a line on its way."""
    PostgresStore(postgres).close()
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION drops() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
            "CREATE TRIGGER drops BEFORE INSERT ON rules FOR EACH ROW EXECUTE FUNCTION drops()"
        )
    with pytest.raises(StoreFailed, match="rules is not what was copied"):
        move_store(home.store, postgres, lambda *_: None)
    assert home.store.exists()
    with closing(PostgresStore(postgres)) as store:
        assert (store.log.last(), list(store.catalogue.scan())) == (0, [])
