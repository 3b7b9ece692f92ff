"""Charts as inline SVG: no script, no style attribute, colours by class, and a label that says what they show.

Every function returns one `<svg>`; numbers go into attributes, words only into text, escaped.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

_SVG = Markup('<svg class="{}" viewBox="0 0 {} {}" role="img" aria-label="{}"{}>{}</svg>')
_STRETCH = Markup(' preserveAspectRatio="none"')
_NONE = Markup("")


def columns(values: Sequence[float], names: Sequence[str], label: str) -> Markup:
    """A column for each of `values` >= 0, the greatest as high as the chart; `names` are told on hover."""
    top = max(values, default=0.0) or 1.0
    step = 600 / max(1, len(values))
    bars = [
        _bar("bar", at * step, step * 0.8, floor=100, height=100 * value / top, told=f"{name}: {value:,.0f}")
        for at, (value, name) in enumerate(zip(values, names, strict=True))
        if value
    ]
    return _SVG.format("columns", 600, 100, label, _STRETCH, _NONE.join(bars))


def sparkline(values: Sequence[float], label: str) -> Markup:
    """The course of `values` >= 0 in the height of a line of text."""
    top = max(values, default=0.0) or 1.0
    step = 120 / max(1, len(values))
    path = "".join(
        f"M{at * step:.1f} 24v-{24 * value / top:.1f}h{step * 0.75:.1f}V24z" for at, value in enumerate(values) if value
    )
    return _SVG.format("spark", 120, 24, label, _STRETCH, Markup('<path class="bar" d="{}"/>').format(path))


def contributions(reasons: Sequence[Mapping[str, Any]], score: float, most: float) -> Markup:
    """One bar for an item: a part for each reason's `weight`, the whole as long as `score` is of `most`."""
    total = sum(abs(reason["weight"]) for reason in reasons)
    width = 200 * min(1.0, abs(score) / most) if most > 0 else 0.0
    told = [f"{reason['kind'].replace('_', ' ')} {reason['weight']:.4f}" for reason in reasons]
    parts, begin = [], 0.0
    for reason, words in zip(reasons, told, strict=True):
        part = width * abs(reason["weight"]) / total if total else 0.0
        parts.append(_bar(f"k k-{reason['kind']}", begin, part, floor=10, height=10, told=words))
        begin += part
    return _SVG.format("parts", 200, 10, ", ".join(told) or "no reason", _STRETCH, _NONE.join(parts))


def interval(row: Mapping[str, Any], value: str, most: float, *, first: bool = False) -> Markup:
    """A mark at `row[value]` on a line from its `low` to its `high`, on a scale from 0 to `most`."""
    low, mark, high = (
        400 * min(1.0, max(0.0, row[name]) / most) if most > 0 else 0.0 for name in ("low", value, "high")
    )
    lines = Markup(
        '<line class="track" x1="0" y1="10" x2="400" y2="10"/>'
        '<line class="span" x1="{:.1f}" y1="10" x2="{:.1f}" y2="10"/>'
        '<line class="tick" x1="{x:.1f}" y1="4" x2="{x:.1f}" y2="16"/>'
    ).format(low, high, x=min(398.0, max(2.0, mark)))
    told = f"{row[value]:.3f}, 95% interval {row['low']:.3f} to {row['high']:.3f}"
    return _SVG.format("interval first" if first else "interval", 400, 20, told, _STRETCH, lines)


def trend(points: Sequence[Mapping[str, Any]], label: str) -> Markup:
    """The figure of one version after the other with its interval, on a scale from 0."""
    most = max((point["high"] for point in points), default=0.0) or 1.0
    step = 400 / max(1, len(points))
    spots = [(at * step + step / 2, 100 - 96 * point["value"] / most) for at, point in enumerate(points)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    parts = [Markup('<polyline class="line" points="{}"/>').format(line)]
    for (x, y), point in zip(spots, points, strict=True):
        low, high = 100 - 96 * point["low"] / most, 100 - 96 * point["high"] / most
        told = f"{point['version']}: {point['value']:.3f}, 95% {point['low']:.3f} to {point['high']:.3f}"
        parts.append(
            Markup(
                '<line class="span" x1="{x:.1f}" y1="{:.1f}" x2="{x:.1f}" y2="{:.1f}"/>'
                '<circle class="dot" cx="{x:.1f}" cy="{:.1f}" r="4.5"><title>{}</title></circle>'
            ).format(low, high, y, told, x=x)
        )
    return _SVG.format("trend", 400, 104, label, _NONE, _NONE.join(parts))


def shares(parts: Sequence[tuple[str, float]], label: str) -> Markup:
    """One bar of shares that sum to 1 at most, each with the CSS class `s-` and its name."""
    begin, drawn = 0.0, []
    for name, share in parts:
        drawn.append(_bar(f"s s-{name}", begin, 400 * share, floor=12, height=12, told=f"{name}: {share:.1%}"))
        begin += 400 * share
    return _SVG.format("shares", 400, 12, label, _STRETCH, _NONE.join(drawn))


def _bar(css: str, x: float, width: float, *, floor: float, height: float, told: str) -> Markup:
    """A rectangle that stands on `floor`. Numbers need no escaping, and formatting them as `Markup` does is slow."""
    place = f'x="{x:.2f}" y="{floor - height:.2f}" width="{width:.2f}" height="{height:.2f}"'
    return Markup(f'<rect class="{escape(css)}" {place}><title>{escape(told)}</title></rect>')  # noqa: S704
