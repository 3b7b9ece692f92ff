"""Commands about where a site's store is."""

import typer

from recsys.cli.app import DEFAULT_HOME, HomeOption, app

store_app = typer.Typer(help="Move the store from the home's file to PostgreSQL.", no_args_is_help=True)
app.add_typer(store_app, name="store")


@store_app.callback()
def about() -> None:
    """Move the store from the home's file to PostgreSQL."""


@store_app.command()
def move(home: HomeOption = DEFAULT_HOME) -> None:
    """Move the home's SQLite store to the empty PostgreSQL database that RECSYS_STORE names; stop its servers first."""
    from recsys.cli.progress import progress_bars
    from recsys.errors import BadInput
    from recsys.home import Home
    from recsys.store.opening import VARIABLE, postgres_address
    from recsys.store.postgres_move import MOVED, move_store

    found, address = Home(home), postgres_address()
    if address is None:
        raise BadInput(f"set {VARIABLE}=postgresql://user@host/database, the place to move to, and keep it set.")
    if not found.store.exists():
        raise BadInput(f"there is no {found.store}: nothing to move.")
    with progress_bars() as progress:
        moved = move_store(found.store, address, progress)
    print(", ".join(f"{count:,} {table}" for table, count in moved.items()))
    print(f"{found.store} is now {found.store.name}{MOVED}; keep {VARIABLE} set wherever this site runs.")
