"""`kill -9` and failing writes while a model is trained, published, activated: the old or the new one, never a half."""

import errno
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE

import numpy as np
import pytest

from recsys.bundle import Manifest, active_version, verify_bundle, version_folders
from recsys.home import Home
from recsys.registry import FolderRegistry, active_or_none
from recsys.store.sqlite import SqliteStore
from recsys.times import format_time
from tests.faults.scale import tries
from training.publish import publish, sweep_home

KILLS = tries(100, 3)  # of a retraining, at random moments
RECSYS = Path(sys.executable).with_name("recsys")

# For each line a process of its own: publishes or activates, and kills itself before its n-th fsync, rename or removal.
SELF_KILLERS = """
import os, signal, sys
from pathlib import Path
from tests.faults.test_retrain_kill import first_publish, second_publish, switch

def counted(real):
    def call(*arguments, **named):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call

for line in sys.stdin:
    action, step, home = line.rstrip("\\n").split(" ", 2)
    child = os.fork()
    if child == 0:
        left = int(step)
        for owner, name in ((os, "fsync"), (Path, "rename"), (Path, "replace"), (os, "rmdir"), (os, "unlink")):
            setattr(owner, name, counted(getattr(owner, name)))
        {"publish": second_publish, "activate": switch}[action](Path(home))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def manifest(number: int) -> Manifest:
    return Manifest(version=f"v{number}", as_of=number, log_seq=0, articles=0, events=0)


def _publish(home: Path, number: int, keep: int = 2) -> None:
    store = SqliteStore(home / "store.db")
    arrays = {"a.b": np.full(1_000, number), "a.c": np.arange(number)}
    registry = FolderRegistry(home / "bundles")
    publish(registry, store, arrays, manifest(number), after=active_or_none(registry), now=number, keep=keep)
    store.close()


def first_publish(home: Path) -> None:
    """Two versions, of which the next publication removes one."""
    home.mkdir()
    _publish(home, 1)
    _publish(home, 2)


def second_publish(home: Path) -> None:
    _publish(home, 3)


def switch(home: Path) -> None:
    from recsys.cli.training import activate_version

    activate_version(Home(home), "v1")


def whole(home: Home, allowed: set[str]) -> str:
    """The active version, one of `allowed`; every version that is listed verifies."""
    for folder in version_folders(home.bundles):
        verify_bundle(folder)
    active = active_version(home.bundles)
    assert active in allowed
    return active


@pytest.mark.slow
@pytest.mark.parametrize(("action", "new"), [("publish", "v3"), ("activate", "v1")])
def test_killed_before_each_step_the_pointer_is_old_or_new_and_the_next_run_succeeds(
    tmp_path: Path, action: str, new: str
) -> None:
    """D4, D5: every fsync, rename and removal on the way."""
    seen = []
    with subprocess.Popen(
        [sys.executable, "-c", SELF_KILLERS], cwd=Path(__file__).parents[2], stdin=PIPE, stdout=PIPE, text=True
    ) as killers:
        assert killers.stdin is not None
        assert killers.stdout is not None
        for step in range(100):
            home = Home(tmp_path / f"home-{step}")
            first_publish(home.root)
            killers.stdin.write(f"{action} {step} {home.root}\n")
            killers.stdin.flush()
            code = int(killers.stdout.readline())
            seen.append(whole(home, {"v2", new}))
            if code == 0:
                break
            assert code == -signal.SIGKILL
            sweep_home(home)
            {"publish": second_publish, "activate": switch}[action](home.root)
            assert whole(home, {new}) == new
            assert not list(home.bundles.glob(".partial-*"))
    assert step >= 3
    assert seen[0] == "v2"
    assert seen[-1] == new
    assert seen == sorted(seen, key=lambda version: version == new), "once the new one is active it stays"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_write_that_fails_leaves_the_old_model_and_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """D8, D9: the n-th fsync fails, for every n; SQLite's own calls are its own matter."""
    home = Home(tmp_path / "home")
    first_publish(home.root)
    real, failed = os.fsync, 0
    for step in range(100):
        left = step

        def fsync(descriptor: int) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise OSError(code, os.strerror(code))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        try:
            _publish(home.root, 3, keep=3)
        except OSError as error:
            failed += error.errno == code
            whole(home, {"v2", "v3"})
            assert not list(home.bundles.glob(".partial-v3"))
        else:
            break
    monkeypatch.setattr(os, "fsync", real)
    assert failed >= 4
    assert whole(home, {"v3"}) == "v3"


@pytest.mark.slow
@pytest.mark.timeout(max(300, 20 * KILLS))
def test_a_retraining_killed_at_random_moments_leaves_a_model_that_serves(tmp_path: Path) -> None:
    """D4: import, signals, fit, comparison and publication, killed KILLS times in one home."""
    from tests.training.growing_site import FIRST_DAYS, grow, night, run, site

    def command() -> list[str]:
        return [str(RECSYS), "retrain", "--home", str(home.root), "--as-of", format_time(night(day))]

    chance, day = random.Random(5), FIRST_DAYS - 1
    home = site(tmp_path / "home")
    assert run(home, day).outcome == "published"
    serving, took, killed = active_version(home.bundles), 0.0, 0
    while killed < KILLS:
        day += 1
        grow(home.root, day)
        if not took:  # how long a run takes from start to end
            began = time.monotonic()
            assert subprocess.run(command(), check=False, capture_output=True).returncode == 0
            took, serving = time.monotonic() - began, active_version(home.bundles)
            continue
        published = False
        while killed < KILLS and not published:
            with subprocess.Popen(command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
                try:
                    _, said = process.communicate(timeout=chance.uniform(0, took))
                    assert process.returncode == 0, said
                    published = True
                except subprocess.TimeoutExpired:
                    process.kill()
                    killed += 1
            listed = {folder.name for folder in version_folders(home.bundles)}
            now = whole(home, listed)
            assert now == serving or now.startswith(format_time(night(day))[:10].replace("-", ""))
            published |= now != serving
            serving = now
    assert subprocess.run(command(), check=False).returncode == 0
    whole(home, {folder.name for folder in version_folders(home.bundles)})
    left = [*home.root.rglob(".partial-*"), *home.root.glob("recsys-signals-*")]
    assert left == []
