"""Running a training and printing what came of it."""

from pathlib import Path

from recsys.bundle import activate
from recsys.cli.app import as_of_micros, existing_home
from recsys.cli.progress import progress_bars
from recsys.cli.tables import print_comparison
from recsys.home import Home
from recsys.settings import read_settings
from recsys.store.sqlite import SqliteStore
from recsys.times import format_time, now_micros


def run_train(home_path: Path, as_of: str | None) -> None:
    """Trains and prints a summary."""
    from training.train import train

    home = existing_home(home_path)
    settings, now = read_settings(home.settings), now_micros()
    moment = now if as_of is None else as_of_micros(as_of, home)
    store = SqliteStore(home.store)
    try:
        with progress_bars() as progress:
            trained = train(store, home, settings, as_of=moment, now=now, progress=progress)
    finally:
        store.close()
    manifest = trained.manifest
    span = "" if manifest.first_event is None else f" of {format_time(manifest.first_event)[:10]}"
    if manifest.last_event is not None:
        span += f" to {format_time(manifest.last_event)[:10]}"
    print(f"trained on {manifest.articles:,} articles and {manifest.events:,} events{span}")
    for comparison in trained.evaluation:
        print_comparison(comparison)
    print(f"{manifest.version} is published and active")


def run_evaluate(
    home_path: Path,
    list_name: str | None,
    truth: Path | None,
    as_of: str | None,
    output: str,
    *,
    drop_own_links: bool,
) -> None:
    """Evaluates and prints: Related against `truth`, or Ranking and Recommendation on the site's own last fifth."""
    import msgspec

    from training.evaluate import evaluate_related, evaluate_summary
    from training.train import read_store

    home = existing_home(home_path)
    settings, moment = read_settings(home.settings), as_of_micros(as_of, home)
    store = SqliteStore(home.store)
    with progress_bars() as progress:
        articles, events, _ = read_store(store, progress)
        store.close()
        if truth is not None:
            found = evaluate_related(
                articles, truth, moment, settings, drop_own_links=drop_own_links, progress=progress
            )
        else:
            found = evaluate_summary(articles, events, moment, settings, progress)
    chosen = [comparison for comparison in found if list_name in (None, comparison.list)]
    if output == "json":
        print(msgspec.json.encode(chosen).decode())
        return
    if not chosen:
        print("nothing to measure by: give --related-truth for Related; Ranking and Recommendation need events.")
    for comparison in chosen:
        print_comparison(comparison)


def activate_version(home: Home, version: str) -> None:
    """Makes `version` the active one and wakes running servers."""
    activate(home.bundles, version)
    store = SqliteStore(home.store)
    store.log.append_activation(version, now_micros())
    store.close()
