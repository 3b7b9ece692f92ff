"""Measuring the lists, and printing or writing what came of it."""

from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from recsys.cli.app import as_of_micros, existing_home
from recsys.cli.progress import progress_bars
from recsys.cli.tables import print_clicks, print_comparison
from recsys.event import LIST_NAMES, ListName
from recsys.settings import Settings, read_settings
from recsys.store.opening import open_store
from recsys.times import zone

if TYPE_CHECKING:
    from training.clicks import Clicks
    from training.comparison import Comparison
    from training.other_lists import OtherLists

Format = Literal["table", "json", "html"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asked to measure.

    truth    links that people made: Related by these alone      compare  NAME=FILE
    """

    list_name: ListName | None
    splits: int
    protocol: Literal["split", "rolling", "both"]
    cut: str | None
    truth: Path | None
    drop_own_links: bool
    compare: tuple[str, ...]


def run_evaluate(home_path: Path, wanted: Wanted, as_of: str | None, output: Format, out: Path | None) -> None:
    """Evaluates on the site's own past, or Related on links that people made."""
    from training.evaluate import Plan, evaluate_related, evaluate_site
    from training.train import read_store

    home = existing_home(home_path)
    settings, moment = read_settings(home.settings), as_of_micros(as_of, home)
    cut = None if wanted.cut is None else as_of_micros(wanted.cut, home, option="--cut")
    others = _others(wanted.compare, settings)
    store = open_store(home)
    with progress_bars() as progress:
        articles, events, _ = read_store(store, home.history, progress)
        store.close()
        if wanted.truth is not None:
            found = evaluate_related(
                articles,
                events,
                wanted.truth,
                moment,
                settings,
                drop_own_links=wanted.drop_own_links,
                others=others,
                progress=progress,
            )
        else:
            plan = Plan(_lists(wanted.list_name, others), wanted.splits, wanted.protocol, cut, others)
            found = evaluate_site(articles, events, moment, settings, plan, progress=progress)
    _deliver([one for one in found if wanted.list_name in (None, one.list)], None, settings, output, out)


def run_clicks(home_path: Path, as_of: str | None, output: Format, out: Path | None) -> None:
    """Tells how often what was shown was clicked, from the log."""
    from training.clicks import clicks_of

    home = existing_home(home_path)
    settings, moment = read_settings(home.settings), as_of_micros(as_of, home)
    store = open_store(home)
    with progress_bars() as progress:
        found = clicks_of(store.log, moment, settings.variants, progress)
    store.close()
    _deliver([], found, settings, output, out)


def _others(named: Sequence[str], settings: Settings) -> "list[OtherLists]":
    from training.other_lists import read_other_lists

    files = []
    for text in named:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise typer.BadParameter(f"expected NAME=FILE, got {text}", param_hint="--compare")
        files.append((name, Path(path)))
    return read_other_lists(files, zone(settings.timezone))


def _lists(name: ListName | None, others: "Sequence[OtherLists]") -> frozenset[ListName]:
    """The list asked for; else those that there is something to compare with; else all."""
    if name is not None:
        return frozenset({name})
    return frozenset(name for name in LIST_NAMES if any(one.of(name) for one in others)) or frozenset(LIST_NAMES)


def _deliver(
    found: "Sequence[Comparison]", clicks: "Clicks | None", settings: Settings, output: Format, out: Path | None
) -> None:
    """Prints, or writes the file whole or not at all."""
    import msgspec

    from training.report import report_page

    if output == "table" and out is None:
        _print(found, clicks)
        return
    if output == "html":
        text = report_page(found, clicks, settings.title)
    elif output == "json":
        text = msgspec.json.encode(found if clicks is None else clicks).decode() + "\n"
    else:
        with redirect_stdout(StringIO()) as said:
            _print(found, clicks)
        text = said.getvalue()
    if out is None:
        print(text, end="")
    else:
        partial = out.with_name(f".{out.name}.partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(out)


def _print(found: "Sequence[Comparison]", clicks: "Clicks | None") -> None:
    if clicks is not None:
        print_clicks(clicks)
    elif not found:
        print("nothing to measure by: give --related-truth for Related; the other ways need events before a cut.")
    for comparison in found:
        print_comparison(comparison)
