"""Articles of one template leave room for others, and nothing is lost where there are no others."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from recsys.cosine import Neighbours
from recsys.crowding import CROWD, WORD_FOR_WORD, uncrowded
from recsys.items import Wish
from recsys.related import related
from recsys.why_not import why_not
from tests.recsys.sites import NOW, article, model_of

TABLE = (
    "<p>Closing prices at the corn mart, in crowns a tonne, delivered to the quay, duty unpaid: wheat {0}, barley {1}, "
    "oats 41, rye 38. Turnover was moderate, stocks in the silos were little changed, freight stood unaltered.</p>"
)
TALK = (
    "<p>Closing prices of wheat, barley, oats and rye at the corn mart were moderate, and stocks in the silos stood "
    "unaltered: growers of {0} who met there ask for {1} delivered to the quay, duty unpaid, before freight rises, in "
    "year {2}. Turnover of {0} changed little.</p>"
)
CROPS = ("wheat", "barley", "oats", "rye")
WISHES = ("a roof and a scale", "a drier and a rail siding")


def lists(groups):
    """The nearest of each row where rows of one group resemble each other word for word."""
    m = len(groups)
    rows = np.array([[other for other in range(m) if other != row] for row in range(m)], np.int32).reshape(m, -1)
    alike = np.array([[groups[row] == groups[other] for other in some] for row, some in enumerate(rows)]).reshape(m, -1)
    nearest = np.argsort(~alike, axis=1, kind="stable")
    scores = np.where(alike, WORD_FOR_WORD, 0.1).astype(np.float32)
    return Neighbours(np.take_along_axis(rows, nearest, axis=1), np.take_along_axis(scores, nearest, axis=1))


def chosen(groups, k, score=None):
    score = np.linspace(0.9, 0.6, len(groups)) if score is None else np.array(score)
    return uncrowded(np.arange(len(groups), dtype=np.int32), score, lists(groups), k).tolist()


def test_the_fourth_of_one_template_waits_for_all_others():
    assert chosen("aaaaabc", 5) == [0, 1, 2, 5, 6]


def test_what_was_left_out_completes_the_list_in_its_order():
    assert chosen("aaaaab", 5) == [0, 1, 2, 3, 5]


def test_what_is_far_worse_does_not_go_first():
    assert chosen("aaaaabb", 5, [0.9, 0.9, 0.9, 0.8, 0.8, 0.4, 0.39]) == [0, 1, 2, 3, 5]
    assert chosen("aaaaabb", 5, [0.9, 0.9, 0.9, 0.8, 0.8, 0.39, 0.3]) == [0, 1, 2, 3, 4]


@given(st.text("abc", min_size=2, max_size=12), st.integers(0, 14))
@example("bccccb", 5)
def test_as_many_as_asked_for_in_order_and_few_of_a_template_while_others_are_left(groups, k):
    places = chosen(groups, k)
    assert places == sorted(set(places))
    assert len(places) == min(k, len(groups))
    left = {groups[place] for place in range(len(groups)) if place not in places}
    for group in set(groups):
        taken = [groups[place] for place in places].count(group)
        assert taken <= CROWD or not left - {g for g in set(groups) if [groups[p] for p in places].count(g) >= CROWD}


def test_daily_tables_of_prices_do_not_fill_the_list_of_one_of_them():
    tables = [article(n, title=f"Grain prices {n}", tags=(), body=TABLE.format(n * 7, n * 3 + 1)) for n in range(12)]
    talks = [
        article(
            n,
            title=f"Grain prices: {CROPS[n % 4].title()} farmers meet",
            tags=(),
            body=TALK.format(CROPS[n % 4], WISHES[n % 2], n),
        )
        for n in range(12, 20)
    ]
    others = [article(n) for n in range(20, 50)]
    model = model_of([*tables, *talks, *others])
    wish = Wish(fill="none", limit=6)
    shown = related(model, 3, wish, NOW)
    assert sum(item.row < 12 for item in shown) == CROWD
    assert sum(12 <= item.row < 20 for item in shown) == CROWD
    scores = [item.score for item in shown]
    assert scores == sorted(scores, reverse=True)
    verdicts = [why_not(model, 3, f"a{n}", wish, NOW).verdict for n in range(12) if n != 3]
    assert (verdicts.count("shown"), verdicts.count("crowded")) == (CROWD, 11 - CROWD)
    everything = related(model, 3, Wish(fill="none", limit=49), NOW)
    assert sum(item.row < 12 for item in everything) == 11
