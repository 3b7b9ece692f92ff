"""Commands that keep a home safe and sound."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from recsys.cli.app import DEFAULT_HOME, HomeOption, app


@app.command()
def backup(
    to: Annotated[Path, typer.Argument(help="The folder to write; it must not exist yet.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Write a consistent, verified copy of the home, also while it serves."""
    from recsys.cli.backup import run_backup

    run_backup(home, to)


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="A folder that `recsys backup` wrote.")],
    home: HomeOption = DEFAULT_HOME,
) -> None:
    """Make a home of a backup. The lists are the same, byte for byte."""
    from recsys.cli.backup import run_restore

    run_restore(backup, home)


@app.command()
def doctor(home: HomeOption = DEFAULT_HOME) -> None:
    """Check settings, store, models, clock and disk, down to every checksum; exit 1 where something is bad."""
    from recsys.cli.doctor import run_doctor

    if not run_doctor(home):
        sys.exit(1)


@app.command()
def simulate(
    home: HomeOption = DEFAULT_HOME,
    days: Annotated[int, typer.Option("--days", min=1, max=30, help="How many days, each with its night.")] = 7,
    visitors: Annotated[int, typer.Option("--visitors", min=1, max=100_000, help="How many readers.")] = 400,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, other readers.")] = 7,
) -> None:
    """Live through a sample site's days in a new home: retrain each night beside a server, and check its answers."""
    from recsys.cli.simulate import run_simulate

    run_simulate(home, days, visitors, seed)
