"""What is asked of two models: what a reader had read just before, and whose act it is."""

import numpy as np

from recsys.times import HOUR, MINUTE
from training.replay import Acts
from training.side_by_side import owners_of, read_before

START = 1_000_000 * HOUR


def acts(*rows: tuple[int, int, int]) -> Acts:
    """(article, reader, minutes) in order of time, all read."""
    row, reader, minutes = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    one = np.ones(row.size)
    return Acts(
        row=row.astype(np.int32),
        at=START + minutes * MINUTE,
        kind=one.astype(np.int8),
        value=one,
        reader=reader.astype(np.uint64),
        visitor=reader.astype(np.uint64),
        source=np.zeros(row.size, np.uint64),
        strength=one.astype(np.float32),
        read=one.astype(bool),
    )


def test_what_was_read_before_is_the_same_readers_within_the_hour() -> None:
    block = acts((5, 1, 0), (6, 2, 1), (7, 1, 30), (8, 1, 90), (9, 1, 151), (4, 2, 160))
    assert read_before(block).tolist() == [-1, -1, 5, 7, -1, -1]


def test_acts_of_nobody_follow_on_nothing_and_belong_to_their_hour() -> None:
    block = acts((5, 0, 0), (6, 0, 1), (7, 3, 30), (8, 0, 61))
    assert read_before(block).tolist() == [-1, -1, -1, -1]
    owners = owners_of(block).tolist()
    assert owners[0] == owners[1] != owners[3]
    assert owners[2] == 3
