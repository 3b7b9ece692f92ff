"""What of the lists is clicked: by list and place as one Ibis expression, and from it what each article draws there.

The lower the place, the fewer look. A click takes a look and an article that draws (the examination hypothesis:
Richardson et al., WWW 2007; Craswell et al., WSDM 2008):

    P(click on article a at place p of list l) = examined(l, p) * draws(a)

`examined` is 1 for the first place of a list, relative to it for the others. Both factors are found in turn, each the
best for the other: maximum likelihood for Poisson counts (iterative proportional scaling, Deming and Stephan 1940).
Then `draws` is estimated by empirical Bayes: drawn towards the site's mean, the more so the more alike articles are.
"""

from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from recsys.event import EVENT_TYPES, LIST_NAMES
from recsys.interest import smoothed_rate
from training.signals import known

_IMPRESSION, _CLICK = EVENT_TYPES.index("impression"), EVENT_TYPES.index("click")
_ROUNDS = 100
_STEADY = 1e-5  # relative change of a factor that ends the search
_DOUBT = 1.0  # clicks: so much evidence pulls every place's factor towards "as often looked at as the first"
_PLACE_BITS = 16  # of a place, int16 and never negative
_ALIKE = 1e6  # trials; a prior of more is of articles that do not differ

Floats = NDArray[np.float64]


def exposures(events: ir.Table, as_of: int) -> ir.Table:
    """(list, place, row, shown, clicked): to how many readers a list showed an article there, how many clicked on it.

    One reader counts once for each article, list and place. A click counts where there is an impression. Events of
    nobody count by themselves, clicks up to the number of impressions. `place` is 0 where events name none.
    """
    past = known(events, as_of)
    past = past.filter(past["list"].notnull() & past.type.isin([_IMPRESSION, _CLICK]))
    past = past.mutate(place=past.position.fill_null(0).cast("int16"), shows=past.type == _IMPRESSION)
    named = past.filter(past.reader.notnull())
    each = named.group_by("list", "place", "row", "reader").agg(shown=named.shows.any(), clicked=(~named.shows).any())
    each = each.filter(each.shown)
    of_readers = each.group_by("list", "place", "row").agg(shown=each.count(), clicked=each.clicked.sum())
    nobody = past.filter(past.reader.isnull())
    of_nobody = nobody.group_by("list", "place", "row").agg(shown=nobody.shows.sum(), clicked=(~nobody.shows).sum())
    of_nobody = of_nobody.filter(of_nobody.shown > 0)
    of_nobody = of_nobody.mutate(clicked=ibis.least(of_nobody.clicked, of_nobody.shown))
    both = of_readers.union(of_nobody)
    return both.group_by("list", "place", "row").agg(shown=both.shown.sum(), clicked=both.clicked.sum())


@dataclass(frozen=True, slots=True)
class ClickThrough:
    """What the lists' impressions and clicks tell. (c,) are by list and place, in that order.

    lists, places   (c,) position in LIST_NAMES, place from 1; 0 where events named none
    shown, clicked  (c,) readers
    examined        (c,) > 0, how often a place is looked at, relative to the first shown of its list
    draws           (n,) 0..1, estimated share of readers who click on the article once they look at it
    mean, strength  of the prior of `draws`: it counts as `strength` looks of which `mean` are clicks
    """

    lists: NDArray[np.int64]
    places: NDArray[np.int64]
    shown: NDArray[np.int64]
    clicked: NDArray[np.int64]
    examined: Floats
    draws: Floats
    mean: float
    strength: float

    def report(self) -> dict[str, Any]:
        """By list: readers who were shown something, the share that clicked, and the same by place."""
        found: dict[str, Any] = {}
        for code in np.unique(self.lists).tolist():
            here = self.lists == code
            shown = int(self.shown[here].sum())
            columns = (self.places[here], self.shown[here], self.clicked[here], self.examined[here])
            found[LIST_NAMES[code]] = {
                "shown": shown,
                "clicked": int(self.clicked[here].sum()),
                "click_through": round(float(self.clicked[here].sum()) / shown, 5),
                "places": [
                    {"place": place, "shown": seen, "clicked": clicked, "examined": round(examined, 4)}
                    for place, seen, clicked, examined in zip(*(c.tolist() for c in columns), strict=True)
                ],
            }
        return found


def fit_clicks(table: pa.Table, n: int) -> ClickThrough:
    """From what `exposures` gave, for n articles. Nothing shown: no places, and `draws` 0.

    cost  O(rows of the table) a round, of at most 100
    """
    cell, cells = _cells(table)
    row = table["row"].to_numpy()
    shown, clicked = table["shown"].to_numpy().astype(np.float64), table["clicked"].to_numpy().astype(np.float64)
    c = len(cells)
    of_cell = np.bincount(cell, clicked, c)
    of_row = np.bincount(row, clicked, n).astype(np.float64)
    first = np.flatnonzero(np.diff(cells[:, 0], prepend=-1)) if c else np.zeros(0, np.intp)
    lists = np.repeat(np.arange(first.size), np.diff(np.append(first, c)))
    examined = np.ones(c)
    for _ in range(_ROUNDS if c else 0):
        seen = np.bincount(row, shown * examined[cell], n)
        rate = np.divide(of_row, seen, out=np.zeros(n), where=seen > 0.0)
        before = examined
        examined = (of_cell + _DOUBT) / (np.bincount(cell, shown * rate[row], c) + _DOUBT)
        examined = examined / examined[first][lists]
        if np.abs(examined / before - 1.0).max() < _STEADY:
            break
    looks = np.bincount(row, shown * examined[cell], n).astype(np.float64)
    mean, strength = beta_prior(of_row, looks)
    return ClickThrough(
        lists=cells[:, 0],
        places=cells[:, 1],
        shown=np.bincount(cell, shown, c).astype(np.int64),
        clicked=of_cell.astype(np.int64),
        examined=examined,
        draws=np.minimum(smoothed_rate(of_row, looks, mean, strength), 1.0),
        mean=mean,
        strength=strength,
    )


def beta_prior(successes: Floats, trials: Floats) -> tuple[float, float]:
    """Mean (0..1) and strength (trials, 1..1e6) of the Beta distribution that the groups' rates come from.

    The method of moments for unequal groups: what the rates scatter more than chance would (Kleinman, JASA 1973).
    successes, trials  (g,) >= 0; groups without trials say nothing. No trials, no or only successes: scatter unknown.
    """
    successes, trials = successes[trials > 0.0], trials[trials > 0.0]
    total = trials.sum()
    if total == 0.0:
        return 0.0, 1.0
    mean = min(1.0, float(successes.sum() / total))
    spare = total - (trials**2).sum() / total - (trials.size - 1)
    if not 0.0 < mean < 1.0 or spare <= 0.0:
        return mean, 1.0
    scatter = (trials * (successes / trials - mean) ** 2).sum() / (mean * (1.0 - mean))
    alike = (scatter - (trials.size - 1)) / spare  # the correlation within a group: 1 / (strength + 1)
    return mean, float(np.clip(1.0 / alike - 1.0, 1.0, _ALIKE)) if alike > 0.0 else _ALIKE


def _cells(table: pa.Table) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """For each row of the table its list and place, as a position in those there are, (c, 2)."""
    code = table["list"].to_numpy().astype(np.int64) << _PLACE_BITS | table["place"].to_numpy()
    codes, cell = np.unique(code, return_inverse=True)
    return cell, np.column_stack([codes >> _PLACE_BITS, codes & ((1 << _PLACE_BITS) - 1)])
