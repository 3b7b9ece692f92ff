"""A site's days in minutes: readers and articles come day by day, each night retrains beside a server that answers."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from recsys.article import Article
from recsys.cli.demo import sample_articles, spare_site
from recsys.cli.progress import progress_bars
from recsys.cli.steady_reader import Asked, SteadyReader, resident_mb, served
from recsys.cli.tables import print_rows
from recsys.errors import BadInput, RecsysError
from recsys.event import Event
from recsys.home import Home
from recsys.record import wire_json
from recsys.settings import read_settings
from recsys.store.opening import open_store
from recsys.times import DAY, format_time, now_micros

SETTLES_SECONDS = 30.0
WARM_UP = 200  # answers before anything is trained beside the server

_SETTINGS = """\
title = "The Harbour Courier"
notice = "The paper, its town and its people are invented; its readers are simulated."

[sources]
articles = ["feed/articles-*.jsonl"]
events = ["feed/events-*.jsonl"]
"""


class Night(msgspec.Struct, frozen=True, kw_only=True):
    """One day and the retraining that followed; `quality`: the candidate's nDCG@10 by list, of that day's readers."""

    day: str
    outcome: str
    version: str
    articles: int
    events: int
    quality: dict[str, float]
    answers: int
    faults: int
    p99_ms: float
    server_mb: float
    trainer_mb: float
    home_mb: float
    seconds: float


def run_simulate(home_path: Path, days: int, visitors: int, seed: int) -> None:
    """Makes a home, lives through the days, says on standard error when a night is over and prints what they brought;
    raises RecsysError where the server failed.
    """
    spare_site("a simulation")
    home = Home(home_path)
    if home.root.exists() and any(home.root.iterdir()):
        raise BadInput(f"{home.root} is not empty. Give another folder with --home.")
    (home.root / "feed").mkdir(parents=True)
    home.settings.write_text(_SETTINGS)
    last = now_micros() // DAY * DAY
    articles, events = _history(last, visitors, seed)
    first = last - days * DAY
    _feed(home, 0, articles, events, 0, first)
    nights = [_retrained(home, first)]
    _say(nights[0], 0, days)
    ids = [article.id for article in articles if article.published_at < first and article.expires_at is None]
    faults: list[str] = []
    with served(home.root) as (url, process):
        reader = SteadyReader(url, ids, seed)
        reader.start()
        alone = _warmed(reader)
        faults += alone.faults
        for day in range(1, days + 1):
            begin, end = first + (day - 1) * DAY, first + day * DAY
            _feed(home, day, articles, events, begin, end)
            night = _retrained(home, end)
            followed = reader.until(night.version, SETTLES_SECONDS)
            asked = reader.look()
            faults += asked.faults
            if not followed:
                faults.append(f"{night.day}: the server did not follow to {night.version}")
            seen = {"answers": len(asked.seconds), "faults": len(asked.faults), "p99_ms": round(asked.p99_ms(), 1)}
            nights.append(msgspec.structs.replace(night, **seen, server_mb=round(resident_mb(process), 1)))
            _say(night, day, days)
        reader.end()
    _print(nights, alone)
    _keep(home, nights)
    if faults:
        raise RecsysError(f"{len(faults)} answers were wrong, such as {faults[0]}")
    print(f"{sum(night.answers for night in nights):,} answers while {days} nights were trained, none of them wrong")


def _history(last: int, visitors: int, seed: int) -> tuple[list[Article], list[Event]]:
    """The sample's articles and simulated events, moved so that they end at `last`."""
    from training.simulate import SAMPLE_END, shift, simulate

    articles = sample_articles()
    delta = last - SAMPLE_END // DAY * DAY
    events = simulate(articles, visitors=visitors, seed=seed)
    return shift(articles, delta), shift(events, delta)


