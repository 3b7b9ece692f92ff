"""The backup that docs/operations.md describes: what it says runs, and the copy answers the same."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.recsys.cli.running import AS_OF

PAGE = Path(__file__).parents[3] / "docs" / "operations.md"


@pytest.mark.slow
def test_a_home_made_of_the_backup_answers_byte_for_byte_the_same(recsys, home, tmp_path):
    """An import has just written what no bundle knows of: that is in the copy of the store too."""
    section = PAGE.read_text(encoding="utf-8").split("## Backup", 1)[1]
    [commands] = re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)[:1]
    home.root.rename(tmp_path / "my-site")
    events = tmp_path / "events.jsonl"
    events.write_text('{"type": "like", "article_id": "council-1", "visitor_id": "v", "at": "2026-03-10T11:59:00Z"}\n')
    assert recsys("import", "--events", events, "--home", tmp_path / "my-site").code == 0

    script = commands.replace(".venv/bin/python", f"'{sys.executable}'")
    subprocess.run(["bash", "-ec", script], cwd=tmp_path, check=True, timeout=60)

    assert recsys("models", "verify", "--home", tmp_path / "backup").code == 0
    for command in (("related", "council-1"), ("ranking",), ("recommend", "--visitor", "v"), ("page", "harbour-1")):
        asked = (*command, "--as-of", AS_OF, "--format", "json", "--home")
        first, second = recsys(*asked, tmp_path / "my-site"), recsys(*asked, tmp_path / "backup")
        assert first.code == 0
        assert second == first
