"""What can be learned from events, each signal one Ibis expression over the table of `training.events`.

Every expression takes `as_of` and looks at nothing stamped then or later. The formulas are those of `recsys.interest`,
which the live layer uses too.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from recsys.event import EVENT_TYPES
from recsys.interest import DWELL_SECONDS, LONG_AGO, NOTHING, READERS_OF_SOURCE, Worth, decayed, shared

_CODE = {name: code for code, name in enumerate(EVENT_TYPES)}
_FIXED_POINT = 2.0**32


def known(events: ir.Table, as_of: int) -> ir.Table:
    """What had happened before `as_of`, with `reader`: the visitor, else the session, null where neither is named."""
    return events.filter(events.at < as_of).mutate(reader=ibis.coalesce(events.visitor, events.session))


def engaged(events: ir.Table, as_of: int) -> ir.Table:
    """The same, where `reader` is the source in the last resort, as in `recsys.event_block.EventBlock`."""
    return events.filter(events.at < as_of).mutate(reader=ibis.coalesce(events.visitor, events.session, events.source))


def exact_sum(column: ir.FloatingColumn) -> ir.FloatingScalar:
    """The sum in fixed point, to 2**-33 a term: the same whatever the order and the number of threads; below 2**31."""
    return (column * _FIXED_POINT).round().cast("int64").sum().cast("float64") / _FIXED_POINT


def good_rating(events: ir.Table, as_of: int) -> ir.Scalar:
    """The site's median rating, null where there is none."""
    past = known(events, as_of)
    return past.filter(past.type == _CODE["rating"]).value.median()  # Ibis' median(where=) is refused by Spark


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
    """(row, reader, source, turned, latest_0, ...): when each reader last acted on each article, by level of worth.

    source  of those that the reader came from the greatest, null for none
    turned  when a visitor, else a session, first turned to the article; null where the reader is known as a source only
    Likes count for no level here, but who pressed a like has a row.
    """
    past = engaged(events, as_of)
    acts = past.mutate(level=level(past, worth)).filter(past.reader.notnull())
    acts = acts.filter((acts.level != NOTHING) | (acts.type == _CODE["like"]))
    counts_now = (acts.level != NOTHING) | acts.value.isnull() | (acts.value != 0.0)  # else a like was taken back
    turns = counts_now & (acts.visitor.notnull() | acts.session.notnull())
    latest = {f"latest_{i}": acts.at.max(where=acts.level == i).fill_null(LONG_AGO) for i in range(worth.levels.size)}
    return acts.group_by("row", "reader").agg(source=acts.source.max(), turned=acts.at.min(where=turns), **latest)


def like_marks(events: ir.Table, as_of: int, likes_at: ir.Table) -> ir.Table:
    """(row, reader, source, last, before): each reader's last press of a like, and the last until the record's total.

    A press is coded as twice its stamp, plus 1 where it takes the like back: the greatest is the last.
    likes_at  (row, likes_at)
    """
    past = engaged(events, as_of)
    presses = past.filter((past.type == _CODE["like"]) & past.reader.notnull()).join(likes_at, "row")
    code = presses.at * 2 + (presses.value == 0.0).fill_null(False).cast("int64")
    presses = presses.mutate(code=code)
    before = presses.code.max(where=presses.at <= presses.likes_at)
    return presses.group_by("row", "reader").agg(source=presses.source.max(), last=presses.code.max(), before=before)


def counts(events: ir.Table, as_of: int, totals_at: ir.Table) -> ir.Table:
    """(row, views, likes): what was stamped after the record's totals: views, and net likes of nobody in particular.

    totals_at  (row, views_at, likes_at)
    """
    past = engaged(events, as_of).join(totals_at, "row")
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

    One reader counts once per article, with the greatest of their acts, and the readers of one source ever less:
    `recsys.interest.shared`. An act of nobody in particular counts by itself.
    acts  `pairs` and `like_marks`, which may have been computed before
    """
    pair_table, marks = acts
    levels = [float(weight) for weight in worth.levels]
    nothing = {f"interest_{i}": ibis.literal(0.0) for i in range(len(half_lives))}
    if not levels:
        return pair_table.limit(0).select("row", last=ibis.literal(LONG_AGO), **nothing)
    like_level = int(worth.level_of[_CODE["like"]])
    given = marks.filter(marks.last % 2 == 0).select("row", "reader", liked=marks.last // 2)
    named = pair_table.left_join(given, ["row", "reader"]).drop("row_right", "reader_right")
    acted = [(named[f"latest_{i}"], weight) for i, weight in enumerate(levels)]
    if like_level != NOTHING:
        acted.append((named.liked.fill_null(LONG_AGO), levels[like_level]))
    latest = {f"at_{i}": at for i, (at, _) in enumerate(acted)}
    named = named.select("row", "source", **latest, newest=ibis.greatest(*latest.values()))
    named = named.filter(named.newest != LONG_AGO)
    alone = _of_nobody(events, as_of, worth)
    newest = named.select("row", at="newest").union(alone.select("row", "at")).group_by("row").agg(last=ibis._.at.max())
    named, alone = named.join(newest, "row"), alone.join(newest, "row")
    worths = {
        f"w{i}": ibis.greatest(
            *(
                ibis.ifelse(named[f"at_{j}"] == LONG_AGO, 0.0, decayed(weight, named[f"at_{j}"], named.last, half_life))
                for j, (_, weight) in enumerate(acted)
            )
        )
        for i, half_life in enumerate(half_lives)
    }
    of_nobody = {f"w{i}": decayed(alone.weight, alone.at, alone.last, h) for i, h in enumerate(half_lives)}
    readers = named.select("row", "source", "last", **worths)
    all_of = alone.select("row", "last", **of_nobody).union(_by_source(readers, list(worths)))
    return all_of.group_by("row").agg(
        last=all_of["last"].max(), **{f"interest_{i}": exact_sum(all_of[f"w{i}"]) for i in range(len(half_lives))}
    )


def _of_nobody(events: ir.Table, as_of: int, worth: Worth) -> ir.Table:
    """(row, at, weight): the acts that name no reader at all."""
    past = engaged(events, as_of)
    alone = past.filter(past.reader.isnull())
    alone = alone.mutate(level=level(alone, worth))
    weights = [(alone.level == i, float(weight)) for i, weight in enumerate(worth.levels)]
    like_level = int(worth.level_of[_CODE["like"]])
    if like_level != NOTHING:
        given = (alone.type == _CODE["like"]) & (alone.value.isnull() | (alone.value != 0.0))
        weights.append((given, float(worth.levels[like_level])))
    alone = alone.select("row", "at", weight=ibis.cases(*weights, else_=0.0))
    return alone.filter(alone.weight > 0.0)


def _by_source(readers: ir.Table, worths: Sequence[str]) -> ir.Table:
    """(row, last, *worths) of `readers`, where those that share a source on an article count `shared`."""
    group = ["row", "source"]
    apart = readers.filter(readers.source.isnull()).select("row", "last", *worths)
    crowd = readers.filter(readers.source.notnull())
    places = {name: ibis.row_number().over(group_by=group, order_by=crowd[name].desc()) + 1 for name in worths}
    crowd = crowd.mutate(**{f"place_{name}": place for name, place in places.items()})
    weights = {
        name: ibis.ifelse(crowd[f"place_{name}"] <= READERS_OF_SOURCE, shared(crowd[name], crowd[f"place_{name}"]), 0.0)
        for name in worths
    }
    return apart.union(crowd.select("row", "last", **weights))
