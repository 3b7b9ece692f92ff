"""Strings in plain arrays come back as they went in."""

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.strings import StringTable

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"])))


@given(TEXTS)
def test_strings_come_back_in_order(strings):
    table = StringTable.from_strings(strings)
    assert len(table) == len(strings)
    assert list(table) == strings
    assert [table.raw(i) for i in range(len(table))] == [string.encode() for string in strings]


@given(TEXTS)
def test_a_copy_holds_the_same(strings):
    assert list(copy.deepcopy(StringTable.from_strings(strings))) == strings


@given(TEXTS)
def test_a_table_is_its_arrays(strings):
    assert list(StringTable.from_arrays(StringTable.from_strings(strings).arrays())) == strings


def test_a_mapped_table_reads_the_same(tmp_path):
    for name, array in StringTable.from_strings(["", "Zürich", "", "東京"]).arrays().items():
        np.save(tmp_path / f"{name}.npy", array)
    mapped = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("data", "starts")}
    assert list(StringTable.from_arrays(mapped)) == ["", "Zürich", "", "東京"]


@pytest.mark.parametrize("i", [-1, 2])
def test_a_row_that_is_not_there_is_refused(i):
    with pytest.raises(IndexError):
        StringTable.from_strings(["a", "b"])[i]


def test_a_lone_surrogate_is_no_text():
    with pytest.raises(UnicodeEncodeError):
        StringTable.from_strings(["\ud800"])
