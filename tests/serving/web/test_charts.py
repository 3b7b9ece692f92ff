"""Charts are well-formed SVG whatever they are given, and no word in them is markup."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.web import charts

HOSTILE = "\"'><script>alert(1)</script>"
numbers = st.lists(st.integers(0, 10**9), max_size=40)


@given(numbers)
def test_columns_and_sparklines_are_as_high_as_their_numbers(values):
    drawn = ElementTree.fromstring(charts.columns(values, [HOSTILE] * len(values), HOSTILE))
    heights = [float(bar.attrib["height"]) for bar in drawn]
    assert len(heights) == sum(value > 0 for value in values)
    if heights:
        assert max(heights) == 100.0
    assert drawn.attrib["aria-label"] == HOSTILE
    ElementTree.fromstring(charts.sparkline(values, HOSTILE))


def test_the_parts_of_a_score_are_as_wide_as_their_weights():
    reasons = [{"kind": "terms", "weight": 3.0}, {"kind": HOSTILE, "weight": -1.0}]
    drawn = ElementTree.fromstring(charts.contributions(reasons, 2.0, 4.0))
    assert [float(bar.attrib["width"]) for bar in drawn] == [75.0, 25.0]
    assert drawn[1].attrib["class"] == f"k k-{HOSTILE}"


@pytest.mark.parametrize("most", [0.0, 0.5, 1.0])
def test_an_interval_stays_on_its_scale(most):
    row = {"value": 0.6, "low": 0.1, "high": 0.9}
    drawn = ElementTree.fromstring(charts.interval(row, "value", most))
    assert all(0.0 <= float(line.attrib[x]) <= 400.0 for line in drawn for x in ("x1", "x2"))


def test_a_trend_has_a_dot_for_each_version():
    points = [{"version": HOSTILE, "value": 0.5, "low": 0.4, "high": 0.6}] * 3
    drawn = ElementTree.fromstring(charts.trend(points, "quality"))
    assert sum(part.tag == "circle" for part in drawn) == 3
