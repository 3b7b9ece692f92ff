"""Commands that train, judge and switch models."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from recsys.cli.app import DEFAULT_HOME, AsOfOption, HomeOption, app

models_app = typer.Typer(help="List, verify and switch trained versions.", no_args_is_help=True)
app.add_typer(models_app, name="models")


@app.command()
def train(
    engine: Annotated[Literal["duckdb"], typer.Option("--engine", help="What computes the signals.")] = "duckdb",
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
) -> None:
    """Fit signals and models to the home's articles and events, evaluate, publish and activate a new version."""
    from recsys.cli.training import run_train

    run_train(home, as_of)


@app.command()
def evaluate(
    list_: Annotated[
        Literal["related", "ranking", "recommendation"] | None,
        typer.Option("--list", help="Only this list; default: all that the data allows."),
    ] = None,
    related_truth: Annotated[
        Path | None,
        typer.Option("--related-truth", help="Pairs that people linked, JSON Lines: article_id, related_id."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    output: Annotated[Literal["table", "json"], typer.Option("--format", help="How to print the result.")] = "table",
    *,
    drop_own_links: Annotated[
        bool, typer.Option("--drop-own-links", help="Take links to the own site, with their text, out of the bodies.")
    ] = False,
) -> None:
    """Measure the lists on the site's own past, beside honest baselines, with 95% intervals."""
    from recsys.cli.training import run_evaluate

    run_evaluate(home, list_, related_truth, as_of, output, drop_own_links=drop_own_links)


@models_app.command("list")
def list_models(home: HomeOption = DEFAULT_HOME) -> None:
    """Show the trained versions that are kept, the active one marked."""
    from recsys.bundle import active_version, versions
    from recsys.cli.app import existing_home
    from recsys.cli.tables import print_rows
    from recsys.errors import NoModel
    from recsys.times import format_time

    folder = existing_home(home).bundles
    try:
        active = active_version(folder)
    except NoModel:
        active = ""
    rows = [
        ("*" if m.version == active else "", m.version, format_time(m.as_of), m.articles, m.events)
        for m in versions(folder)
    ]
    print_rows("Models", ("", "version", "as of", "articles", "events"), rows)


@models_app.command()
def verify(home: HomeOption = DEFAULT_HOME) -> None:
    """Check every file of every kept version against its checksum."""
    from recsys.bundle import verify_bundle, version_folders
    from recsys.cli.app import existing_home
    from recsys.errors import BadBundle

    damaged = 0
    for path in version_folders(existing_home(home).bundles):
        try:
            verify_bundle(path)
            print(f"ok       {path.name}")
        except BadBundle as error:
            damaged += 1
            print(f"damaged  {error}")
    if damaged:
        sys.exit(BadBundle.exit_code)


@models_app.command()
def activate(
    version: Annotated[str, typer.Argument(help="A version of `recsys models list`.")], home: HomeOption = DEFAULT_HOME
) -> None:
    """Verify a version and make it the one that answers; a running server follows within a second."""
    from recsys.cli.app import existing_home
    from recsys.cli.training import activate_version

    activate_version(existing_home(home), version)
    print(f"{version} is active")
