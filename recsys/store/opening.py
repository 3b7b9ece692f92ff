"""Where a site's store is: the SQLite file of its home, or the PostgreSQL database that `RECSYS_STORE` names."""

import os

from recsys.errors import BadInput, NotFound
from recsys.home import Home
from recsys.store.protocols import Store
from recsys.store.sqlite import SqliteStore

VARIABLE = "RECSYS_STORE"
SCHEMES = ("postgresql://", "postgres://")


def postgres_address() -> str | None:
    """The address in `RECSYS_STORE`; None where it is not set: the store is the home's file."""
    found = os.environ.get(VARIABLE, "")
    if found and not found.startswith(SCHEMES):
        raise BadInput(f"{VARIABLE}: expected postgresql://user@host/database; unset it for the home's SQLite file")
    return found or None


def spare_postgres(what: str) -> None:
    """Raises BadInput where `RECSYS_STORE` is set: `what` would fill a site's own database with an invented one."""
    if postgres_address() is not None:
        raise BadInput(f"{VARIABLE} is set, and {what} makes an invented site. Unset it for this command.")


def open_store(home: Home, *, read_only: bool = False, answer_seconds: float | None = None) -> Store:
    """A connection of its own to the home's store; parameters and errors are those of `PostgresStore`."""
    address = postgres_address()
    if address is None:
        return SqliteStore(home.store, read_only=read_only)
    try:
        from recsys.store.postgres import PostgresStore
    except ModuleNotFoundError as error:
        raise BadInput(f"{VARIABLE}: {error.name} is missing: pip install 'article-recsys[postgres]'") from None
    return PostgresStore(address, read_only=read_only, answer_seconds=answer_seconds)


def has_store(home: Home) -> bool:
    """Whether anything was ever stored for the home, or something lies in the place of its store."""
    if postgres_address() is None:
        return home.store.exists()
    try:
        open_store(home, read_only=True).close()
    except NotFound:
        return False
    return True
