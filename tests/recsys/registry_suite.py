"""What holds for every registry of versions, wherever they lie. A class derives from `RegistrySuite` and opens one."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from recsys.bundle import Manifest
from recsys.errors import BadBundle, NoModel, NotFound, Outdated
from recsys.registry import Registry, active_or_none, manifests

ARRAYS = {
    "text.idf": np.linspace(0, 1, 500, dtype=np.float32),
    "articles.id_hash": np.arange(40, dtype=np.uint64),
    "covisits.rows": np.zeros(0, np.int32),
}


def manifest(version: str = "v1", as_of: int = 10) -> Manifest:
    return Manifest(version=version, as_of=as_of, log_seq=3, articles=40, events=0)


class RegistrySuite(ABC):
    """`open` gives a registry as another process or machine would open it; `replace` damages a file behind its back."""

    @abstractmethod
    def open(self) -> Registry: ...

    @abstractmethod
    def replace(self, version: str, file: str, content: bytes | None) -> None: ...

    @abstractmethod
    def copies(self) -> Iterable[Path]:
        """Folders of versions on this machine."""

    @pytest.fixture
    def registry(self) -> Registry:
        return self.open()

    def test_nothing_is_there_before_the_first_training(self, registry: Registry) -> None:
        assert registry.names() == []
        assert active_or_none(registry) is None
        with pytest.raises(NoModel, match="recsys train"):
            registry.active()

    def test_a_version_comes_back_equal_and_read_only_wherever_it_is_asked_for(self, registry: Registry) -> None:
        registry.write(ARRAYS, manifest())
        found, arrays = self.open().open("v1")
        assert (found.version, found.log_seq) == ("v1", 3)
        assert arrays.keys() == ARRAYS.keys()
        for name, array in ARRAYS.items():
            assert_array_equal(arrays[name], array)
            assert arrays[name].dtype == array.dtype
        with pytest.raises(ValueError, match="read-only"):
            arrays["text.idf"][0] = 1
        assert self.open().verify("v1") == found
        assert self.open().manifest("v1") == found

    def test_versions_are_listed_by_their_as_of(self, registry: Registry) -> None:
        registry.write(ARRAYS, manifest("v1", as_of=10))
        registry.write(ARRAYS, manifest("a-later", as_of=20))
        assert registry.names() == ["a-later", "v1"]
        assert [found.version for found in manifests(self.open())] == ["v1", "a-later"]

    def test_a_version_that_was_written_is_not_active_yet(self, registry: Registry) -> None:
        registry.write(ARRAYS, manifest())
        assert active_or_none(self.open()) is None

    def test_what_is_activated_is_active_for_all(self, registry: Registry) -> None:
        registry.write(ARRAYS, manifest("v1"))
        registry.write(ARRAYS, manifest("v2"))
        other = self.open()
        registry.activate("v1", after=None)
        assert other.active() == "v1"
        other.activate("v2", after="v1")
        assert registry.active() == "v2"
        registry.activate("v1", after="v2")
        assert other.active() == "v1"

    def test_of_two_who_publish_after_the_same_version_the_later_loses(self, registry: Registry) -> None:
        for version in ("v1", "v2", "v3"):
            registry.write(ARRAYS, manifest(version))
        registry.activate("v1", after=None)
        other = self.open()
        with pytest.raises(Outdated, match="v1 was activated by somebody else meanwhile, v2 was not"):
            other.activate("v2", after=None)
        registry.activate("v2", after="v1")
        with pytest.raises(Outdated, match="v2 was activated"):
            other.activate("v3", after="v1")
        assert self.open().active() == "v2"

    def test_who_publishes_what_is_active_already_has_lost_nothing(self, registry: Registry) -> None:
        """Two trainings that found the same have made the same version."""
        registry.write(ARRAYS, manifest())
        registry.activate("v1", after=None)
        self.open().write(ARRAYS, manifest())
        self.open().activate("v1", after=None)
        assert registry.active() == "v1"

    def test_of_many_who_publish_at_once_one_wins(self, registry: Registry) -> None:
        names = [f"v{number}" for number in range(4)]
        for version in names:
            registry.write(ARRAYS, manifest(version))
        ready, won, lost = threading.Barrier(len(names)), [], []

        def publish(version: str) -> None:
            own = self.open()
            ready.wait()
            try:
                own.activate(version, after=None)
                won.append(version)
            except Outdated:
                lost.append(version)

        threads = [threading.Thread(target=publish, args=(version,)) for version in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert won == [registry.active()]
        assert len(lost) == len(names) - 1

    @pytest.mark.parametrize("file", ["text.idf.npy", "manifest.json"])
    @pytest.mark.parametrize("content", [b"", b"{}", None])
    def test_the_pointer_moves_only_to_what_verifies(
        self, registry: Registry, file: str, content: bytes | None
    ) -> None:
        registry.write(ARRAYS, manifest("v1"))
        registry.activate("v1", after=None)
        registry.write(ARRAYS, manifest("v2"))
        self.replace("v2", file, content)
        for look in (registry.verify, lambda version: registry.activate(version, after="v1")):
            with pytest.raises((BadBundle, NotFound)):
                look("v2")
        assert registry.active() == "v1"
        assert [found.version for found in manifests(self.open())][:1] == ["v1"]

    def test_a_version_with_one_flipped_bit_is_refused_and_the_open_one_stays(self, registry: Registry) -> None:
        registry.write(ARRAYS, manifest("v1"))
        registry.activate("v1", after=None)
        server = self.open()
        _, arrays = server.open("v1")
        registry.write(ARRAYS, manifest("v2"))
        content = bytearray(self._file("v2", "text.idf.npy"))
        content[-1] ^= 1
        self.replace("v2", "text.idf.npy", bytes(content))
        with pytest.raises(BadBundle, match=r"text\.idf"):
            server.open("v2")
        assert_array_equal(arrays["text.idf"], ARRAYS["text.idf"])
        assert server.open("v1")[0].version == "v1"

    @pytest.mark.parametrize("version", ["v2", "..", "../v1", "", "a" * 65, "v 1", "v\x00"])
    def test_a_version_that_is_not_there_is_not_found(self, registry: Registry, version: str) -> None:
        registry.write(ARRAYS, manifest("v1"))
        for look in (
            registry.manifest,
            registry.open,
            registry.verify,
            registry.remove,
            lambda name: registry.activate(name, after=None),
        ):
            with pytest.raises(NotFound, match="there is no model version"):
                look(version)
        assert registry.names() == ["v1"]

    def test_what_is_removed_is_gone_for_all_but_who_has_it_open(self, registry: Registry) -> None:
        for version in ("v1", "v2"):
            registry.write(ARRAYS, manifest(version))
        registry.activate("v2", after=None)
        server = self.open()
        _, arrays = server.open("v1")
        registry.remove("v1")
        assert self.open().names() == ["v2"]
        with pytest.raises(NotFound):
            self.open().verify("v1")
        assert_array_equal(arrays["text.idf"], ARRAYS["text.idf"])

    def test_names_of_arrays_stay_inside_the_folder(self, registry: Registry) -> None:
        registry.write(ARRAYS, manifest("v1"))
        raw = self._file("v1", "manifest.json").replace(b'"text.idf"', b'"../../idf"')
        self.replace("v1", "manifest.json", raw)
        with pytest.raises(BadBundle, match="no name of an array"):
            self.open().verify("v1")

    def test_a_write_that_fails_leaves_nothing(self, registry: Registry) -> None:
        with pytest.raises(ValueError, match="belong into a bundle"):
            registry.write(ARRAYS | {"../x": np.zeros(1)}, manifest())
        assert self.open().names() == []
        assert list(self.copies()) == []

    def _file(self, version: str, file: str) -> bytes:
        [folder] = [path for path in self.copies() if path.name == version]
        return (folder / file).read_bytes()
