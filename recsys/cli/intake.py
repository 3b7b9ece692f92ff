"""Running an import and telling what came of it."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from recsys.cli.progress import progress_bars
from recsys.cli.tables import print_rows
from recsys.counted import counted
from recsys.errors import BadInput
from recsys.home import Home
from recsys.settings import read_settings
from recsys.store.opening import open_store
from recsys.times import format_time, now_micros, zone

if TYPE_CHECKING:
    from training.import_report import BadRow, FileReport, ImportReport
    from training.sources import Source

SHOWN = 20  # different bad rows


def gathered(names: Sequence[str]) -> "list[Source]":
    """The files that paths, folders and patterns mean, and the feeds behind addresses."""
    from training.fetching import fetch, is_address
    from training.file_sets import expanded

    found: list[Source] = []
    for name in names:
        found += filter(None, [fetch(name)]) if is_address(name) else expanded([Path(name)])
    return found


def sorted_by_content(sources: "Sequence[Source]") -> "tuple[list[Source], list[Source]]":
    """Those that hold articles, and the others."""
    from training.sources import holds_articles

    articles = [source for source in sources if holds_articles(source)]
    return articles, [source for source in sources if source not in articles]


def run_import(
    home_path: Path, articles: "Sequence[Source]", events: "Sequence[Source]", *, dry_run: bool, strict: bool
) -> bool:
    """Imports and prints a report; every bad row goes to a file of the home's reports. False where strict refused."""
    from training.intake import import_files

    if not articles and not events:
        raise BadInput("name what to import: FILE, or --articles FILE, --events FILE, each as often as needed.")
    home, now = Home(home_path), now_micros()
    settings = read_settings(home.settings)
    home.root.mkdir(parents=True, exist_ok=True)
    what = "dry-run" if dry_run else "import"
    report_path = home.reports / f"{what}-{format_time(now).replace(':', '').replace('.', '-')}.jsonl"
    written: list[BinaryIO] = []

    def keep(row: "BadRow") -> None:
        if not written:
            home.reports.mkdir(exist_ok=True)
            written.append(report_path.open("wb"))
        written[0].write(msgspec.json.encode(row) + b"\n")

    store = open_store(home)
    try:
        with progress_bars() as progress:
            report = import_files(
                store,
                articles,
                events,
                now=now,
                default_zone=zone(settings.timezone),
                dry_run=dry_run,
                strict=strict,
                progress=progress,
                bad_row=keep,
            )
    finally:
        store.close()
        for file in written:
            file.close()
    print_report(report, report_path, dry_run=dry_run)
    return not report.refused


def print_report(report: "ImportReport", report_path: Path, *, dry_run: bool) -> None:
    """What an import found, for people."""
    for file in report.files:
        bad = f", {file.bad:,} bad" if file.bad else ""
        print(f"{file.file}: {counted(file.rows, file.holds.removesuffix('s'), file.holds)}{bad}")
        if file.left_out:
            print(f"left out: {', '.join(f'{what} ({count:,})' for what, count in file.left_out.items())}")
        if file.fields and dry_run:
            print_rows(
                "what was understood",
                ("field", "taken from", "rows", "for example"),
                [(field.field, field.source or field.field, field.filled, field.example) for field in file.fields],
            )
    for warning in (*report.warnings, *filter(None, map(_lacks, report.files))):
        print(f"warning: {warning}")
    _print_bad_rows(report, report_path)
    if report.refused:
        print("nothing was stored: --strict, and there are bad rows. Mend them, or leave --strict out to skip them.")
        return
    put, events = report.articles, report.events
    verb = "would be" if dry_run else "were"
    print(f"articles: {put.added:,} {verb} added, {put.updated:,} updated, {put.unchanged:,} unchanged")
    print(f"events: {events.accepted:,} {verb} added, {events.duplicates:,} were known already")


def _lacks(file: "FileReport") -> str:
    """What a file does not have, without which the lists will be poor; "" where it has all of it."""
    good = file.rows - file.bad
    if file.rows and not good:
        return f"{file.file}: no row of it could be read as {file.holds}. docs/records.md says how fields are named"
    if file.holds == "events":
        if good or not file.left_out:
            return ""
        return f"{file.file}: no address in it leads to an article; those need a url: import them first"
    if not good or any(field.field == "body" and field.filled for field in file.fields):
        return ""
    return f"{file.file}: no article has a body, so Related goes by titles, tags and readers. Is its column named body?"


def _print_bad_rows(report: "ImportReport", report_path: Path) -> None:
    """The first bad row of each kind, with how many are like it."""
    like = Counter((row.file, row.field, row.reason) for row in report.bad_rows)
    told = 0
    for row in report.bad_rows:
        more = like.pop((row.file, row.field, row.reason), 0) - 1
        if more < 0:
            continue
        told += 1
        print(f"bad row: {row}" + f", and {more:,} more like it" * (more > 0))
        if told == SHOWN:
            break
    if report.bad:
        rows = "the bad row is" if report.bad == 1 else f"all {report.bad:,} bad rows are"
        print(f"{rows} in {report_path}")
