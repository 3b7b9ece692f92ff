"""Backup and restore: a copy of a home in use answers the same, and nothing half done is left behind."""

from pathlib import Path

import pytest

from recsys.bundle import active_version
from recsys.errors import StoreFailed
from tests.recsys.cli.running import AS_OF

ASKED = (("related", "council-1"), ("ranking",), ("recommend", "--visitor", "v"), ("page", "harbour-1"))


@pytest.mark.slow
def test_a_home_made_of_the_backup_answers_byte_for_byte_the_same(recsys, home, tmp_path):
    """An import has just written what no bundle knows of: that is in the copy of the store too."""
    events = tmp_path / "events.jsonl"
    events.write_text('{"type": "like", "article_id": "council-1", "visitor_id": "v", "at": "2026-03-10T11:59:00Z"}\n')
    assert recsys("import", "--events", events, "--home", home.root).code == 0

    assert recsys("backup", tmp_path / "backup", "--home", home.root).code == 0
    assert recsys("restore", tmp_path / "backup", "--home", tmp_path / "again").code == 0

    assert recsys("models", "verify", "--home", tmp_path / "again").code == 0
    for command in ASKED:
        asked = (*command, "--as-of", AS_OF, "--format", "json", "--home")
        first, second = recsys(*asked, home.root), recsys(*asked, tmp_path / "again")
        assert first.code == 0
        assert second == first


def test_backup_overwrites_nothing(recsys, home, tmp_path):
    (tmp_path / "backup").mkdir()
    ran = recsys("backup", tmp_path / "backup", "--home", home.root)
    assert (ran.code, "exists" in ran.err) == (1, True)


def test_restore_overwrites_nothing(recsys, home, tmp_path):
    assert recsys("backup", tmp_path / "backup", "--home", home.root).code == 0
    ran = recsys("restore", tmp_path / "backup", "--home", home.root)
    assert (ran.code, "is not empty" in ran.err) == (1, True)


def test_restore_of_something_else_is_refused(recsys, tmp_path):
    (tmp_path / "else").mkdir()
    assert recsys("restore", tmp_path / "else", "--home", tmp_path / "home").code == 1
    assert not (tmp_path / "home").exists()


def test_damaged_active_model_is_refused_and_nothing_is_left(recsys, home, tmp_path):
    array = home.bundles / active_version(home.bundles) / "articles.published.npy"
    array.write_bytes(array.read_bytes()[:-1])
    ran = recsys("backup", tmp_path / "backup", "--home", home.root)
    assert ran.code == 3
    assert [path.name for path in tmp_path.iterdir()] == [home.root.name]


def test_damaged_old_model_is_left_out_and_told(recsys, home, tmp_path):
    active = active_version(home.bundles)
    [other] = {path.name for path in home.bundles.iterdir() if path.is_dir()} - {active}
    array = home.bundles / other / "articles.published.npy"
    array.write_bytes(array.read_bytes()[:-1])
    ran = recsys("backup", tmp_path / "backup", "--home", home.root)
    assert (ran.code, f"left out: {other}" in ran.out) == (0, True)
    assert [path.name for path in (tmp_path / "backup" / "bundles").iterdir() if path.is_dir()] == [active]


def test_failure_on_the_way_leaves_nothing(recsys, home, tmp_path, monkeypatch):
    def fails(source: Path, target: Path) -> None:
        raise StoreFailed("no")

    monkeypatch.setattr("recsys.cli.backup.copy_store", fails)
    assert recsys("backup", tmp_path / "backup", "--home", home.root).code == 1
    assert [path.name for path in tmp_path.iterdir()] == [home.root.name]
