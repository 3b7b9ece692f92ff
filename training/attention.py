"""How long articles are read, by how many, and what draws most in a section or under a tag: Ibis expressions."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from recsys.event import EVENT_TYPES
from recsys.interest import decayed
from training.signals import exact_sum, known

DWELL_CAP = 1_800.0  # seconds; a page that stays open longer is not read any more

_DWELL = EVENT_TYPES.index("dwell")


def dwell(events: ir.Table, as_of: int) -> ir.Table:
    """(row, readers, median, mean): seconds that readers stayed with each article, at most DWELL_CAP.

    One reader counts once per article, with their longest stay; a stay of nobody in particular by itself.
    """
    past = known(events, as_of)
    stays = past.filter((past.type == _DWELL) & (past.value >= 0.0))
    stays = stays.mutate(seconds=ibis.least(stays.value, DWELL_CAP))
    named = stays.filter(stays.reader.notnull())
    longest = named.group_by("row", "reader").agg(seconds=named.seconds.max()).select("row", "seconds")
    every = longest.union(stays.filter(stays.reader.isnull()).select("row", "seconds"))
    return every.group_by("row").agg(
        readers=every.count(), median=every.seconds.median(), mean=exact_sum(every.seconds) / every.count()
    )


def audience(first_visits: ir.Table) -> ir.Table:
    """(row, readers): how many visitors, else sessions, turned to each article; from `covisits.first_visits`."""
    return first_visits.group_by("row").agg(readers=first_visits.count())


def leaders(interest: ir.Table, members: ir.Table, at: int, half_lives: Sequence[float], *, k: int) -> ir.Table:
    """(name, window, place, row, interest): the k articles of each section or tag that draw most, by half-life.

    interest  of `signals.interest`      members  (row, name) which sections or tags each article carries
    window    position in `half_lives`   at       the moment that interest is faded to, after all acts
    """
    of_windows = [
        interest.select(
            "row",
            window=ibis.literal(window),
            interest=decayed(interest[f"interest_{window}"], interest["last"], ibis.literal(at), half_life),
        )
        for window, half_life in enumerate(half_lives)
    ]
    every = of_windows[0].union(*of_windows[1:]) if of_windows[1:] else of_windows[0]
    every = every.filter(every.interest > 0.0).join(members, "row")
    best_first = ibis.window(group_by=["name", "window"], order_by=[every.interest.desc(), every.row])
    every = every.mutate(place=ibis.row_number().over(best_first)).filter(ibis._.place < k)
    return every.order_by("name", "window", "place").select("name", "window", "place", "row", "interest")
