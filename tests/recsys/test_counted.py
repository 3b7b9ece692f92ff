"""A count stands before the words that go with it."""

import pytest

from recsys.counted import counted


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 rows are"), (1, "1 row is"), (2, "2 rows are"), (1_200, "1,200 rows are")]
)
def test_one_is_singular_and_nothing_else(count, said):
    assert counted(count, "row is", "rows are") == said
