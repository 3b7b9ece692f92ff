"""Presses of like buttons, held to a plain walk through each reader's own."""

from bisect import bisect_right

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recsys.interest import LONG_AGO
from recsys.likes import MARKS, Marks, exchanged, liked_since, mark_of, steps, with_presses

OWNERS = 3
presses = st.lists(st.tuples(st.integers(0, OWNERS - 1), st.integers(0, 30), st.booleans()), max_size=60)
totals = st.lists(st.integers(-1, 31), min_size=OWNERS, max_size=OWNERS)


def columns(some):
    """Owners and marks of presses (owner, at, off)."""
    owner, at, off = (np.array(column) for column in zip(*some, strict=True)) if some else np.zeros((3, 0), np.int64)
    return owner.astype(np.intp), mark_of(at.astype(np.int64), off.astype(np.bool_))


def kept(some, total_at):
    """The marks that `with_presses` keeps of presses that come at once."""
    return with_presses(Marks(*columns([])), *columns(some), np.array(total_at))


def by_owner(marks):
    """(at, off) of each owner's marks, in their order."""
    return [[(mark // 2, mark % 2) for mark in marks.mark[marks.owner == owner].tolist()] for owner in range(OWNERS)]


def plainly(some, total_at):
    """What `kept` should say, by owner."""
    found = []
    for owner in range(OWNERS):
        marks = sorted({(at, int(off)) for whose, at, off in some if whose == owner})
        after = bisect_right(marks, total_at[owner], key=lambda mark: mark[0])
        found.append(marks[max(0, after - 1) : after] + marks[after:][-MARKS:])
    return found


@given(presses, totals)
def test_of_those_up_to_the_total_the_last_is_kept_and_a_few_after_it(some, total_at):
    assert by_owner(kept(some, total_at)) == plainly(some, total_at)


@given(presses, totals, st.integers(0, 60))
def test_it_makes_no_difference_whether_presses_come_at_once(some, total_at, cut):
    later = with_presses(kept(some[:cut], total_at), *columns(some[cut:]), np.array(total_at))
    assert by_owner(later) == by_owner(kept(some, total_at))


@given(presses, totals)
def test_a_like_goes_on_and_off_as_in_a_walk_and_the_last_mark_holds(some, total_at):
    marks = kept(some, total_at)
    expected, since = [], []
    for own in by_owner(marks):
        on, walked = False, []
        for at, off in own:
            if on == bool(off):
                on = not on
                walked.append((at, off))
        expected.append(walked)
        since.append(own[-1][0] if own and not own[-1][1] else LONG_AGO)
    assert by_owner(steps(marks)) == expected
    assert liked_since(marks, OWNERS).tolist() == since


@given(presses, presses)
def test_what_stands_in_one_of_two_is_what_came_or_went(some, others):
    never = [LONG_AGO] * OWNERS
    before, after = kept(some, never), kept(others, never)
    changed, sign = exchanged(before, after)
    pairs = [*zip(changed.owner.tolist(), changed.mark.tolist(), sign.tolist(), strict=True)]
    old, new = (set(zip(one.owner.tolist(), one.mark.tolist(), strict=True)) for one in (before, after))
    assert pairs == sorted([(*pair, -1) for pair in old - new] + [(*pair, 1) for pair in new - old])


def test_a_thousand_presses_of_one_button_are_kept_as_a_few():
    some = [(0, at, at % 3 == 0) for at in range(1_000)]
    marks = kept(some, [500] * OWNERS)
    assert len(marks.owner) == MARKS + 1
    assert marks.at[-1] == 999
    assert marks.at[0] == 500
