"""Running a training and printing what came of it."""

from pathlib import Path
from typing import Any, Literal

from recsys.cli.app import as_of_micros, existing_home, registry_of
from recsys.cli.progress import progress_bars
from recsys.cli.tables import print_comparison
from recsys.home import Home
from recsys.registry import active_or_none
from recsys.settings import read_settings
from recsys.store.opening import open_store
from recsys.times import format_time, now_micros


def run_train(
    home_path: Path, as_of: str | None, engine: Literal["duckdb", "spark"] = "duckdb", master: str = "local[*]"
) -> None:
    """Trains and prints a summary."""
    from training.engine_choice import EngineChoice
    from training.forecast import forecast
    from training.train import train

    home = existing_home(home_path)
    settings, now = read_settings(home.settings), now_micros()
    moment = now if as_of is None else as_of_micros(as_of, home)
    store = open_store(home)
    try:
        needs = forecast(store.size(), home.root)
        print("\n".join([needs.says(), *(f"warning: {said}" for said in needs.shortages())]))
        with progress_bars() as progress:
            trained = train(
                store,
                home,
                settings,
                as_of=moment,
                now=now,
                progress=progress,
                choice=EngineChoice(engine, master),
            )
    finally:
        store.close()
    manifest = trained.manifest
    span = "" if manifest.first_event is None else f" of {format_time(manifest.first_event)[:10]}"
    if manifest.last_event is not None:
        span += f" to {format_time(manifest.last_event)[:10]}"
    print(f"trained on {manifest.articles:,} articles and {manifest.events:,} events{span}")
    if manifest.events:
        print(_readers(manifest.metrics["signals"]))
    for comparison in trained.evaluation:
        print_comparison(comparison)
    print(f"{manifest.version} is published and active")


def _readers(signals: dict[str, Any]) -> str:
    """Who read, by what they are told apart, and what that means for ties."""
    if signals["known_by"] == "nothing":
        return "events name neither visitor nor session: articles are not tied by common readers"
    told = f"{signals['readers']:,} readers, told apart by {signals['known_by']}"
    shares = [f"{name} {found['click_through']:.1%}" for name, found in signals["lists"].items()]
    return f"{told}; clicked of what was shown: {', '.join(shares)}" if shares else told


def activate_version(home: Home, version: str) -> None:
    """Makes `version` the active one and wakes running servers."""
    registry = registry_of(home)
    registry.activate(version, after=active_or_none(registry))
    store = open_store(home)
    store.log.append_activation(version, now_micros())
    store.close()
