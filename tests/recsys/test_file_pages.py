"""What is read of a file through a map counts as the process' own until it is given back; then it is read again."""

import subprocess
import sys

import numpy as np
import pytest

from recsys.file_pages import give_back, maps_of, resident_files

SIZE = 32 * 1024 * 1024


def test_pages_that_are_given_back_are_gone_and_read_again_as_they_were(tmp_path):
    np.save(tmp_path / "ones.npy", np.ones(SIZE, np.uint8))
    array = np.asarray(np.load(tmp_path / "ones.npy", mmap_mode="r"))
    begun = resident_files()
    assert array.sum() == SIZE
    assert resident_files() - begun > 0.9 * SIZE
    give_back(maps_of([array]))
    assert resident_files() - begun < 0.1 * SIZE
    assert array.sum() == SIZE


def test_one_map_is_found_once_and_arrays_in_memory_have_none(tmp_path):
    np.save(tmp_path / "some.npy", np.arange(10))
    array = np.load(tmp_path / "some.npy", mmap_mode="r")
    assert len(maps_of([array, array[2:5], np.asarray(array), np.arange(3)])) == 1


_COMPILED = """
from recsys.article_ids import ArticleIds, id_arrays
from recsys.compiled import COMPILER
from recsys.file_pages import give_back_code, resident_files

before = resident_files()
give_back_code(COMPILER)
print((before - resident_files()) >> 20, *ArticleIds(id_arrays(["a", "b"])).rows(["b"]))
"""


@pytest.mark.slow
def test_the_compiler_s_code_is_given_back_and_what_it_compiled_goes_on():
    ran = subprocess.run([sys.executable, "-c", _COMPILED], capture_output=True, text=True, check=True)
    given_back_mb, found = map(int, ran.stdout.split())
    assert given_back_mb > 10
    assert found == 1
