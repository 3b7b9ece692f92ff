"""The reasons of many items at once are those that a plain walk over terms and tags gives for each."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.items import Reason, Wish
from recsys.likeness import TERMS, TOLD_READERS, reasons
from recsys.related import judged, own_wish
from recsys.text import read, word_stems
from recsys.tfidf import term_hash
from recsys.times import DAY
from tests.recsys.sites import NOW, Reading, article, model_of


@pytest.fixture(scope="module")
def site():
    tags = ("harbour", "Old Harbour", "ice", "cranes and ships", "the")
    return model_of(
        [article(n, tags=(*article(n).tags, *tags[: n % 4], tags[n % 5])) for n in range(48)], Reading().events
    )


def plain_reasons(model, found, i, row):
    other = int(found.rows[i])
    mine = dict(zip(*(part.tolist() for part in model.neighbours.vector(row)), strict=True))
    theirs = dict(zip(*(part.tolist() for part in model.neighbours.vector(other)), strict=True))
    weight = {term: mine[term] * theirs[term] for term in sorted(mine) if term in theirs}
    unit = found.terms[i] / sum(weight.values()) if sum(weight.values()) > 0 else 0.0
    names = model.articles.groups["tag"].names
    by_tag = {}
    for tag in names(row):
        words, fragments = read(tag)
        stems = [*filter(None, word_stems(words, model.articles.language(row))), *fragments]
        ids = set(model.text.terms_of(np.array([*map(term_hash, stems)], np.uint64)).tolist())
        by_tag[tag] = ids
    tagged, left = {}, {}
    for term, part in weight.items():
        tag = next((tag for tag, ids in by_tag.items() if term in ids and shared_by_any(model, found, tag)), None)
        if tag is not None and tag in names(other):
            tagged[tag] = tagged.get(tag, 0.0) + part * unit
        else:
            left[term] = part * unit
    strongest = sorted(left, key=lambda term: -left[term])[:TERMS]
    readers = int(found.readers[i])
    together = ("read_together", readers) if readers >= TOLD_READERS else ("other", None)
    parts = {
        "terms": (found.terms[i] - sum(tagged.values()), [(model.text.display(t), left[t]) for t in strongest], None),
        "tags": (sum(tagged.values()), [(tag, tagged[tag]) for tag in by_tag if tag in tagged], None),
        "context": (found.context[i], [], None),
        together[0]: (found.together[i], [], together[1]),
        "time": (found.time[i], [], None),
    }
    return [(kind, *part) for kind, part in parts.items() if part[0] > 1e-12], abs(int(found.apart[i])) / DAY


def shared_by_any(model, found, tag):
    return any(tag in model.articles.groups["tag"].names(int(row)) for row in found.rows)


@given(row=st.integers(0, 47), limit=st.integers(1, 20), seed=st.integers(0, 99))
def test_reasons_at_once_are_the_plain_ones(site, row, limit, seed):
    found = judged(site, row, own_wish(site, row, Wish(limit=limit)), NOW)
    chosen = np.random.default_rng(seed).permutation(found.rows.size)
    for i, told in zip(chosen, reasons(site, found, chosen, site.neighbours.vector(row), row), strict=True):
        expected, days = plain_reasons(site, found, i, row)
        assert [reason.kind for reason in told] == [kind for kind, *_ in expected]
        for reason, (_, weight, terms, count) in zip(told, expected, strict=True):
            assert reason.weight == pytest.approx(weight)
            assert [name for name, _ in reason.terms] == [name for name, _ in terms]
            assert [part for _, part in reason.terms] == pytest.approx([part for _, part in terms])
            assert reason.count == count
            assert reason.days == (pytest.approx(days) if reason.kind == "time" else None)


def test_what_few_readers_did_is_weighed_and_not_told(site):
    """P2: neither how many they are nor that there are any."""
    told = set()
    for row in range(48):
        found = judged(site, row, own_wish(site, row, Wish(limit=20)), NOW)
        found = replace(found, readers=found.readers + np.where(found.readers > 0, row % 8, 0))
        every = reasons(site, found, np.arange(found.rows.size), site.neighbours.vector(row), row)
        for readers, together, why in zip(found.readers, found.together, every, strict=True):
            kinds = {reason.kind: reason for reason in why}
            assert all(reason.count is None or reason.count >= TOLD_READERS for reason in why)
            if together > 0:
                [kind] = {"read_together", "other"} & set(kinds)
                assert (kind == "read_together") == (readers >= TOLD_READERS)
                assert kinds[kind].weight == pytest.approx(together)
                told.add(kind)
    assert told == {"read_together", "other"}, "the site has ties of both kinds"


def test_no_candidate_has_no_reasons(site):
    found = judged(site, 0, own_wish(site, 0, Wish()), NOW)
    assert reasons(site, found, np.zeros(0, np.intp), site.neighbours.vector(0), 0) == []


def test_a_text_that_is_no_article_has_no_tags_in_common(site):
    found = judged(site, 0, own_wish(site, 0, Wish()), NOW)
    told = reasons(site, found, np.arange(found.rows.size), site.neighbours.vector(0), None)
    assert "tags" not in {reason.kind for some in told for reason in some}
    assert all(isinstance(reason, Reason) for some in told for reason in some)
