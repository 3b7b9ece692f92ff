"""Running a retraining for a scheduler: what it prints, and with which exit status it ends."""

from pathlib import Path
from typing import TYPE_CHECKING

from recsys.cli.app import as_of_micros
from recsys.cli.progress import progress_bars
from recsys.cli.tables import print_comparison
from recsys.errors import Refused
from recsys.home import Home
from recsys.settings import read_settings
from recsys.store.opening import open_store
from recsys.times import now_micros

if TYPE_CHECKING:
    from training.run_report import RunReport


def run_retrain(home_path: Path, as_of: str | None, *, force: bool) -> None:
    """Retrains and prints a summary; raises Refused where the gate says no."""
    from training.retrain import Job, retrain

    home = Home(home_path)
    settings, now = read_settings(home.settings), now_micros()
    moment = now if as_of is None else as_of_micros(as_of, home)
    home.root.mkdir(parents=True, exist_ok=True)
    store = open_store(home)
    try:
        with progress_bars() as progress:
            job = Job(store, home, settings, as_of=moment, now=now, force=force, progress=progress, tell=print)
            report = retrain(job)
    finally:
        store.close()
    print_run(report)
    if report.outcome == "refused":
        raise Refused(
            f"the gate refused, {report.serving} stays. Mend what it names, or publish all the same: --force."
        )


def print_run(report: "RunReport") -> None:
    """What a run did, for people and for a scheduler's log."""
    for warning in report.warnings:
        print(f"warning: {warning}")
    for one in report.imported:
        put = f"{one.articles_added:,} articles added, {one.articles_updated:,} updated"
        print(f"{one.file}: {put}, {one.events:,} events")
    if report.outcome == "nothing new":
        print(f"nothing new since {report.version}")
        return
    if report.verdict is not None:
        for comparison in report.verdict.comparisons:
            print_comparison(comparison)
        for note in report.verdict.notes:
            print(f"note: {note}")
        for refusal in report.verdict.refusals:
            print(f"refused: {refusal}")
    print(f"took {report.seconds:,.1f} s, {report.cpu_seconds:,.1f} s of CPU, {report.peak_mb:,.0f} MB at most")
    if report.outcome == "published":
        print(f"{report.version} is published and active{', by --force' if report.forced else ''}")
