"""Commands about who may ask, and about what is kept of readers."""

import sys
from typing import Annotated, Literal

import typer

from recsys.cli.app import DEFAULT_HOME, HomeOption, app

keys_app = typer.Typer(help="Create, list and revoke keys to the server.", no_args_is_help=True)
app.add_typer(keys_app, name="keys")


@keys_app.command()
def create(
    scope: Annotated[
        Literal["publishable", "secret", "editor", "admin"],
        typer.Option(
            "--scope",
            help="publishable: in pages, reads lists and sends events; secret: a backend's, articles and visitors; "
            "editor: rules; admin: everything.",
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="What the key is for.")] = "",
    origin: Annotated[
        list[str] | None,
        typer.Option("--origin", help="A site whose pages may use a publishable key; may be repeated."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a key and print it, this once. With the first key a server asks everybody for one."""
    from recsys.home import Home
    from recsys.keys import new_key
    from recsys.store.opening import open_store
    from recsys.times import now_micros

    now = now_micros()
    key, token = new_key(scope, name, origin or [], now)
    found = Home(home)
    found.root.mkdir(parents=True, exist_ok=True)
    store = open_store(found)
    store.keys.add(key, now)
    store.close()
    print(token)
    if scope == "publishable" and not origin:
        print("note: without --origin this key is good in apps, and on no page of a browser", file=sys.stderr)


@keys_app.command("list")
def list_keys(home: HomeOption = DEFAULT_HOME) -> None:
    """Show the keys that were made, without the keys themselves."""
    from recsys.cli.app import existing_home
    from recsys.cli.tables import print_rows
    from recsys.store.opening import open_store
    from recsys.times import format_time

    store = open_store(existing_home(home))
    rows = [
        (
            key.id,
            key.scope,
            key.name,
            " ".join(key.origins),
            format_time(key.created_at)[:19] + "Z",
            "" if key.revoked_at is None else format_time(key.revoked_at)[:19] + "Z",
        )
        for key in store.keys.all()
    ]
    store.close()
    print_rows("Keys", ("id", "scope", "name", "origins", "created", "revoked"), rows)


@keys_app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="An id of `recsys keys list`.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """End a key for good; running servers refuse it within a second."""
    from recsys.cli.app import existing_home
    from recsys.errors import NotFound
    from recsys.store.opening import open_store
    from recsys.times import now_micros

    store = open_store(existing_home(home))
    revoked = store.keys.revoke(key_id, now_micros())
    store.close()
    if not revoked:
        raise NotFound(f"there is no good key {key_id[:64]!r}. `recsys keys list` shows those there are.")
    print(f"{key_id} is revoked")


@app.command()
def erase(
    visitor: Annotated[str, typer.Argument(metavar="VISITOR", help="The visitor_id.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Forget a visitor: at once in running servers, for good in the store, in models with the next training."""
    from recsys.cli.app import existing_home, registry_of
    from recsys.registry import manifests
    from recsys.store.opening import open_store
    from recsys.times import now_micros

    found = existing_home(home)
    store = open_store(found)
    gone = store.visitors.erase(visitor, now_micros())
    store.close()
    print(f"{gone:,} events are erased")
    for manifest in manifests(registry_of(found)):
        print(f"{manifest.version} was trained before; the next `recsys train` removes it")
    print("Backups are not reached: erase there too, or after restoring one.")
