"""Evaluations as one page of HTML that loads nothing: plots are inline SVG, words and figures are text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from training.clicks import Clicks, Rate
from training.comparison import Comparison, Figure
from training.gate import LEAST_READERS

_TEMPLATES = Path(__file__).parent / "templates"
_WIDTH = 100.0  # of a plot, in units of its own; the page stretches it

LABELS = {
    "ndcg": "nDCG",
    "recall": "recall",
    "mrr": "MRR",
    "hit_rate": "hit rate",
    "coverage": "coverage",
    "gini": "Gini",
    "novelty": "novelty, bits",
    "diversity": "diversity",
    "age_days": "age, days",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a plot: x positions in 0..100, and what stands beside it.

    zero  where the bar begins      mark  how it is coloured: "ours", "up", "down", or "" for neither
    """

    name: str
    zero: float
    value: float
    low: float
    high: float
    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines on one scale from `least` to `most`."""

    title: str
    least: str
    most: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text, the first column names the row."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One evaluation of one list, or one way to part the log."""

    title: str
    about: str
    notes: tuple[str, ...]
    plots: tuple[Plot, ...]
    tables: tuple[Table, ...]


def report_page(
    comparisons: Sequence[Comparison], clicks: Clicks | None, site: str, first: Sequence[Section] = ()
) -> str:
    """The page, with the sections `first` before what was measured; without anything it says so."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    sections = [*first, *(_section(comparison) for comparison in comparisons)]
    if clicks is not None:
        sections.append(_clicks_section(clicks))
    return environment.get_template("report.html").render(site=site, sections=sections)


def too_few(comparison: Comparison) -> tuple[str, ...]:
    """A note where fewer lists were judged than the gate of a retraining would decide by; none else."""
    if not 0 < comparison.questions < LEAST_READERS:
        return ()
    lists = "one list is" if comparison.questions == 1 else f"{comparison.questions} lists are"
    return (f"{lists} too few to tell models apart, whatever the figures: {LEAST_READERS} or more are needed",)


def _section(comparison: Comparison) -> Section:
    own = [figure for figure in comparison.figures if figure.against is None]
    apart = [figure for figure in comparison.figures if figure.against is not None]
    metrics, models = _distinct(f.metric for f in own), _distinct(f.model for f in own)
    few = too_few(comparison)
    plots: list[Plot] = []
    tables: list[Table] = []
    if own:
        first = metrics[0]
        plots.append(_values_plot(label(first), [f for f in own if f.metric == first], models[0]))
        gains = [f for f in apart if f.metric == first]
        if gains:
            plots.append(_gains_plot(f"{label(first)}: {models[0]} minus the other", gains, judged=not few))
        value = {(f.model, f.metric): f for f in own}
        rows = ((model, *(_cell(value.get((model, metric))) for metric in metrics)) for model in models)
        tables.append(Table("All figures", ("model", *map(label, metrics)), tuple(rows)))
    if comparison.parts:
        parts = comparison.parts
        by_model = ((model, *(f"{part.values[model]:.3f}" for part in parts)) for model in models)
        head = ("model", *(f"from {part.begins[:10]} ({part.questions:,})" for part in parts))
        tables.append(Table(f"{label(metrics[0])} by split", head, tuple(by_model)))
    about = f"{comparison.protocol[:1].upper()}{comparison.protocol[1:]}. {comparison.questions:,} lists were judged."
    notes = (*few, *comparison.notes)
    return Section(comparison.list.title(), about, notes, tuple(plots), tuple(tables))


def label(metric: str) -> str:
    """A metric as people write it."""
    name, at, depth = metric.partition("@")
    return f"{LABELS.get(name, name)}{at}{depth}"


def _values_plot(title: str, figures: Sequence[Figure], ours: str) -> Plot:
    top = max(figure.value if figure.high is None else figure.high for figure in figures) or 1.0
    ranked = sorted(figures, key=lambda figure: (figure.model != ours, -figure.value))
    bars = (
        _bar(figure.model, figure, (0.0, top), f"{figure.value:.3f}{_between(figure)}", "ours" * (figure.model == ours))
        for figure in ranked
    )
    return Plot(title, "0", f"{top:.3g}", tuple(bars))


def _gains_plot(title: str, figures: Sequence[Figure], *, judged: bool = True) -> Plot:
    """`judged`: what lies beyond chance is coloured as better or worse."""
    reach = max(abs(bound) for f in figures for bound in (f.value, f.low, f.high) if bound is not None) or 1.0
    bars = []
    for figure in figures:
        mark = "up" if (figure.low or 0.0) > 0.0 else "down" if (figure.high or 0.0) < 0.0 else ""
        mark = mark if judged else ""
        p = "" if figure.p is None else f", p {figure.p:.4f}"
        text = f"{figure.value:+.3f}{_between(figure, '+')}{p}"
        bars.append(_bar(figure.against or "", figure, (-reach, reach), text, mark))
    return Plot(title, f"{-reach:.3g}", f"+{reach:.3g}", tuple(bars))


def _bar(name: str, figure: Figure | Rate, scale: tuple[float, float], text: str, mark: str) -> Bar:
    value = figure.rate if isinstance(figure, Rate) else figure.value
    low, high = (value if bound is None else bound for bound in (figure.low, figure.high))
    least, most = scale
    zero, end, left, right = (
        round(min(max(_WIDTH * (x - least) / (most - least), 0.0), _WIDTH), 3) for x in (0.0, value, low, high)
    )
    return Bar(name, zero, end, left, right, text, mark)


def _between(figure: Figure, sign: str = "") -> str:
    return "" if figure.low is None or figure.high is None else f" [{figure.low:{sign}.3f}, {figure.high:{sign}.3f}]"


def _cell(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.value:.3f}{_between(figure)}"


def _clicks_section(clicks: Clicks) -> Section:
    plots: list[Plot] = []
    tables: list[Table] = []
    parted: Mapping[str, Sequence[Rate]] = {
        "list": clicks.by_list,
        "place": clicks.by_position,
        "model": clicks.by_model,
        "variant": clicks.by_variant,
    }
    for name, rates in parted.items():
        if rates:
            top = max(rate.high for rate in rates) or 1.0
            told = [(f"{rate.list} {rate.name}".strip(), rate) for rate in rates]
            bars = (_bar(who, rate, (0.0, top), _share(rate), "") for who, rate in told)
            plots.append(Plot(f"Share clicked by {name}", "0", f"{top:.3g}", tuple(bars)))
            rows = tuple((who, f"{rate.impressions:,}", f"{rate.clicks:,}", _share(rate)) for who, rate in told)
            tables.append(Table(f"By {name}", (name, "impressions", "clicked", "share"), rows))
    if clicks.differences:
        figures = [
            Figure(
                model=d.variant,
                metric=d.list,
                value=d.value,
                low=d.low,
                high=d.high,
                against=f"{d.list}: {d.variant} minus {d.against}",
            )
            for d in clicks.differences
        ]
        plots.append(_gains_plot("Share clicked, between variants", figures))
    about = f"{clicks.impressions:,} impressions, {clicks.clicks:,} of them clicked; {clicks.protocol}."
    split = () if clicks.split is None else (f"Visitors by variant: {clicks.split.says}",)
    return Section("Clicks", about, (*split, *clicks.notes), tuple(plots), tuple(tables))


def _share(rate: Rate) -> str:
    return f"{rate.rate:.4f} [{rate.low:.4f}, {rate.high:.4f}]"


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