def _feed(home: Home, day: int, articles: Sequence[Article], events: Sequence[Event], begin: int, end: int) -> None:
    """Writes to the sources what came from `begin` on, before `end`."""
    for name, lines in (
        ("articles", [wire_json(one) for one in articles if begin <= one.published_at < end]),
        ("events", [wire_json(one) for one in events if begin <= one.at < end]),
    ):
        path = home.root / "feed" / f"{name}-{day:03}.jsonl"
        if lines:
            path.write_bytes(b"\n".join(lines) + b"\n")


def _retrained(home: Home, as_of: int) -> Night:
    from training.retrain import Job, retrain

    store = open_store(home)
    try:
        with progress_bars() as progress:
            settings = read_settings(home.settings)
            job = Job(store, home, settings, as_of=as_of, now=now_micros(), force=False, progress=progress)
            report = retrain(job)
    finally:
        store.close()
    compared = report.verdict.comparisons if report.verdict else ()
    return Night(
        day=format_time(as_of - 1)[:10],
        outcome=report.outcome,
        version=(report.version if report.outcome == "published" else report.serving) or "",
        articles=report.articles or 0,
        events=report.events or 0,
        quality={one.list: round(one.value("candidate", "ndcg@10"), 4) for one in compared},
        answers=0,
        faults=0,
        p99_ms=0.0,
        server_mb=0.0,
        trainer_mb=report.peak_mb,
        home_mb=round(sum(path.stat().st_size for path in home.root.rglob("*") if path.is_file()) / 2**20, 1),
        seconds=report.seconds,
    )


def _say(night: Night, number: int, of: int) -> None:
    print(f"night {number} of {of}: {night.outcome} in {night.seconds:.0f} s", file=sys.stderr, flush=True)


def _warmed(reader: SteadyReader) -> Asked:
    """What the server does while nothing is trained."""
    import time

    time.sleep(1.0)
    reader.look()  # the first answers fill caches
    alone = Asked()
    while len(alone.seconds) < WARM_UP:
        time.sleep(0.2)
        more = reader.look()
        alone.seconds += more.seconds
        alone.faults += more.faults
    return alone


def _print(nights: Sequence[Night], alone: Asked) -> None:
    lists = ("related", "ranking", "recommendation")
    rows = [
        (
            night.day,
            night.outcome,
            f"{night.articles:,}",
            f"{night.events:,}",
            *(f"{night.quality[name]:.3f}" if name in night.quality else "" for name in lists),
            f"{night.answers:,}",
            night.faults,
            f"{night.p99_ms:.1f}",
            f"{night.server_mb:.0f}",
            f"{night.trainer_mb:.0f}",
            f"{night.home_mb:.0f}",
            f"{night.seconds:.1f}",
        )
        for night in nights
    ]
    head = ("day", "outcome", "articles", "events", "Rel.", "Rank.", "Rec.", "answers", "wrong", "p99 ms")
    print_rows("Nights", (*head, "server MB", "trainer MB", "home MB", "seconds"), rows)
    print(
        f"Rel., Rank., Rec.: nDCG@10 of what readers turned to that day; p99 without training {alone.p99_ms():.1f} ms"
    )


def _keep(home: Home, nights: Sequence[Night]) -> None:
    """The figures, and a page with a plot of the quality by day."""
    from training.report import Bar, Plot, Section, report_page

    plots = []
    for name in ("related", "ranking", "recommendation"):
        values = [(night.day, night.quality[name]) for night in nights if name in night.quality]
        top = max((value for _, value in values), default=0.0) or 1.0
        ends = [(day, round(100.0 * value / top, 3), f"{value:.3f}") for day, value in values]
        bars = tuple(Bar(day, 0.0, end, end, end, text, "ours") for day, end, text in ends)
        plots.append(Plot(f"{name.title()}: nDCG@10 by day", "0", f"{top:.3g}", bars))
    about = "Each night's model without that day's events, on what readers turned to that day."
    section = Section("A simulated site", about, (), tuple(plots), ())
    title = read_settings(home.settings).title
    (home.reports / "simulation.html").write_text(report_page((), None, title, first=(section,)))
    (home.reports / "simulation.json").write_bytes(msgspec.json.format(msgspec.json.encode(nights), indent=1))
