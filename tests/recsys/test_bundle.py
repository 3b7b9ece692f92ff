"""A bundle is all there, unchanged and of this format, or it is refused."""

import json

import msgspec
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from recsys.bundle import (
    MANIFEST,
    Manifest,
    activate,
    active_version,
    described,
    digest,
    open_bundle,
    verify_bundle,
    version_path,
    write_bundle,
)
from recsys.errors import BadBundle, NoModel, NotFound

ARRAYS = {
    "text.idf": np.linspace(0, 1, 500, dtype=np.float32),
    "articles.id_hash": np.arange(40, dtype=np.uint64),
    "covisits.rows": np.zeros(0, np.int32),
}


def manifest(version="v1", as_of=10):
    return Manifest(version=version, as_of=as_of, log_seq=3, articles=40, events=0)


@pytest.fixture
def bundle(tmp_path):
    return write_bundle(tmp_path, ARRAYS, manifest())


def test_arrays_come_back_equal_and_read_only(bundle):
    found, arrays = open_bundle(bundle)
    assert found.log_seq == 3
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype
    with pytest.raises(ValueError, match="read-only"):
        arrays["text.idf"][0] = 1


@pytest.mark.parametrize("name", ARRAYS)
def test_one_flipped_bit_anywhere_is_refused(bundle, name):
    path = bundle / f"{name}.npy"
    content = path.read_bytes()
    rng = np.random.default_rng(5)
    for place in rng.choice(len(content), size=min(40, len(content)), replace=False):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1 << int(rng.integers(8))]) + content[place + 1 :])
        with pytest.raises(BadBundle):
            open_bundle(bundle)
    path.write_bytes(content)
    open_bundle(bundle)


@pytest.mark.parametrize("part", range(0, 64, 9))
def test_truncated_files_are_refused(bundle, part):
    for path in bundle.iterdir():
        content = path.read_bytes()
        path.write_bytes(content[: len(content) * part // 64])
        with pytest.raises(BadBundle):
            open_bundle(bundle)
        path.write_bytes(content)


def test_a_missing_or_linked_file_is_refused(bundle, tmp_path):
    path = bundle / "text.idf.npy"
    aside = tmp_path / "aside.npy"
    path.rename(aside)
    with pytest.raises(BadBundle, match=r"text\.idf"):
        open_bundle(bundle)
    path.symlink_to(aside)
    with pytest.raises(BadBundle, match=r"text\.idf"):
        open_bundle(bundle)


def test_swapped_files_are_refused(tmp_path):
    arrays = {"text.one": np.arange(9), "text.two": np.arange(9)[::-1].copy()}
    bundle = write_bundle(tmp_path, arrays, manifest())
    one, two = bundle / "text.one.npy", bundle / "text.two.npy"
    one.rename(tmp_path / "x")
    two.rename(one)
    (tmp_path / "x").rename(two)
    with pytest.raises(BadBundle):
        verify_bundle(bundle)


def test_a_header_that_claims_more_than_the_file_is_refused_before_memory_is_asked_for(bundle):
    """An 80-byte .npy header can ask for 32 GiB."""
    path = bundle / MANIFEST
    content = json.loads(path.read_text())
    content["files"]["text.idf"]["shape"] = [2**35]
    path.write_text(json.dumps(content))
    with pytest.raises(BadBundle, match="claims more"):
        open_bundle(bundle)


@pytest.mark.parametrize("dtype", ["|O", "<U8", "|S4", "|V8"])
def test_only_plain_numbers_are_opened(bundle, dtype):
    path = bundle / MANIFEST
    content = json.loads(path.read_text())
    content["files"]["text.idf"]["dtype"] = dtype
    path.write_text(json.dumps(content))
    with pytest.raises(BadBundle):
        open_bundle(bundle)


def test_another_format_is_refused_with_a_sentence(bundle):
    path = bundle / MANIFEST
    content = json.loads(path.read_text())
    content["format"] = 99
    path.write_text(json.dumps(content))
    with pytest.raises(BadBundle, match="bundle format 99, not 1"):
        open_bundle(bundle)


def test_a_folder_renamed_to_another_version_is_refused(bundle):
    renamed = bundle.rename(bundle.with_name("v2"))
    with pytest.raises(BadBundle, match="belongs to version v1"):
        open_bundle(renamed)


@pytest.mark.parametrize("name", ["../x", "A.b", "a/b", "a.b.c.d.e", ""])
def test_array_names_stay_inside_the_folder(tmp_path, name):
    with pytest.raises(ValueError, match="belong into a bundle"):
        write_bundle(tmp_path, {name: np.zeros(1)}, manifest())


def test_object_arrays_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="belong into a bundle"):
        write_bundle(tmp_path, {"text.x": np.array([{}], dtype=object)}, manifest())


@pytest.mark.parametrize("version", ["..", "../v1", "v1/../v1", "", "a" * 65, "v 1", "v\x00"])
def test_no_version_name_leads_out_of_the_folder(bundle, version):
    with pytest.raises(NotFound):
        version_path(bundle.parent, version)


def test_the_pointer_moves_only_to_a_version_that_verifies(bundle):
    folder = bundle.parent
    with pytest.raises(NoModel):
        active_version(folder)
    activate(folder, "v1")
    damaged = write_bundle(folder, ARRAYS, manifest("v2"))
    (damaged / "text.idf.npy").write_bytes(b"")
    with pytest.raises(BadBundle):
        activate(folder, "v2")
    assert active_version(folder) == "v1"


def digest_of(arrays, told):
    return digest(described(arrays, told))


def test_a_file_is_what_numpy_would_write(bundle, tmp_path):
    """Any program that knows .npy reads a bundle."""
    for name, array in ARRAYS.items():
        np.save(tmp_path / "plain.npy", array)
        assert (bundle / f"{name}.npy").read_bytes() == (tmp_path / "plain.npy").read_bytes()


def test_equal_content_has_equal_digest_and_a_changed_number_another():
    assert digest_of(ARRAYS, manifest("v1")) == digest_of(dict(reversed(ARRAYS.items())), manifest("v2"))
    changed = ARRAYS | {"text.idf": ARRAYS["text.idf"] + np.float32(1e-3)}
    assert digest_of(ARRAYS, manifest()) != digest_of(changed, manifest())
    assert digest_of(ARRAYS, manifest()) != digest_of(ARRAYS, msgspec.structs.replace(manifest(), fitted={"h": 1}))
