"""What can be learned from events, each signal one Ibis expression over the table of `training.events`.

Every expression takes `as_of` and looks at nothing stamped then or later. The formulas are those of `recsys.interest`,
which the live layer uses too.
"""

from collections.abc import Sequence
from functools import reduce

import ibis
import ibis.expr.types as ir

from recsys.event import EVENT_TYPES
from recsys.interest import DWELL_SECONDS, LONG_AGO, NOTHING, Worth, decayed

_CODE = {name: code for code, name in enumerate(EVENT_TYPES)}
_FIXED_POINT = 2.0**32


def known(events: ir.Table, as_of: int) -> ir.Table:
    """What had happened before `as_of`, with `reader`: the visitor, else the session, null where neither is named."""
    return events.filter(events.at < as_of).mutate(reader=ibis.coalesce(events.visitor, events.session))


def exact_sum(column: ir.FloatingColumn) -> ir.FloatingScalar:
    """The sum in fixed point, to 2**-33 a term: the same whatever the order and the number of threads; below 2**31."""
    return (column * _FIXED_POINT).round().cast("int64").sum().cast("float64") / _FIXED_POINT


def good_rating(events: ir.Table, as_of: int) -> ir.Scalar:
    """The site's median rating, null where there is none."""
    past = known(events, as_of)
    return past.value.median(where=past.type == _CODE["rating"])


def last_event(events: ir.Table, as_of: int) -> ir.Scalar:
    """The latest stamp, null where there is none."""
    return known(events, as_of).at.max()


def level(events: ir.Table, worth: Worth) -> ir.IntegerColumn:
    """`Worth.level` of each event, but NOTHING for a like: likes can be taken back and are followed by themselves."""
    kind = events.type
    return ibis.cases(
        (kind == _CODE["like"], NOTHING),
        ((kind == _CODE["dwell"]) & (events.value.fill_null(0.0) < DWELL_SECONDS), NOTHING),
        *((kind == code, int(of_type)) for code, of_type in enumerate(worth.level_of) if of_type != NOTHING),
        else_=NOTHING,
    )


def pairs(events: ir.Table, as_of: int, worth: Worth) -> ir.Table:
    """(row, reader, latest_0, latest_1, ...): when each reader last acted on each article, by level of worth."""
    past = known(events, as_of)
    acts = past.mutate(level=level(past, worth)).filter(past.reader.notnull())
    acts = acts.filter(acts.level != NOTHING)
    latest = {f"latest_{i}": acts.at.max(where=acts.level == i).fill_null(LONG_AGO) for i in range(worth.levels.size)}
    return acts.group_by("row", "reader").agg(**latest)


def like_marks(events: ir.Table, as_of: int, likes_at: ir.Table) -> ir.Table:
    """(row, reader, last, before): each reader's last press of each like button, and the last until the record's total.

    A press is coded as twice its stamp, plus 1 where it takes the like back: the greatest is the last.
    likes_at  (row, likes_at)
    """
    past = known(events, as_of)
    presses = past.filter((past.type == _CODE["like"]) & past.reader.notnull()).join(likes_at, "row")
    code = presses.at * 2 + (presses.value == 0.0).fill_null(False).cast("int64")
    presses = presses.mutate(code=code)
    before = presses.code.max(where=presses.at <= presses.likes_at)
    return presses.group_by("row", "reader").agg(last=presses.code.max(), before=before)


def counts(events: ir.Table, as_of: int, totals_at: ir.Table) -> ir.Table:
    """(row, views, likes): what was stamped after the record's totals: views, and net likes of nobody in particular.

    totals_at  (row, views_at, likes_at)
    """
    past = known(events, as_of).join(totals_at, "row")
    step = ibis.ifelse((past.value == 0.0).fill_null(False), -1, 1)
    nobody = (past.type == _CODE["like"]) & past.reader.isnull() & (past.at > past.likes_at)
    return past.group_by("row").agg(
        views=((past.type == _CODE["view"]) & (past.at > past.views_at)).sum(),
        likes=step.sum(where=nobody).fill_null(0),
    )


def interest(
    events: ir.Table, as_of: int, worth: Worth, half_lives: Sequence[float], *, acts: tuple[ir.Table, ir.Table]
) -> ir.Table:
    """(row, last, interest_0, ...): decayed interest by article as of the article's own last act.

    One reader counts once per article, with the greatest of their acts; an act of nobody in particular by itself.
    acts  `pairs` and `like_marks`, which may have been computed before
    """
    pair_table, marks = acts
    past = known(events, as_of)
    past = past.mutate(level=level(past, worth))
    levels = [float(weight) for weight in worth.levels]
    like_level = int(worth.level_of[_CODE["like"]])
    parts = [
        pair_table.select("row", "reader", at=pair_table[f"latest_{i}"], weight=ibis.literal(weight))
        for i, weight in enumerate(levels)
    ]
    alone = past.filter(past.reader.isnull())
    parts += [
        alone.filter(alone.level == i).select("row", "reader", "at", weight=ibis.literal(weight))
        for i, weight in enumerate(levels)
    ]
    if like_level != NOTHING:
        weight = ibis.literal(levels[like_level])
        given = marks.filter(marks.last % 2 == 0)
        parts.append(given.select("row", "reader", at=given.last // 2, weight=weight))
        given = alone.filter((alone.type == _CODE["like"]) & (alone.value.isnull() | (alone.value != 0.0)))
        parts.append(given.select("row", "reader", "at", weight=weight))
    if not parts:
        parts = [past.limit(0).select("row", "reader", "at", weight=ibis.literal(0.0))]
    every = reduce(lambda one, other: one.union(other), parts)
    every = every.filter(every.at != LONG_AGO)
    every = every.mutate(last=every.at.max().over(group_by="row"))
    worths = {f"w{i}": decayed(every.weight, every.at, every.last, h) for i, h in enumerate(half_lives)}
    every = every.mutate(**worths)
    of_readers = every.filter(every.reader.notnull())
    most = of_readers.group_by("row", "reader", "last").agg(**{name: of_readers[name].max() for name in worths})
    of_nobody = every.filter(every.reader.isnull()).select("row", "reader", "last", *worths)
    all_of = most.union(of_nobody)
    return all_of.group_by("row").agg(
        last=all_of["last"].max(), **{f"interest_{i}": exact_sum(all_of[f"w{i}"]) for i in range(len(half_lives))}
    )
