"""What many articles carry of three groups, found in one table, is what each group says of each article."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.carried import KIND, KINDS, TASTES, Carrying
from recsys.errors import BadBundle
from recsys.membership import Membership
from recsys.names import Names

NAMES = st.lists(st.sampled_from(["news", "sport", "Zürich", "a;b", ""]), max_size=3)
OF_ARTICLE = st.tuples(*[NAMES] * len(KINDS))


def groups_of(articles):
    """The groups of some articles, as a bundle brings them."""
    made = {}
    for place, kind in enumerate(KINDS):
        table = Membership(Names.of(()))
        for row, names in enumerate(articles):
            table.put(row, names[place])
        made[kind] = Membership.from_arrays(table.arrays(len(articles)))
    return made


def carried(carrying, row):
    found = [[] for _ in KINDS]
    for code in carrying.codes(row):
        found[code & KIND].append(carrying.name(code))
    return found


@given(st.lists(OF_ARTICLE, min_size=1, max_size=6), st.lists(st.tuples(st.integers(0, 8), OF_ARTICLE), max_size=6))
def test_base_and_changes_are_told_as_the_groups_tell_them(articles, changes):
    groups, expected = groups_of(articles), list(articles)
    carrying = Carrying(groups)
    for place_of_change, names in changes:
        row = min(place_of_change, len(expected))  # one that is there, or the next
        for place, kind in enumerate(KINDS):
            groups[kind].put(row, names[place])
        carrying.put(row)
        expected[row : row + 1] = [names]
    rows = [*range(len(expected)), 0, len(expected) - 1]
    wanted = [[list(dict.fromkeys(names)) for names in expected[row]] for row in rows]
    assert [carried(carrying, row) for row in rows] == wanted
    codes, owner, part = (column.tolist() for column in carrying.packed(np.array(rows)))
    told = [
        (name, place, pytest.approx(1 / len(names)))
        for place in range(len(rows))
        for names in wanted[place][: len(TASTES)]
        for name in names
    ]
    assert list(zip(map(carrying.name, codes), owner, part, strict=True)) == told


def test_names_of_two_kinds_are_never_the_same():
    carrying = Carrying(groups_of([(["Rowing"], ["Rowing"], ["Rowing"])]))
    assert len({*carrying.codes(0)}) == len(KINDS)
    assert {carrying.name(code) for code in carrying.codes(0)} == {"Rowing"}


def test_there_is_room_for_every_name_also_for_one_that_comes_later():
    groups = groups_of([(["a"], [], [])])
    carrying = Carrying(groups)
    groups["tag"].put(0, [f"tag {n}" for n in range(100)])
    carrying.put(0)
    spans, codes, room = carrying.table
    assert spans.tolist() == [1, 102]
    assert room.size > codes.max()
    assert not room.any()


def test_names_that_no_group_knows_are_refused():
    groups = groups_of([(["a"], ["b"], [])])
    groups["tag"].base[1][0] = 900
    with pytest.raises(BadBundle, match="names that are not there"):
        Carrying(groups)
