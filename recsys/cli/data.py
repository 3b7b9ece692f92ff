"""Commands that move data in and out of a home."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from recsys.cli.app import DEFAULT_HOME, AsOfOption, HomeOption, app


@app.command("import")
def import_(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE|URL", help="What to read; what it holds shows in it. A URL is that of a feed."),
    ] = None,
    articles: Annotated[
        list[str] | None, typer.Option("--articles", help="A file of articles, or a feed's URL; may be repeated.")
    ] = None,
    events: Annotated[list[str] | None, typer.Option("--events", help="A file of events; may be repeated.")] = None,
    home: HomeOption = DEFAULT_HOME,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report, store nothing.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Store nothing if any row is bad, and fail.")] = False,
) -> None:
    """Read articles and events into the home's store: JSON Lines, CSV, Parquet, a WordPress export, a feed, a folder of
    Markdown, an access log, a table of page views; plain or gz.
    """
    from recsys.cli.intake import gathered, run_import, sorted_by_content

    more_articles, more_events = sorted_by_content(gathered(files or []))
    more_articles[:0], more_events[:0] = gathered(articles or []), gathered(events or [])
    if not run_import(home, more_articles, more_events, dry_run=dry_run, strict=strict):
        sys.exit(1)


@app.command()
def export(
    what: Annotated[Literal["related", "ranking", "recommendations", "pages"], typer.Argument(help="Which lists.")],
    out: Annotated[Path, typer.Option("--out", help="The JSON Lines file to write.")],
    k: Annotated[int, typer.Option("-k", min=1, max=10_000, help="Items per list.")] = 10,
    min_score: Annotated[
        float | None, typer.Option("--min-score", min=0, help="Replaces the floor; 0 drops it.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_of: AsOfOption = None,
    *,
    fill: Annotated[bool, typer.Option("--fill", help="Complete short lists, with marked items.")] = False,
) -> None:
    """Write every list of one kind to a file, a JSON object per row."""
    from recsys.cli.export import run_export

    run_export(home, what, out, k=k, min_score=min_score, as_of=as_of, fill=fill)
