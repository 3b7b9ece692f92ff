"""One training at a time: the second is refused and told who is at work; the lock goes with its holder."""

import subprocess
import sys
from pathlib import Path

import pytest

from recsys.errors import Refused
from training.lock import training_lock

HOLDER = """
import sys
from pathlib import Path
from training.lock import training_lock
with training_lock(Path(sys.argv[1]), "retrain", 0):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_is_refused_and_told_who_is_at_work_until_the_first_dies(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        for _ in range(100):
            told = rf"`recsys retrain` \(process {holder.pid}, since 1970"
            with pytest.raises(Refused, match=told) as refused, training_lock(tmp_path, "train", 0):
                pass
            assert refused.value.exit_code == 3
        holder.kill()
    with training_lock(tmp_path, "train", 0):
        pass


def test_it_can_be_taken_again_once_it_is_let_go(tmp_path: Path) -> None:
    for _ in range(2):
        with training_lock(tmp_path, "train", 0), pytest.raises(Refused), training_lock(tmp_path, "train", 0):
            pass
