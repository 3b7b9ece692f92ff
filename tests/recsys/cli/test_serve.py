"""serve: the command loads nothing that only training needs. What the server does is tested in tests/serving."""

import subprocess
import sys
from contextlib import closing

import pytest

HEAVY = {"sklearn", "duckdb", "ibis", "pyarrow", "pandas", "joblib", "fsspec", "botocore", "aiohttp"}


@pytest.mark.slow
def test_the_command_starts_a_server_without_what_only_training_needs(home):
    """All but the listening itself runs."""
    code = f"""
import sys
import uvicorn
uvicorn.Server.run = lambda self, sockets=None: print(sorted({HEAVY!r} & set(sys.modules)))
sys.argv = ["recsys", "serve", "--port", "0", "--home", {str(home.root)!r}]
from recsys.cli import main
main()
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[]\n", "")


def test_a_site_that_has_nothing_yet_is_served(recsys, tmp_path, monkeypatch):
    """Articles may come over HTTP first."""
    import uvicorn

    started = []

    def run(self, sockets):
        with closing(self._listening) as listening:
            started.append(listening.getsockname()[1])

    monkeypatch.setattr(uvicorn.Server, "run", run)
    assert recsys("serve", "--port", 8123, "--home", tmp_path / "new").code == 0
    assert started == [8123]
