"""An item's reasons are what its signals and votes add up to, and name only what the request brought."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.because import NAMED, items_because
from recsys.candidates import candidates_for
from recsys.carried import KIND, TASTES
from recsys.items import Wish
from recsys.mix import SIGNALS
from recsys.reader import reader_of
from recsys.votes import TIES
from tests.recsys.sites import NOW, Reading, article, model_of


@pytest.fixture(scope="module")
def site():
    return model_of([article(n) for n in range(48)], Reading().events)


def plainly(site, reader, found, place):
    """The reasons of one candidate as (kind, what is named, weight), greatest first, by dictionaries and sums."""
    number, owner, weight = (column.tolist() for column in found.votes.cast)
    gave = dict.fromkeys(range(reader.rows.size), 0.0)
    for vote, one in enumerate(number):
        if one == found.number[place]:
            gave[owner[vote]] += weight[vote] * found.share[int(found.votes.ends.searchsorted(vote, "right"))]
    told = sorted((p for p in gave if reader.nameable[p] and gave[p]), key=lambda p: -gave[p])[:NAMED]
    reasons = [("because_read", site.articles.id(int(reader.rows[p])), gave[p]) for p in told]
    unnamed = sum(gave[p] for p in gave if p not in told)
    for kind, taste in enumerate(TASTES):
        worth = found.share[SIGNALS.index(taste)] * found.signals[SIGNALS.index(taste), place]
        share = {}
        for code in (code for code in site.carrying.codes(int(found.rows[place])) if code & KIND == kind):
            holders = [code in site.carrying.codes(int(row)) for row in reader.rows]
            if any(reader.nameable[holders]):
                share[code] = reader.weights[holders].sum()
        if share:
            most = [code for code in share if share[code] > max(share.values()) - 1e-12][-1]
            reasons.append((taste, site.carrying.name(most), worth))
        else:
            unnamed += worth
    reasons.append(("because_read", None, unnamed))
    rest = range(TIES + len(TASTES), len(SIGNALS))
    reasons += [(SIGNALS[signal], None, found.share[signal] * found.signals[signal, place]) for signal in rest]
    return sorted((reason for reason in reasons if reason[2] > 0.0), key=lambda reason: -reason[2])


@settings(max_examples=40, deadline=None)
@given(
    history=st.lists(st.integers(0, 47), max_size=6, unique=True),
    visitor=st.none() | st.integers(0, 5),
    seed=st.integers(0, 9),
)
def test_reasons_are_those_of_a_plain_sum(site, history, visitor, seed):
    stored = None if visitor is None else site.histories.of(f"v{visitor}")
    reader = reader_of(NOW, stored, history)
    if reader.idle is None:
        return
    found = candidates_for(site, reader, Wish(exclude=reader.seen), NOW)
    weights = np.random.default_rng(seed).random(len(SIGNALS)) * (np.random.default_rng(seed + 10).random(9) < 0.8)
    found = found._replace(share=weights / found.scale)
    places = np.random.default_rng(seed).permutation(found.rows.size)[:10]
    score = found.share @ found.signals
    for place, item in zip(places, items_because(site, reader, found, places), strict=True):
        wanted = plainly(site, reader, found, place)
        assert item.row == found.rows[place]
        assert item.score == pytest.approx(score[place])
        assert [r.weight for r in item.reasons] == pytest.approx([weight for _, _, weight in wanted])
        told = {(r.kind, r.article_id or r.name, round(r.weight, 9)) for r in item.reasons}
        assert told == {(kind, name, round(weight, 9)) for kind, name, weight in wanted}
