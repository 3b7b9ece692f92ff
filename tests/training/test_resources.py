"""What is left of memory is what the tightest of the system and the own control groups has left; what is freed goes."""

import os
import platform
from pathlib import Path

import numpy as np
import pytest

from training.resources import free_memory_mb, give_back_freed

MB = 1 << 20


def laid_down(folder: Path, files: dict[str, object]) -> tuple[Path, Path]:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{content}\n")
    return folder / "proc", folder / "groups"


def system(own: str) -> dict[str, object]:
    return {"proc/meminfo": "MemTotal: 9000000 kB\nMemAvailable:    2048000 kB", "proc/self/cgroup": own}


def test_without_a_group_it_is_what_the_system_has_left(tmp_path: Path) -> None:
    assert free_memory_mb(*laid_down(tmp_path, system("0::/"))) == 2000.0
    assert free_memory_mb(tmp_path / "none", tmp_path / "none") is None


@pytest.mark.parametrize(
    ("own", "group"),
    [
        ("0::/system.slice/retrain.service", "groups/system.slice/retrain.service"),
        ("0::/system.slice/retrain.service", "groups/system.slice"),
        ("0::/", "groups"),
        ("0::/host/path/of/a/container", "groups"),
    ],
)
def test_the_limit_of_the_own_group_or_of_one_around_it_counts_where_it_is_lower(
    tmp_path: Path, own: str, group: str
) -> None:
    found = laid_down(tmp_path, system(own) | {f"{group}/memory.max": "max", f"{group}/memory.current": MB})
    assert free_memory_mb(*found) == 2000.0
    laid_down(tmp_path, {f"{group}/memory.max": 501 * MB})
    assert free_memory_mb(*found) == 500.0
    laid_down(tmp_path, {f"{group}/memory.stat": f"anon 7\ninactive_file {MB // 2}\nactive_file {MB}"})
    assert free_memory_mb(*found) == 500.5


def test_the_limit_of_a_group_of_version_1_counts(tmp_path: Path) -> None:
    own = "9:name=systemd:/\n4:memory:/jobs/retrain\n1:cpu,cpuacct:/\n0::/"
    group = "groups/memory/jobs/retrain"
    files = {f"{group}/memory.limit_in_bytes": 9223372036854771712, f"{group}/memory.usage_in_bytes": MB}
    found = laid_down(tmp_path, system(own) | files)
    assert free_memory_mb(*found) == 2000.0
    stat = f"inactive_file 7\ntotal_inactive_file {MB}"
    laid_down(tmp_path, {f"{group}/memory.limit_in_bytes": 500 * MB, f"{group}/memory.stat": stat})
    assert free_memory_mb(*found) == 500.0


def test_a_group_elsewhere_says_nothing_of_this_process(tmp_path: Path) -> None:
    files = {"groups/other/memory.max": MB, "groups/other/memory.current": 0}
    assert free_memory_mb(*laid_down(tmp_path, system("0::/own") | files)) == 2000.0


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries decide by themselves")
def test_freed_memory_goes_back_to_the_system() -> None:
    """The last of them stays, above all that is freed."""

    def held_mb() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    many = [np.ones(12_000) for _ in range(1_000)]  # 92 MB, each too small for a map of its own
    del many[:-1]
    before = held_mb()
    give_back_freed()
    assert held_mb() < before - 50
