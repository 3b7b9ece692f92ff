"""The registry on object storage, asked over real HTTP."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from numpy.testing import assert_array_equal
from s3fs import S3FileSystem

from recsys import bucket as module
from recsys.bucket import BucketRegistry
from recsys.bundle import version_folders
from recsys.errors import BadBundle, BadInput, NotFound, StoreFailed
from recsys.registry import Registry, open_registry
from recsys.settings import read_settings
from tests.recsys.object_storage import ObjectStorage
from tests.recsys.registry_suite import ARRAYS, RegistrySuite, manifest

pytestmark = pytest.mark.slow


class TestBucketRegistry(RegistrySuite):
    """Each registry that is opened has a machine of its own."""

    @pytest.fixture(autouse=True)
    def _storage(self, object_storage: ObjectStorage, bucket: str, tmp_path: Path) -> None:
        self._address, self._machines, self._opened = f"{bucket}/sites/one/", tmp_path, 0
        self._files = object_storage.files()

    def open(self) -> Registry:
        self._opened += 1
        return BucketRegistry(self._address, self._machines / str(self._opened))

    def replace(self, version: str, file: str, content: bytes | None) -> None:
        path = f"{self._address}{version}/{file}"
        if content is None:
            self._files.rm_file(path)
        else:
            self._files.pipe_file(path, content)

    def copies(self) -> Iterable[Path]:
        return [folder for machine in sorted(self._machines.iterdir()) for folder in version_folders(machine)]

    def test_a_version_is_brought_here_once(self) -> None:
        self.open().write(ARRAYS, manifest())
        server = self.open()
        server.open("v1")
        self._files.rm(f"{self._address}v1", recursive=True)
        _, arrays = server.open("v1")
        assert_array_equal(arrays["text.idf"], ARRAYS["text.idf"])

    def test_a_copy_that_does_not_verify_is_brought_anew(self) -> None:
        self.open().write(ARRAYS, manifest())
        server = self.open()
        server.open("v1")
        copy = self._machines / str(self._opened) / "v1" / "text.idf.npy"
        copy.write_bytes(b"")
        _, arrays = server.open("v1")
        assert_array_equal(arrays["text.idf"], ARRAYS["text.idf"])

    def test_half_an_upload_is_not_listed_and_not_opened(self) -> None:
        self.open().write(ARRAYS, manifest())
        self.replace("v1", "manifest.json", None)
        assert self.open().names() == []
        with pytest.raises(NotFound):
            self.open().open("v1")

    def test_half_a_download_takes_no_place(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As when a connection ends early: what came is whole, but less."""
        trainer, server = self.open(), self.open()
        trainer.write(ARRAYS, manifest("v1"))
        trainer.activate("v1", after=None)
        server.open("v1")
        trainer.write(ARRAYS, manifest("v2"))
        get = server._files.get  # type: ignore[attr-defined]

        def cut(remote: list[str], local: list[str], **options: object) -> None:
            get(remote, local, **options)
            Path(local[0]).write_bytes(Path(local[0]).read_bytes()[:-1])

        monkeypatch.setattr(server._files, "get", cut)  # type: ignore[attr-defined]
        with pytest.raises(BadBundle):
            server.open("v2")
        assert sorted(path.name for path in (self._machines / "2").iterdir()) == [".lock", "v1"]
        assert server.open("v1")[0].version == "v1"

    def test_of_the_copies_only_those_in_use_stay(self) -> None:
        """An erased visitor must not live on in one."""
        trainer, server = self.open(), self.open()
        for number in (1, 2, 3):
            trainer.write(ARRAYS, manifest(f"v{number}"))
        trainer.activate("v1", after=None)
        server.open("v1")
        server.open("v2")
        assert self._copied("2") == ["v1", "v2"], "one to compare with beside the active one"
        trainer.activate("v3", after="v1")
        server.open("v3")
        assert self._copied("2") == ["v3"]
        assert self._copied("1") == ["v3"]

    def test_uploads_that_died_go_a_day_later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        trainer = self.open()
        for version in ("v1", "v2"):
            trainer.write(ARRAYS, manifest(version))
        self.replace("v1", "manifest.json", None)
        trainer.write(ARRAYS, manifest("v3"))
        assert self._kept() == {"v1", "v2", "v3"}
        monkeypatch.setattr(module, "LEFT_BEHIND", timedelta(0))
        trainer.write(ARRAYS, manifest("v4"))
        assert self._kept() == {"v2", "v3", "v4"}

    def test_a_put_whose_answer_was_lost_is_no_defeat(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The client sends it once more, and its own first put is what the condition meets then."""
        trainer = self.open()
        trainer.write(ARRAYS, manifest())
        put = trainer._files.pipe_file  # type: ignore[attr-defined]

        def twice(*given: object, **options: object) -> None:
            put(*given, **options)
            put(*given, **options)

        monkeypatch.setattr(trainer._files, "pipe_file", twice)  # type: ignore[attr-defined]
        trainer.activate("v1", after=None)
        assert self.open().active() == "v1"

    def test_a_bucket_that_is_not_there_is_no_empty_one(self) -> None:
        registry = BucketRegistry("s3://no-such-bucket/one", self._machines / "x")
        for ask in (registry.names, registry.active, lambda: registry.write(ARRAYS, manifest())):
            with pytest.raises(StoreFailed, match="s3://no-such-bucket/one does not do what it is asked"):
                ask()

    def test_sites_of_one_bucket_do_not_see_each_other(self) -> None:
        self.open().write(ARRAYS, manifest())
        assert BucketRegistry(self._address.replace("/one", "/two"), self._machines / "x").names() == []
        assert BucketRegistry(self._address.replace("/one", "/on"), self._machines / "y").names() == []

    def test_a_process_that_was_forked_opens_its_own(self) -> None:
        """Workers are forked from a parent that has asked the storage already."""
        self.open().write(ARRAYS, manifest())
        code = f"""
import os
from pathlib import Path
from recsys.bucket import BucketRegistry
names = lambda place: BucketRegistry({self._address!r}, Path({str(self._machines)!r}) / place).names()
assert names("p") == ["v1"]
child = os.fork()
if child == 0:
    os._exit(0 if names("c") == ["v1"] else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

    def _copied(self, machine: str) -> list[str]:
        return [path.name for path in version_folders(self._machines / machine)]

    def _kept(self) -> set[str]:
        root = self._address.removeprefix("s3://")
        return {path.removeprefix(root).split("/")[0] for path in self._files.find(root)}


@pytest.fixture
def going_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStorage]:
    """A server that may be stopped. Clients know theirs from when they were made, so they are made anew."""
    storage = ObjectStorage()
    for name, value in storage.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    S3FileSystem.clear_instance_cache()
    yield storage
    S3FileSystem.clear_instance_cache()
    storage.stop()


def test_storage_that_is_away_is_said_so(going_away: ObjectStorage, tmp_path: Path) -> None:
    going_away.files().mkdir("site")
    registry = open_registry(tmp_path, "s3://site")
    registry.write(ARRAYS, manifest())
    going_away.stop()
    with pytest.raises(StoreFailed, match="s3://site"):
        registry.active()
    assert registry.open("v1")[0].version == "v1", "the copy answers"


@pytest.mark.parametrize("address", ["bucket/site", "s3://", "gs://bucket/site", "s3://bucket//site", "file:///tmp/x"])
def test_only_addresses_of_object_storage_are_taken(address: str, tmp_path: Path) -> None:
    (tmp_path / "recsys.toml").write_text(f'bundles = "{address}"\n')
    with pytest.raises(BadInput, match="bundles"):
        read_settings(tmp_path / "recsys.toml")
