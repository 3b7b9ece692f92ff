"""The registry in a folder."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from recsys.bundle import version_folders
from recsys.registry import FolderRegistry, Registry, open_registry
from recsys.settings import Settings
from tests.recsys.registry_suite import ARRAYS, RegistrySuite, manifest


class TestFolderRegistry(RegistrySuite):
    """In the home."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        self._folder = tmp_path / "bundles"

    def open(self) -> Registry:
        return FolderRegistry(self._folder)

    def replace(self, version: str, file: str, content: bytes | None) -> None:
        path = self._folder / version / file
        path.unlink()
        if content is not None:
            path.write_bytes(content)

    def copies(self) -> Iterable[Path]:
        return version_folders(self._folder)

    def test_what_an_interrupted_write_left_is_not_listed_and_goes_with_the_next(self) -> None:
        for left in (".partial-v9", ".partial-gone-v0"):
            (self._folder / left).mkdir(parents=True)
        assert self.open().names() == []
        self.open().write(ARRAYS, manifest())
        assert list(self._folder.glob(".partial-*")) == []


def test_without_a_setting_versions_are_in_the_home(tmp_path: Path) -> None:
    assert open_registry(tmp_path, Settings().bundles) == FolderRegistry(tmp_path)
