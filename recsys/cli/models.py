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
    engine: Annotated[
        Literal["duckdb", "spark"], typer.Option("--engine", help="What computes the signals.")
    ] = "duckdb",
    master: Annotated[
        str, typer.Option("--master", help="Spark's address of a cluster; local[N]: N threads of this machine.")
    ] = "local[*]",
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
) -> None:
    """Fit signals and models to the home's articles and events, evaluate, publish and activate a new version."""
    from recsys.cli.training import run_train

    run_train(home, as_of, engine, master)


@app.command()
def retrain(
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Publish whatever the gate finds; it is written down with the model.")
    ] = False,
) -> None:
    """Import what is new in the settings' sources, train, compare with the serving model, publish: for a scheduler.

    Exit status: 0 published, or nothing new; 1 failed; 3 refused by the gate, or another training is at work.
    """
    from recsys.cli.retrain import run_retrain

    run_retrain(home, as_of, force=force)


@app.command()
def evaluate(
    list_: Annotated[
        Literal["related", "ranking", "recommendation"] | None,
        typer.Option("--list", help="Only this list; default: all that the data allows."),
    ] = None,
    splits: Annotated[
        int, typer.Option("--splits", min=1, max=20, help="How many models to train, each on what came before its cut.")
    ] = 3,
    protocol: Annotated[
        Literal["split", "rolling", "both"],
        typer.Option("--protocol", help="Ask for a visitor once, at the cut, or each time they like something."),
    ] = "both",
    cut: Annotated[
        str | None, typer.Option("--cut", metavar="TIME", help="One split, at this time, in place of --splits.")
    ] = None,
    related_truth: Annotated[
        Path | None,
        typer.Option("--related-truth", help="Pairs that people linked, JSON Lines: article_id, related_id."),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            "--compare",
            metavar="NAME=FILE",
            help="Lists made elsewhere, as `recsys export` writes them, for one cut; may be repeated.",
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    output: Annotated[
        Literal["table", "json", "html"], typer.Option("--format", help="How to print the result.")
    ] = "table",
    out: Annotated[Path | None, typer.Option("--out", help="Write to this file; default: print.")] = None,
    *,
    drop_own_links: Annotated[
        bool, typer.Option("--drop-own-links", help="Take links to the own site, with their text, out of the bodies.")
    ] = False,
    clicks: Annotated[
        bool, typer.Option("--clicks", help="Instead: click-through by list, place, model and variant, from the log.")
    ] = False,
) -> None:
    """Measure the lists on the site's own past, beside honest baselines, with 95% intervals."""
    from recsys.cli.evaluating import Wanted, run_clicks, run_evaluate

    if clicks:
        run_clicks(home, as_of, output, out)
        return
    wanted = Wanted(
        list_name=list_,
        splits=splits,
        protocol=protocol,
        cut=cut,
        truth=related_truth,
        drop_own_links=drop_own_links,
        compare=tuple(compare or ()),
    )
    run_evaluate(home, wanted, as_of, output, out)


@models_app.command("list")
def list_models(home: HomeOption = DEFAULT_HOME) -> None:
    """Show the trained versions that are kept, the active one marked."""
    from recsys.cli.app import existing_home, registry_of
    from recsys.cli.tables import print_rows
    from recsys.registry import active_or_none, manifests
    from recsys.times import format_time

    registry = registry_of(existing_home(home))
    active = active_or_none(registry)
    rows = [
        ("*" if m.version == active else "", m.version, format_time(m.as_of), m.articles, m.events)
        for m in manifests(registry)
    ]
    print_rows("Models", ("", "version", "as of", "articles", "events"), rows)


@models_app.command()
def verify(home: HomeOption = DEFAULT_HOME) -> None:
    """Check every file of every kept version against its checksum."""
    from recsys.cli.app import existing_home, registry_of
    from recsys.errors import BadBundle

    damaged, registry = 0, registry_of(existing_home(home))
    for version in registry.names():
        try:
            registry.verify(version)
            print(f"ok       {version}")
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


@models_app.command()
def rollback(home: HomeOption = DEFAULT_HOME) -> None:
    """Go back to the newest kept version that is older than the active one; a running server follows."""
    from recsys.cli.app import existing_home, registry_of
    from recsys.cli.training import activate_version
    from training.publish import previous_version

    found = existing_home(home)
    version = previous_version(registry_of(found))
    activate_version(found, version)
    print(f"{version} is active")
