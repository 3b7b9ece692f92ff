"""Of what a reader's articles vote for, those with the strongest votes are found, as a plain count finds them."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys import votes
from recsys.covisitation import Covisits, Ties
from recsys.items import Wish
from recsys.reader import reader_of
from recsys.votes import TIES, Votes, elected
from recsys.votes_kernel import strongest
from tests.recsys.sites import NOW, Reading, article, model_of


@pytest.fixture(scope="module")
def site():
    found = model_of([article(n) for n in range(48)], Reading().events)
    for row in (3, 8, 15, 30):
        found.articles.remove(row)
    return found


def counted(model, cast, wish, weights, most):
    """The plain twin: articles admitted by falling sum of votes on their scales, equal ones by lower row."""
    number, _, weights_cast = cast.cast
    rows = cast.rows[number].tolist()
    admitted = {row for row in rows if model.articles.admits(np.array([row]), wish, NOW)[0]}
    sums = [Counter() for _ in range(TIES)]
    for place, (row, weight) in enumerate(zip(rows, weights_cast.tolist(), strict=True)):
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
    cast = Votes.of(site, reader, np.array(sorted(known), np.int32), wish)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(votes, "TIED", most)
        found = elected(site, cast, weights, wish, NOW)
    wanted, scale = counted(site, cast, wish, weights, most)
    assert sorted(cast.rows[found.tied].tolist()) == sorted(wanted)
    assert found.scale == pytest.approx(scale)
    admitted = np.flatnonzero(site.articles.admits(np.array(sorted(known), np.int64), wish, NOW))
    assert found.others.tolist() == np.setdiff1d(admitted, found.tied).tolist()


def test_votes_are_the_ties_and_the_neighbours_of_each_article_read(site):
    reader = reader_of(NOW, history=[0, 7, 13])
    found = Votes.of(site, reader, np.array([5], np.int32), Wish())
    number, owner, weight = found.cast
    near = site.neighbours.first_lists(reader.rows, votes.NEIGHBOURS, current=votes.FRESH)
    ties = [site.covisits.together_table, site.covisits.after_table, site.covisits.learned_table]
    begin = 0
    for kind, end in enumerate(found.ends.tolist()):
        cast = list(zip(found.rows[number[begin:end]], owner[begin:end], weight[begin:end], strict=True))
        wanted = [
            (row, position, score * reader.weights[position])
            for position, read in enumerate(reader.rows.tolist())
            for row, score in zip(
                *(ties[kind].of(read)[:2] if kind < 3 else (near.rows[position], near.scores[position])), strict=True
            )
            if row >= 0
        ]
        assert [vote[:2] for vote in cast] == [vote[:2] for vote in wanted]
        assert [vote[2] for vote in cast] == pytest.approx([vote[2] for vote in wanted])
        begin = end
    assert found.rows[0] == 5
    assert np.unique(found.rows).size == found.rows.size
    assert not site.mix.zeros.of(48).any()  # for the next question


def test_ties_to_rows_that_are_not_there_and_those_of_rows_without_any_don_t_count(site):
    wild = Ties(np.array([0, 3]), np.array([-1, 48, 2], np.int32), np.ones(3, np.float32), np.ones(3, np.int32))
    model = replace(site, covisits=Covisits(wild, Ties.empty(), Ties.empty()))
    found = Votes.of(model, reader_of(NOW, history=[0, 47]), np.zeros(0, np.int32), Wish())
    assert found.rows[found.cast[0][: found.ends[0]]].tolist() == [2]


@settings(max_examples=60, deadline=None)
@given(worth=st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, 3.0]), max_size=40), most=st.integers(1, 30))
def test_of_equally_strong_ones_those_of_lower_rows_are_elected(worth, most):
    rows = np.random.default_rng(len(worth)).permutation(len(worth)).astype(np.int32)
    sums = np.zeros((len(worth), TIES))
    sums[:, 2] = worth
    with_votes = [number for number in range(len(worth)) if worth[number] > 0.0]
    first = sorted(with_votes, key=lambda number: (-worth[number], rows[number]))[:most]
    admitted, scale, place = np.ones(rows.size, np.bool_), np.zeros(TIES), np.empty(rows.size, np.int64)
    others = np.empty(len(worth) // 2, np.int64)
    found, left = strongest(rows, sums, admitted, np.ones(TIES), np.zeros(0), most, scale, place, others)
    assert place[:found].tolist() == sorted(first)
    assert others[:left].tolist() == sorted(set(range(others.size)) - set(first))
    assert scale.tolist() == [1.0, 1.0, max(worth, default=0.0) or 1.0, 1.0]


def test_there_are_no_more_votes_than_were_cast(site):
    """Lists that are not full have fewer ties than places."""
    few = model_of([article(n) for n in range(3)])
    found = Votes.of(few, reader_of(NOW, history=[0, 1]), np.zeros(0, np.int32), Wish())
    assert [column.size for column in found.cast] == [found.ends[-1]] * 3
    assert found.cast[0].max(initial=-1) < found.rows.size
