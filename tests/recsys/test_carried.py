"""What many articles carry of three groups, found in one table, is what each group says of each article."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys.carried import KINDS, Carrying, kind_of
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


def carried(carrying, rows):
    found = [[[] for _ in KINDS] for _ in rows]
    owner, code = carrying.of(np.array(rows))
    assert np.all(owner[1:] >= owner[:-1])
    for place, one in zip(owner.tolist(), code.tolist(), strict=True):
        found[place][kind_of(one)].append(carrying.name(one))
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
    assert carried(carrying, rows) == wanted
    for row in range(len(expected)):
        assert carrying.codes(row) == carrying.of(np.array([row])).code.tolist()


def test_names_of_two_kinds_are_never_the_same():
    carrying = Carrying(groups_of([(["Rowing"], ["Rowing"], ["Rowing"])]))
    assert len({*carrying.codes(0)}) == len(KINDS)
    assert {carrying.name(code) for code in carrying.codes(0)} == {"Rowing"}


def test_values_count_for_the_codes_that_have_one_and_for_one_question_alone():
    carrying = Carrying(groups_of([(["a"], ["b", "c"], []), (["a"], ["d"], [])]))
    a, b, c = carrying.codes(0)
    _, d = carrying.codes(1)
    asked = [np.array([d, a, c, a]), np.array([b])]
    found = carrying.valued(np.array([a, c, a]), np.array([0.5, 0.25, 0.5]), asked)
    assert [one.tolist() for one in found] == [[0.0, 0.5, 0.25, 0.5], [0.0]]
    assert carrying.valued(np.array([d]), np.array([1.0]), asked)[0].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_name_that_comes_later_has_room():
    groups = groups_of([(["a"], [], [])])
    carrying = Carrying(groups)
    groups["tag"].put(0, [f"tag {n}" for n in range(100)])
    carrying.put(0)
    codes = carrying.of(np.array([0])).code
    assert carrying.valued(codes, np.ones(codes.size), [codes])[0].tolist() == [1.0] * codes.size
