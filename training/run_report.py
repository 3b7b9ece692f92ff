"""What became of a retraining: one report a run, and the outcome of the last one for whoever watches.

reports/retrain.json            `Status`: the last run, and the last that succeeded
reports/retrain-<name>.json     `RunReport`; <name> is the version, or the outcome and the time where none was published
reports/retrain-<name>.html     the same for people
"""

import os
from pathlib import Path
from typing import Literal

import msgspec

from training.forecast import Forecast
from training.gate import Verdict
from training.ingest import Taken
from training.report import Section, Table, report_page

STATUS = "retrain.json"
KEPT = 100  # reports

Outcome = Literal["published", "nothing new", "refused", "failed"]


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """One run, from beginning to end. Times are ISO 8601."""

    outcome: Outcome
    began: str
    ended: str
    seconds: float
    cpu_seconds: float
    peak_mb: float
    reason: str = ""  # what was new; of a failure what went wrong
    version: str | None = None
    serving: str | None = None  # the version that answered before
    articles: int | None = None
    events: int | None = None
    forced: bool = False  # published though the gate refused
    verdict: Verdict | None = None
    imported: tuple[Taken, ...] = ()
    warnings: tuple[str, ...] = ()
    forecast: Forecast | None = None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The last run, short. `last_success`: when a run last ended well, "nothing new" included; None: never."""

    outcome: Outcome
    ended: str
    version: str | None = None
    forced: bool = False
    refusals: tuple[str, ...] = ()
    warnings: int = 0
    reason: str = ""
    last_success: str | None = None


def keep_report(folder: Path, report: RunReport, site: str) -> None:
    """Writes the report and the status, and removes the oldest reports beyond KEPT."""
    folder.mkdir(exist_ok=True)
    fresh = report.outcome not in ("published", "refused") or report.version is None
    name = f"{report.outcome.replace(' ', '-')}-{report.ended[:19].replace(':', '')}" if fresh else report.version
    if report.outcome != "nothing new":
        data = msgspec.json.format(msgspec.json.encode(report), indent=1)
        _write(folder / f"retrain-{name}.json", data)
        _write(folder / f"retrain-{name}.html", run_page(report, site).encode())
    known = read_status(folder)
    succeeded = report.outcome in ("published", "nothing new")
    success = report.ended if succeeded else known.last_success if known else None
    status = Status(
        outcome=report.outcome,
        ended=report.ended,
        version=report.version,
        forced=report.forced,
        refusals=report.verdict.refusals if report.verdict else (),
        warnings=len(report.warnings),
        reason=report.reason,
        last_success=success,
    )
    _write(folder / STATUS, msgspec.json.encode(status))
    for path in sorted(folder.glob("retrain-*.*"), key=lambda path: path.stat().st_mtime_ns)[: -2 * KEPT]:
        path.unlink()


def read_status(folder: Path) -> Status | None:
    """What the last run left; None where there was none, or it can't be read."""
    try:
        return msgspec.json.decode((folder / STATUS).read_bytes(), type=Status)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def run_page(report: RunReport, site: str) -> str:
    """The report for people."""
    verdict = report.verdict or Verdict()
    rows = [
        ("version", report.version or "none"),
        ("served before", report.serving or "none"),
        ("began", report.began),
        ("took", f"{report.seconds:,.1f} s, {report.cpu_seconds:,.1f} s of CPU, {report.peak_mb:,.0f} MB at most"),
        ("articles", "" if report.articles is None else f"{report.articles:,}"),
        ("events", "" if report.events is None else f"{report.events:,}"),
    ]
    taken = tuple(
        (one.file, f"{one.articles_added:,}", f"{one.articles_updated:,}", f"{one.events:,}", f"{one.bad:,}")
        for one in report.imported
    )
    shapes = tuple(
        (name, f"{shape.asked:,}", f"{shape.empty:.1%}", f"{shape.coverage:.3f}", str(shape.ranked))
        for name, shape in verdict.shapes.items()
    )
    tables = [Table("The run", ("what", ""), tuple(rows))]
    if taken:
        tables.append(Table("Imported", ("file", "articles added", "updated", "events", "bad rows"), taken))
    if shapes:
        tables.append(Table("Lists", ("model", "Related asked", "empty", "coverage", "ranked"), shapes))
    forced = ("Published by --force although the gate refused.",) if report.forced else ()
    notes = (*forced, *verdict.refusals, *verdict.notes, *report.warnings)
    section = Section(f"Retraining: {report.outcome}", report.reason, notes, (), tuple(tables))
    return report_page(verdict.comparisons, None, site, first=(section,))


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".partial-{path.name}")
    with partial.open("wb") as opened:
        opened.write(data)
        opened.flush()
        os.fsync(opened.fileno())
    partial.replace(path)
