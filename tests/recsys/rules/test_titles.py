"""A phrase is found where it stands in a title as whole words, whatever the case."""

import numpy as np
import pytest

from recsys.rules.titles import Phrases


def found(phrase, title):
    owner, bits = Phrases({phrase: np.array([4], np.uint64)}).found_in(["", title, "another"])
    assert all(bits[:, 0] == 4)
    return owner.tolist() == [1]


@pytest.mark.parametrize(
    ("phrase", "title", "is_there"),
    [
        ("fire", "Fire at the harbour", True),
        ("fire", "The harbour is on fire", True),
        ("fire", "A fire-fighter's day", True),
        ("fire", "Fireworks banned", False),
        ("fire", "Campfire songs", False),
        ("fire", "Fire, fire and fire", True),
        ("city council", "The CITY  COUNCIL meets", True),
        ("city council", "The city and its council", False),
        ("straße", "Die STRASSE ist gesperrt", True),
        ("c++", "Learning C++ today", True),
        ("東京", "東京都知事選", True),
        ("知事", "東京都知事選", True),
        ("in memoriam", "In memoriam: A. Person", True),
        ("e\u0301te\u0301", "L'été arrive", True),
        ("another", "Some title", False),
    ],
)
def test_whole_words_without_case(phrase, title, is_there):
    if phrase == "another":
        owner, _ = Phrases({phrase: np.array([1], np.uint64)}).found_in([title])
        assert owner.size == 0
    else:
        assert found(phrase, title) == is_there


def test_no_phrase_runs_over_the_end_of_a_title():
    owner, _ = Phrases({"one two": np.array([1], np.uint64)}).found_in(["one", "two"])
    assert owner.size == 0
