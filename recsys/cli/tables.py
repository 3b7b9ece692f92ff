"""Answers and evaluations as tables that people can read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from recsys.why_not import WhyNot
    from training.clicks import Clicks
    from training.comparison import Comparison, Figure

WIDE = 130
LEAST_WEIGHT = 0.0005  # of a reason that is told: less would stand there as 0.000


def print_list(answer: Mapping[str, Any], title: str) -> None:
    """A list answer of the API."""
    if not answer["items"]:
        print(f"{title}: nothing to show. A wider filter, `--fill ranking` or a training may help.")
        return
    table = _table(title)
    for name, numeric in (("#", True), ("score", True), ("id", False), ("title", False), ("why", False)):
        table.add_column(name, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
    for place, item in enumerate(answer["items"], start=1):
        cells = (str(place), f"{item['score']:.4f}", item["id"], item["title"], _why(item))
        table.add_row(*map(Text, cells), style="dim" if item.get("fill") else "")
    _console().print(table)


def print_why_not(told: "WhyNot") -> None:
    """The sentence, and beside it what speaks for the article, and for the one that has its place."""
    print(told.why)
    standings = [standing for standing in (told.standing, told.instead) if standing is not None]
    if not standings:
        return
    table = _table(None)
    for name, numeric in (("article", False), ("place", True), ("score", True), ("cosine", True), ("why", False)):
        table.add_column(name, justify="right" if numeric else "left", overflow="fold", no_wrap=numeric)
    for standing in standings:
        place = "" if standing.place is None else str(standing.place)
        figures = (f"{standing.score:.4f}", f"{standing.cosine:.4f}")
        table.add_row(*map(Text, (standing.id, place, *figures, _parts(to_builtins(standing.reasons)))))
    _console().print(table)


def print_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A plain table; columns of numbers to the right."""
    table = _table(title)
    for place, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[place], int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=numeric)
    for row in rows:
        table.add_row(*(Text(f"{cell:,}" if isinstance(cell, int) else str(cell)) for cell in row))
    _console().print(table)


def print_comparison(comparison: "Comparison") -> None:
    """A row per model, a column per metric, and what ours gains on each of the others; intervals are 95%, and left out
    where so few lists were judged that they would tell nothing.
    """
    from training.report import too_few

    print(f"\n{comparison.list.title()}, {comparison.protocol} ({comparison.questions:,} lists)")
    few = too_few(comparison)
    for note in (*few, *comparison.notes):
        print(f"note: {note}")
    if not comparison.figures:
        print("nothing to measure by")
        return
    own = [figure for figure in comparison.figures if figure.against is None]
    metrics, models = _distinct(f.metric for f in own), _distinct(f.model for f in own)
    first, depth = metrics[0], metrics[0].partition("@")[2]
    accuracy = [name for name in metrics if name.endswith(f"@{depth}")]
    others = [name for name in metrics if name not in accuracy and not name.startswith(("mrr@", "hit_rate@"))]
    value = {(f.model, f.metric): f for f in own}
    gain = {f.against: f for f in comparison.figures if f.against is not None and f.metric == first}
    console = _console()
    wide = console.width >= WIDE
    table = _table(None)
    for name in ("model", *(accuracy if wide else accuracy[:2]), f"{first}, ours minus it", *(["p"] if wide else [])):
        table.add_column(name, justify="left" if name == "model" else "right", no_wrap=True)
    for model in models:
        cells = [_figure(value.get((model, name)), interval=name in accuracy[:2] and not few) for name in accuracy]
        apart = gain.get(model)
        p = "" if few or apart is None or apart.p is None else f"{apart.p:.4f}"
        gained = _figure(apart, signed=True, interval=not few)
        table.add_row(*map(Text, (model, *cells, gained, p) if wide else (model, *cells[:2], gained)))
    console.print(table)
    if wide and others:
        _print_others(console, models, others, value)
    for part in comparison.parts:
        best = max((name for name in models if name != models[0]), key=part.values.__getitem__)
        print(
            f"{first} from {part.begins[:10]}, {part.questions:,} lists: {models[0]} {part.values[models[0]]:.3f}, "
            f"best of the others {best} {part.values[best]:.3f}"
        )


def _print_others(
    console: Console, models: Sequence[str], metrics: Sequence[str], value: Mapping[tuple[str, str], "Figure"]
) -> None:
    """Accuracy at other depths, and what the lists are besides right."""
    table = _table(None)
    for name in ("model", *metrics):
        table.add_column(name, justify="left" if name == "model" else "right", no_wrap=True)
    for model in models:
        table.add_row(*map(Text, (model, *(_figure(value.get((model, name)), interval=False) for name in metrics))))
    console.print(table)


def print_clicks(clicks: "Clicks") -> None:
    """A table for each way to part what was shown, and how the variants of an experiment compare."""
    print(f"{clicks.impressions:,} impressions, {clicks.clicks:,} of them clicked; {clicks.protocol}")
    for note in clicks.notes:
        print(f"note: {note}")
    for name, rates in (
        ("list", clicks.by_list),
        ("place", clicks.by_position),
        ("model", clicks.by_model),
        ("variant", clicks.by_variant),
    ):
        if rates:
            rows = [(r.list, r.name, r.impressions, r.clicks, _share(r.rate, r.low, r.high)) for r in rates]
            print_rows(f"By {name}", ("list", name, "impressions", "clicked", "share"), rows)
    if clicks.differences:
        differences = [(d.list, d.variant, d.against, _share(d.value, d.low, d.high)) for d in clicks.differences]
        print_rows("Between variants", ("list", "variant", "minus", "difference"), differences)
    if clicks.split is not None:
        print(f"visitors by variant: {clicks.split.says}")


def _share(value: float, low: float, high: float) -> str:
    return f"{value:.4f} [{low:.4f}, {high:.4f}]"


def _console() -> Console:
    """As wide as the terminal, and wide where the output goes to a file."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def _table(title: str | None) -> Table:
    return Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="bold")


def _distinct(names: Any) -> list[str]:
    return list(dict.fromkeys(names))


def _figure(figure: "Figure | None", *, signed: bool = False, interval: bool = True) -> str:
    if figure is None:
        return ""
    sign = "+" if signed else ""
    if not interval or figure.low is None or figure.high is None:
        return f"{figure.value:{sign}.3f}"
    return f"{figure.value:{sign}.3f} [{figure.low:{sign}.3f}, {figure.high:{sign}.3f}]"


def _why(item: Mapping[str, Any]) -> str:
    if fill := item.get("fill"):
        return f"fill: {fill}"
    return _parts(item["reasons"], 3)


def _parts(reasons: Sequence[Mapping[str, Any]], most: int | None = None) -> str:
    """The reasons in words, the heaviest first."""
    parts = []
    for reason in sorted(reasons, key=lambda reason: -reason["weight"]):
        if abs(reason["weight"]) < LEAST_WEIGHT:
            continue
        detail = ", ".join(term for term, _ in reason.get("terms", ())[:4]) or reason.get("article_id") or ""
        parts.append(f"{reason['kind']} {reason['weight']:.3f}{f' ({detail})' if detail else ''}")
    return "; ".join(parts[:most])
