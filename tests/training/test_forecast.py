"""The forecast grows with what the store holds, and names what does not fit."""

from pathlib import Path

import msgspec

from recsys.store import StoreSize
from training.forecast import forecast, free_memory_mb


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


def test_the_limit_of_the_control_group_counts_where_it_is_lower(tmp_path: Path) -> None:
    meminfo, group = tmp_path / "meminfo", tmp_path / "cgroup"
    group.mkdir()
    meminfo.write_text("MemTotal: 9000000 kB\nMemAvailable:    2048000 kB\n")
    assert free_memory_mb(meminfo, group) == 2000.0
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("1048576\n")
    assert free_memory_mb(meminfo, group) == 2000.0
    (group / "memory.max").write_text(f"{501 << 20}\n")
    assert free_memory_mb(meminfo, group) == 500.0
    assert free_memory_mb(tmp_path / "none", tmp_path / "none") is None
