"""A site without events: what is written down without an engine is what the engine would find."""

import numpy as np

from recsys.article import Article
from recsys.columns import ArticleColumns
from recsys.record import Micros
from recsys.times import DAY
from training.behaviour import behaviour_arrays
from training.events import SCHEMA
from training.site_signals import site_signals
from training.totals import Totals
from training.without_events import behaviour_of_none, signals_of_none

N = 3
AS_OF = 10 * DAY


def columns() -> ArticleColumns:
    found = ArticleColumns()
    for row in range(N):
        article = Article(id=f"a{row}", title="A title", tags=("tag",), published_at=Micros(row * DAY), views=row)
        found.put(row, article, language="en")
    return found


def test_the_arrays_are_those_of_the_engine() -> None:
    totals = Totals(*(np.arange(N) * factor for factor in range(1, 5)))
    asked = behaviour_arrays(SCHEMA.empty_table(), columns(), totals, AS_OF, threads=1, spill_to=None)
    told = behaviour_of_none(columns(), totals, AS_OF)
    assert {part: set(arrays) for part, arrays in told.items()} == {part: set(arrays) for part, arrays in asked.items()}
    for part, arrays in asked.items():
        for name, array in arrays.items():
            np.testing.assert_array_equal(told[part][name], array, err_msg=f"{part}.{name}", strict=True)


def test_the_report_is_that_of_the_engine() -> None:
    engagement = behaviour_of_none(columns(), Totals.none(N), AS_OF)["engagement"]
    asked = site_signals(SCHEMA.empty_table(), columns(), engagement, AS_OF, threads=1, spill_to=None)
    assert signals_of_none() == asked
