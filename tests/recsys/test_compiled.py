"""What is compiled ahead takes arguments as they are annotated, wherever their memory lies, and no others."""

import numpy as np
import pytest

from recsys.compiled import F64, F64M, F64W, I32, compiled_ahead


@compiled_ahead
def _summed(pairs: tuple[I32, F64], table: F64M, sums: F64W, at: int, factor: float) -> int:
    rows, values = pairs
    for i in range(rows.size):
        sums[at] += factor * values[i] * table[rows[i], at]
    return rows.size


def frozen(array):
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("rows", [frozen(np.array([1, 0], np.int32)), np.array([1, 0, 7], np.int32)[:2]])
def test_arrays_that_are_read_may_be_read_only_and_a_part_of_others(rows):
    sums, table = np.zeros(2), np.array([[1.0, 2.0], [3.0, 4.0], [0.0, 0.0]])[:2]
    assert _summed((rows, np.array([1.0, 10.0])), table, sums, 1, 0.5) == 2
    assert sums.tolist() == [0.0, 12.0]


def test_nothing_is_compiled_for_other_types_of_arguments():
    rows, values, table = np.array([1, 0], np.int32), np.ones(2), np.ones((2, 2))
    for wrong in (
        ((rows.astype(np.int64), values), table, np.zeros(2)),
        ((rows, values), table[0], np.zeros(2)),
        ((rows, values), table, frozen(np.zeros(2))),
        ((rows, values), table, np.zeros(4)[::2]),
        ((np.array([1, 7, 0, 7], np.int32)[::2], values), table, np.zeros(2)),
    ):
        with pytest.raises(TypeError, match="No matching definition"):
            _summed(*wrong, 0, 1.0)
