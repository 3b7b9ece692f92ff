from datetime import UTC
from itertools import pairwise
from pathlib import Path

import pytest

from recsys.errors import BadRecord
from recsys.event import Event
from recsys.event_reader import EventReader
from recsys.times import DAY, parse_time
from training.sources import read

DAY_OF = parse_time("2026-03-01")


def outcomes(folder: Path, text: str) -> list[Event | BadRecord]:
    path = folder / "views.csv"
    path.write_text(text)
    rows = read(path, EventReader(UTC, {"/tide": "tide", "/sand": "sand"}.get))
    return [row.outcome for row in rows if isinstance(row.outcome, Event | BadRecord)]


def events(folder: Path, text: str) -> list[Event]:
    return [outcome for outcome in outcomes(folder, text) if isinstance(outcome, Event)]


def test_each_counted_view_is_an_event_of_its_day(tmp_path: Path) -> None:
    found = events(tmp_path, "# Report\nPage path,Date,Views\n/tide,20260301,3\n/sand,2026-03-01,2\n")
    assert [event.article_id for event in found] == ["tide"] * 3 + ["sand"] * 2
    assert all(DAY_OF <= event.at < DAY_OF + DAY for event in found)
    assert len({event.id for event in found}) == 5


def test_views_are_spread_over_the_day(tmp_path: Path) -> None:
    at = sorted(event.at for event in events(tmp_path, "url,date,views\n/tide,2026-03-01,240\n"))
    assert max(after - before for before, after in pairwise(at)) < DAY / 100


def test_newer_export_adds_only_what_came_since(tmp_path: Path) -> None:
    before = events(tmp_path, "url,date,views\n/tide,2026-03-01,5\n")
    after = events(tmp_path, "url,date,views\n/tide,2026-03-01,8\n")
    assert after[:5] == before
    assert len({event.id for event in after}) == 8


@pytest.mark.parametrize(("count", "views"), [("1,204", 1_204), ("1.204", 1_204), ("0", 0), ("", 0), ("12", 12)])
def test_numbers_as_tools_write_them(tmp_path: Path, count: str, views: int) -> None:
    assert len(events(tmp_path, f'url,date,pageviews\n/tide,2026-03-01,"{count}"\n')) == views


@pytest.mark.parametrize(
    "row",
    ["/tide,2026-03-01,many", "/tide,soon,3", "/tide,2026-03-01,-3", "/tide,2026-03-01,2000000", "/gone,2026-03-01,3"],
)
def test_bad_row_is_told_once(tmp_path: Path, row: str) -> None:
    [bad, good] = outcomes(tmp_path, f"url,date,views\n{row}\n/tide,2026-03-01,1\n")
    assert isinstance(bad, BadRecord)
    assert isinstance(good, Event)
