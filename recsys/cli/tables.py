"""Answers and evaluations as tables that people can read."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from recsys.why_not import WhyNot
    from training.comparison import Comparison, Figure

WIDE = 130


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
    """A row per model, a column per metric, and what ours gains on each of the others; intervals are 95%."""
    print(f"\n{comparison.list.title()}: {comparison.protocol} ({comparison.questions:,} lists)")
    if not comparison.figures:
        print("nothing to measure by")
        return
    own = [figure for figure in comparison.figures if figure.against is None]
    metrics, models = _distinct(f.metric for f in own), _distinct(f.model for f in own)
    value = {(f.model, f.metric): f for f in own}
    gain = {f.against: f for f in comparison.figures if f.against is not None and f.metric == metrics[0]}
    console = _console()
    shown = metrics if console.width >= WIDE else metrics[:2]
    table = _table(None)
    for name in ("model", *shown, f"{metrics[0]}, ours minus it"):
        table.add_column(name, justify="left" if name == "model" else "right", no_wrap=True)
    for model in models:
        cells = [_figure(value.get((model, name)), interval=name in metrics[:2]) for name in shown]
        table.add_row(*map(Text, (model, *cells, _figure(gain.get(model), signed=True))))
    console.print(table)


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
        detail = ", ".join(term for term, _ in reason.get("terms", ())[:4]) or reason.get("article_id") or ""
        parts.append(f"{reason['kind']} {reason['weight']:.3f}{f' ({detail})' if detail else ''}")
    return "; ".join(parts[:most])
