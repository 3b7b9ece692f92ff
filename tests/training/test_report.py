"""The report is one page that holds every figure, loads nothing and trusts no name."""

import re

import msgspec

from training.clicks import Clicks, Difference, Rate, Shares
from training.comparison import compare
from training.report import label, report_page, too_few

COMPARISON = compare(
    "related",
    "links, all candidates",
    {"ours": [[1], [2]], "<script>alert(1)</script>": [[1], [5]]},
    [{1: 1.0}, {2: 1.0}],
    k=1,
    catalogue=6,
)


def rate(name, **fields):
    values = {"list": "related", "impressions": 10, "clicks": 2, "rate": 0.2, "low": 0.1, "high": 0.3} | fields
    return Rate(name=name, **values)


def test_every_figure_stands_on_the_page():
    page = report_page([COMPARISON], None, "The Courier")
    for figure in COMPARISON.figures:
        if figure.against is None:
            assert f"{figure.value:.3f}" in page
    assert "nDCG@1" in page
    assert "ours minus the other" in page
    assert "2 lists were judged" in page


def test_so_few_lists_that_they_tell_nothing_are_told_as_such():
    """Intervals of three lists look sharp and are chance."""
    assert "2 lists are too few to tell models apart" in report_page([COMPARISON], None, "x")
    sharp = tuple(msgspec.structs.replace(one, low=0.1, high=0.2) for one in COMPARISON.figures)
    few = msgspec.structs.replace(COMPARISON, figures=sharp)
    many = msgspec.structs.replace(few, questions=20)
    assert [report_page([one], None, "x").count('<li class="up">') for one in (few, many)] == [0, 1]
    assert too_few(many) == ()
    assert too_few(msgspec.structs.replace(COMPARISON, questions=0)) == ()


def test_nothing_is_loaded_and_no_name_is_markup():
    page = report_page([COMPARISON], None, '<b onload="x">"')
    assert "<script" not in page
    assert "<b onload" not in page
    assert not re.findall(r"""(?:src|href)=["'](?!data:,)""", page)
    assert "url(" not in page
    assert "@import" not in page


def test_bars_lie_within_the_plot_and_intervals_around_their_values():
    page = report_page([COMPARISON], None, "x")
    places = [float(x) for x in re.findall(r' (?:x1|x2|x|width)="([^"]+)"', page)]
    assert places
    assert all(0.0 <= x <= 100.0 for x in places)


def test_what_could_not_be_measured_is_said():
    assert "Nothing was measured" in report_page([], None, "x")
    nothing = compare("ranking", "p", {"ours": [[1]]}, [{}], k=8, catalogue=6)
    assert "There is nothing to measure by" in report_page([nothing], None, "x")


def test_clicks_have_a_section_with_their_variants_and_the_split():
    clicks = Clicks(
        protocol="p",
        impressions=20,
        clicks=4,
        by_list=(rate(""),),
        by_variant=(rate("today"), rate("new", rate=0.4, low=0.3, high=0.5)),
        differences=(Difference(list="related", variant="new", against="today", value=0.2, low=0.05, high=0.35),),
        split=Shares(visitors={"today": 5, "new": 5}, shares={"today": 1.0, "new": 1.0}, p=1.0, says="as set"),
        notes=("a note",),
    )
    page = report_page([], clicks, "x")
    for said in ("20 impressions, 4 of them clicked", "related today", "new minus today", "as set", "a note"):
        assert said in page
    assert 'class="up"' in page


def test_metrics_are_named_as_people_write_them():
    assert [label(name) for name in ("ndcg@10", "hit_rate@5", "age_days")] == ["nDCG@10", "hit rate@5", "age, days"]
