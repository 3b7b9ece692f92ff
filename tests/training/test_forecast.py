"""The forecast grows with what the store holds, and names what does not fit."""

from pathlib import Path

import msgspec
import pytest

from recsys.store import StoreSize
from training.forecast import forecast


def test_more_to_learn_from_needs_more(tmp_path: Path) -> None:
    few, many = (
        forecast(StoreSize(articles=n, article_bytes=n * 800, events=n * 10, log_bytes=n * 100), tmp_path)
        for n in (1_000, 100_000)
    )
    assert few.memory_mb < many.memory_mb
    assert few.disk_mb < many.disk_mb
    assert few.cpu_seconds < many.cpu_seconds


def test_what_does_not_fit_is_named_with_both_figures(tmp_path: Path) -> None:
    needs = forecast(StoreSize(1_000, 800_000, 10_000, 100_000), tmp_path)
    assert msgspec.structs.replace(needs, memory_free_mb=None).shortages() == []
    short = msgspec.structs.replace(needs, memory_mb=3_000.0, memory_free_mb=2_000.0, disk_mb=50.0, disk_free_mb=10.0)
    memory, disk = short.shortages()
    assert "up to 3,000 MB are needed, 2,000 MB are free" in memory
    assert "50 MB are needed, 10 MB are free" in disk


@pytest.mark.parametrize(
    ("articles", "text_mb", "events", "measured_mb"),
    [
        (19_042, 17.0, 0, 506.0),  # Reuters-21578
        (2_557, 0.2, 58_014, 567.0),  # deskdrop
        (20_000, 15.5, 500_000, 1_132.0),  # generated, events of all kinds
        (100_000, 77.4, 500_000, 1_896.0),  # generated, views
        (100_000, 77.4, 10_500_000, 2_965.0),
    ],
)
def test_measured_sites_needed_less_and_no_less_than_half(
    tmp_path: Path, articles: int, text_mb: float, events: int, measured_mb: float
) -> None:
    """The most memory that a training held, as docs/scaling.md has it: a forecast is a bound, and of use."""
    needs = forecast(StoreSize(articles, int(text_mb * 2**20), events, 0), tmp_path)
    assert needs.memory_mb / 2 < measured_mb < needs.memory_mb
