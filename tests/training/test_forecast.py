"""The forecast grows with what the store holds, and names what does not fit."""

from pathlib import Path

import msgspec

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
