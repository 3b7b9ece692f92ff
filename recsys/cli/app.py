"""The application object, the options that commands share, and how an error reaches the user."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from recsys.errors import BadInput, RecsysError
from recsys.home import Home
from recsys.times import now_micros, parse_time, zone

if TYPE_CHECKING:
    from recsys.registry import Registry

app = typer.Typer(
    name="recsys",
    help="Related, Ranking and Recommendation lists for a site that publishes articles.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

HomeOption = Annotated[
    Path,
    typer.Option("--home", envvar="RECSYS_HOME", help="The folder that holds this site's store, bundles and settings."),
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="See only what is stamped strictly before this time (default: now)."),
]
FormatOption = Annotated[
    Literal["table", "json"], typer.Option("--format", help="How to print; json is what the HTTP API would answer.")
]

DEFAULT_HOME = Path("recsys-home")


@app.callback()
def options(
    *, debug: Annotated[bool, typer.Option("--debug", help="Show a traceback where a command fails.")] = False
) -> None:
    """Related, Ranking and Recommendation lists for a site that publishes articles."""


def as_of_micros(text: str | None, home: Home, option: str = "--as-of") -> int:
    """The moment that a command looks from; without an offset it is in the home's time zone. Else a usage error."""
    from recsys.settings import read_settings

    if text is None:
        return now_micros()
    try:
        return parse_time(text, zone(read_settings(home.settings).timezone))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None


def existing_home(path: Path) -> Home:
    """The home at `path`; raises BadInput with what to do where there is none."""
    from recsys.store.opening import has_store

    home = Home(path)
    if not has_store(home):
        raise BadInput(f"there is no site in {path}. Run `recsys import --home {path} --articles FILE` first.")
    home.root.mkdir(parents=True, exist_ok=True)  # a store elsewhere may be there before the folder is
    return home


def registry_of(home: Home) -> "Registry":
    """Where the home's trained versions are: in its folder, or on the object storage that its settings name."""
    from recsys.registry import open_registry
    from recsys.settings import read_settings

    return open_registry(home.bundles, read_settings(home.settings).bundles)


def load_commands() -> None:
    """Gives `app` its commands, in the order that help shows them."""
    for commands in ("data", "models", "ask", "rules", "keys", "store", "upkeep", "serve"):
        import_module(f"recsys.cli.{commands}")


def main() -> None:
    """Runs the command line. Exit status: 0 done, 1 failed, 2 usage, 3 refused."""
    load_commands()
    try:
        app()
    except RecsysError as error:
        _fail(error, str(error), error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _fail(error, f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}", 1)
    except ModuleNotFoundError as error:
        _fail(error, f"{error.name} is not installed. Training needs it: pip install 'article-recsys[train]'", 1)


def _fail(error: Exception, message: str, code: int) -> None:
    if "--debug" in sys.argv:
        raise error
    print(f"recsys: {message}", file=sys.stderr)
    sys.exit(code)
