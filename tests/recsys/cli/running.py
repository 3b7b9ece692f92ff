"""Running `recsys` as a process, and what came of a run."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from recsys.times import format_time
from tests.serving.conftest import NOW

RECSYS = Path(sys.executable).with_name("recsys")
AS_OF = format_time(NOW)  # what the active model of the trained home was trained for


class Ran(NamedTuple):
    """Exit status, standard output, standard error."""

    code: int
    out: str
    err: str


def run_process(*arguments: object, text: str | None = None, folder: Path | None = None) -> Ran:
    """Runs the installed command."""
    command = [str(RECSYS), *map(str, arguments)]
    ended = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120, cwd=folder, check=False)
    return Ran(ended.returncode, ended.stdout, ended.stderr)
