"""Of what a reader's articles vote for, those with the strongest votes are found, as a plain count finds them."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import votes
from recsys.items import Wish
from recsys.reader import reader_of
from recsys.votes import TIES, Ballot, Votes, elected
from tests.recsys.sites import NOW, Reading, article, model_of


@pytest.fixture(scope="module")
def site():
    found = model_of([article(n) for n in range(48)], Reading().events)
    for row in (3, 8, 15, 30):
        found.articles.remove(row)
    return found


def counted(model, cast, wish, weights, most):
    """The plain twin: articles admitted by falling sum of votes on their scales, equal ones by lower row."""
    rows = np.concatenate(cast.rows).tolist()
    admitted = {row for row in rows if model.articles.admits(np.array([row]), wish, NOW)[0]}
    sums = [Counter() for _ in range(TIES)]
    for place, (row, weight) in enumerate(zip(rows, cast.weight.tolist(), strict=True)):
        if row in admitted:
            sums[int(cast.ends.searchsorted(place, "right"))][row] += weight
    scale = [max(by_row.values(), default=1.0) for by_row in sums]
    worth = {
        row: sum(w * s[row] / most_of for w, s, most_of in zip(weights, sums, scale, strict=True)) for row in admitted
    }
    return sorted(admitted, key=lambda row: (-round(worth[row], 12), row))[:most], scale


@settings(max_examples=60, deadline=None)
@given(
    history=st.lists(st.integers(0, 47), max_size=8),
    known=st.lists(st.integers(0, 47), max_size=9, unique=True),
    exclude=st.frozensets(st.integers(0, 47), max_size=6),
    most=st.integers(1, 30),
    section=st.none() | st.just("Harbour"),
)
def test_those_elected_are_those_that_a_plain_count_finds(site, *, history, known, exclude, most, section):
    reader, wish = reader_of(NOW, history=history), Wish(exclude=exclude, section=section)
    weights = np.array([1.0, 0.5, 2.0, 0.3])
    cast = Votes.of(site, reader)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(votes, "TIED", most)
        ballot = Ballot.of(site, np.array(sorted(known), np.int64), cast, wish)
        found = elected(site, ballot, weights, wish, NOW)
    wanted, scale = counted(site, cast, wish, weights, most)
    assert sorted(ballot.rows[found.tied].tolist()) == sorted(wanted)
    assert found.scale == pytest.approx(scale)
    assert found.known.tolist() == site.articles.admits(np.array(sorted(known), np.int64), wish, NOW).tolist()
