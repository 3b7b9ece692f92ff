"""The command line as a stranger uses it, in this process where speed matters, on the site of the server's tests."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from recsys.home import Home
from tests.recsys.cli.running import Ran
from tests.serving.conftest import trained_home

__all__ = ["trained_home"]

Run = Callable[..., Ran]


@pytest.fixture
def recsys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process."""
    from recsys.cli import main

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["recsys", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        code = ended.value.code
        assert code is None or isinstance(code, int)
        return Ran(code or 0, said.out, said.err)

    return run


@pytest.fixture
def home(trained_home: Path, tmp_path: Path) -> Home:
    """A trained home of one's own."""
    return Home(Path(shutil.copytree(trained_home, tmp_path / "home")))
