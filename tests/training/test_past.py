"""What an evaluation learned from events is what the model to publish would find out again: to the bit."""

import dataclasses
from unittest.mock import patch

import msgspec
import numpy as np
import pytest

from recsys.cosine import Rows, all_pairs
from recsys.record import Micros
from recsys.settings import Settings
from recsys.times import HOUR
from tests.recsys.sites import NOW, Reading, article, stored
from training import fit as subject
from training import neighbour_lists
from training.evaluate import evaluate_summary
from training.events import event_table
from training.fit import fit
from training.progress import silent
from training.replay import time_cut

EVENTS = event_table(Reading().events, lambda article_id: int(article_id[1:]), NOW)


def site(late=(3, 10, 20), total=48):
    """Some articles came after the cut, one is gone, and their records bring totals."""
    cut = time_cut(EVENTS)
    articles = stored([article(n) for n in range(total)])
    for row in late:
        new = msgspec.structs.replace(articles[row].article, published_at=Micros((cut + NOW) // 2), views=70, likes=7)
        articles[row] = dataclasses.replace(articles[row], article=new, views_at=NOW - HOUR, likes_at=NOW - HOUR)
    articles[30] = dataclasses.replace(articles[30], deleted_at=NOW - 2 * HOUR)
    return articles


@pytest.mark.slow
@pytest.mark.parametrize("settings", [Settings(), Settings(ranking_max_age_days=9, diversity=0.7)])
def test_a_past_that_is_taken_over_changes_no_bit_of_the_model(settings):
    articles = site()
    _, past = evaluate_summary(articles, EVENTS, NOW, settings, silent)
    assert past.cut == time_cut(EVENTS)
    with patch.object(subject, "_behaviour", wraps=subject._behaviour) as asked:
        anew, told_anew = fit(articles, EVENTS, NOW, settings)
        taken, told = fit(articles, EVENTS, NOW, settings, past=past)
    assert [call.args[3] for call in asked.call_args_list] == [NOW, past.cut, NOW]
    assert told == told_anew
    assert anew.keys() == taken.keys()
    for name, array in anew.items():
        assert array.dtype == taken[name].dtype, name
        np.testing.assert_array_equal(array, taken[name], strict=True, err_msg=name)


@pytest.mark.slow
def test_a_past_of_another_cut_is_left_aside():
    articles = site()
    _, past = evaluate_summary(articles, EVENTS, NOW, Settings(), silent)
    other = dataclasses.replace(past, cut=past.cut - HOUR, behaviour={})
    anew, _ = fit(articles, EVENTS, NOW, Settings())
    taken, _ = fit(articles, EVENTS, NOW, Settings(), past=other)
    for name, array in anew.items():
        np.testing.assert_array_equal(array, taken[name], strict=True, err_msg=name)


@pytest.mark.slow
def test_a_large_site_of_which_little_came_after_the_cut_is_read_once(monkeypatch):
    monkeypatch.setattr(neighbour_lists, "EXACT_BELOW", 50)
    articles = site(late=(50,), total=60)
    _, past = evaluate_summary(articles, EVENTS, NOW, Settings(), silent)
    anew, told_anew = fit(articles, EVENTS, NOW, Settings())
    taken, told = fit(articles, EVENTS, NOW, Settings(), past=past)
    assert told_anew.fitted["texts"]["renewed"] == 0
    assert told.fitted["texts"] == told_anew.fitted["texts"] | {"full": told.articles - 1, "renewed": 1}
    rows = Rows(*(taken[f"neighbours.vector_{name}"] for name in ("starts", "terms", "weights")))
    lists = all_pairs(rows, rows.transposed(taken["text.hashes"].size))
    np.testing.assert_array_equal(taken["neighbours.rows"], lists.rows)
    assert 50 in taken["neighbours.rows"]
    of_texts = ("text.", "texts.", "neighbours.", "related.", "mix.")
    for name in (name for name in anew if not name.startswith(of_texts)):
        np.testing.assert_array_equal(anew[name], taken[name], strict=True, err_msg=name)
