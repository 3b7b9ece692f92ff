"""Articles that the same readers read: ties between articles, as Ibis expressions over the table of `training.events`.

A reader is the visitor, else the session; where events name neither there are no ties. The acts of one reader on one
article are one visit, at the time of the first. Two visits tie their articles when they are near in the reader's own
order. A reader's ties weigh 1 / log2(1 + visits): who reads everything says little. An article's ties are divided
by the root of both articles' visits, so that what everybody reads is not tied to everything.

From some visits on `training.covisit_kernel` counts the pairs: the same ties in a fraction of time and memory.
"""

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis import selectors
from numpy.typing import NDArray

from training.engines import Engine, value
from training.signals import exact_sum

NEAR = 10  # visits apart, at most
OF_SOURCE = 2  # readers of one source and article, as many as a tie needs: a network can't make many
VISITS = 1_000  # a reader's last ones; whoever has more is no reader
TIES = 50  # kept per article
PRIOR = 5.0  # visits added to each article's: two articles read once, by the same reader, are not twins
COMPILING_PAYS = 500_000  # visits; with fewer, the expressions are done before the kernel is compiled
COMPILED_AT_MOST = 100_000_000  # visits; the kernel has all of them in memory, here 2.8 GB: more are left to the engine


def first_visits(pairs: ir.Table) -> ir.Table:
    """(reader, row, at): when each reader first turned to each article, of one source the first OF_SOURCE readers.

    pairs  of `training.signals.pairs`
    """
    first = pairs.filter(pairs.turned.notnull()).select("reader", "row", "source", at="turned")
    sourced = first.filter(first.source.notnull())  # those without would share one window an article
    in_order = ibis.window(group_by=["row", "source"], order_by=[sourced["at"], sourced.reader])
    sourced = sourced.mutate(place=ibis.row_number().over(in_order)).filter(ibis._.place < OF_SOURCE)
    apart = first.filter(first.source.isnull()).select("reader", "row", "at")
    return apart.union(sourced.select("reader", "row", "at"))


def visits(first: ir.Table) -> ir.Table:
    """(reader, row, at, place, weight) of `first_visits`: each reader's last VISITS; `place` 0 is the last of them."""
    newest_first = ibis.window(group_by="reader", order_by=[first["at"].desc(), first["row"].desc()])
    first = first.mutate(place=ibis.row_number().over(newest_first)).filter(ibis._.place < VISITS)
    length = first["row"].count().over(ibis.window(group_by="reader"))
    return first.mutate(weight=1.0 / (1.0 + length.cast("float64")).log2())


def successions(visit_table: ir.Table) -> ir.Table:
    """(row, other, weight, near, readers): `other` was visited up to NEAR visits after `row`, by so many readers.

    weight  the readers' weights summed      near  the same, each over the number of visits between
    """
    in_order = ibis.window(group_by="reader", order_by=visit_table.place.desc())
    following = {f"next_{apart}": visit_table["row"].lead(apart).over(in_order) for apart in range(1, NEAR + 1)}
    wide = visit_table.select("row", "weight", **following)
    pairs = wide.pivot_longer(
        selectors.startswith("next_"),
        names_to="apart",
        names_pattern=r"next_(\d+)",
        names_transform=int,
        values_to="other",
    )
    pairs = pairs.filter(pairs.other.notnull())
    return pairs.group_by("row", "other").agg(
        weight=exact_sum(pairs.weight), near=exact_sum(pairs.weight / pairs.apart), readers=pairs.count()
    )


def ties(succession_table: ir.Table, visit_table: ir.Table, *, directed: bool) -> ir.Table:
    """(row, other, score, readers): the strongest `TIES` ties of each article, best first, equal ones by lower row.

    directed  `other` was visited after `row`, and the sooner the more; else in either order
    """
    if directed:
        tied = succession_table.select("row", "other", "readers", weight="near")
    else:
        there = succession_table.select("row", "other", "readers", "weight")
        back = succession_table.select("readers", "weight", row="other", other="row")
        both = there.union(back.select(*there.columns))
        tied = both.group_by("row", "other").agg(readers=both.readers.sum(), weight=exact_sum(both.weight))
    popularity = visit_table.group_by("row").agg(visits=visit_table.count())
    tied = tied.join(popularity, "row").rename(of_row="visits")
    tied = tied.join(popularity.rename(other="row", of_other="visits"), "other")
    score = tied.weight / ((tied.of_row + PRIOR) * (tied.of_other + PRIOR)).sqrt()
    tied = tied.select("row", "other", "readers", score=score)
    best_first = ibis.window(group_by="row", order_by=[tied.score.desc(), tied.other])
    tied = tied.mutate(place=ibis.row_number().over(best_first)).filter(ibis._.place < TIES)
    return tied.order_by("row", "place").select("row", "other", "score", "readers")


def tie_arrays(table: pa.Table, n: int) -> dict[str, NDArray[Any]]:
    """`starts`, `rows`, `scores`, `readers` of `recsys.covisitation.Ties` from what `ties` gave, for n articles."""
    starts = np.zeros(n + 1, np.int64)
    np.cumsum(np.bincount(table["row"].to_numpy(), minlength=n), out=starts[1:])
    return {
        "starts": starts,
        "rows": table["other"].to_numpy().astype(np.int32),
        "scores": table["score"].to_numpy().astype(np.float32),
        "readers": table["readers"].to_numpy().astype(np.int32),
    }


def covisit_arrays(engine: Engine, first: ir.Table, n: int, *, threads: int) -> dict[str, NDArray[Any]]:
    """The arrays `together_*` and `after_*` of `recsys.covisitation.Covisits` for n articles, from `first_visits`.

    `first` is a table of the engine. No ties where it is empty, as where events name no reader.
    """
    if COMPILING_PAYS <= value(engine, first.count()) <= COMPILED_AT_MOST:
        return compiled_covisits(engine, first, n, threads=threads)
    return plain_covisits(engine, first, n)


def plain_covisits(engine: Engine, first: ir.Table, n: int) -> dict[str, NDArray[Any]]:
    """What `covisit_arrays` returns, by expressions alone."""
    visit_table = engine.kept("visits", visits(first))
    succession_table = engine.kept("successions", successions(visit_table))
    return {
        f"{name}_{array}": values
        for name, directed in (("together", False), ("after", True))
        for array, values in tie_arrays(engine.rows(ties(succession_table, visit_table, directed=directed)), n).items()
    }


def compiled_covisits(engine: Engine, first: ir.Table, n: int, *, threads: int) -> dict[str, NDArray[Any]]:
    """What `covisit_arrays` returns, by the compiled kernel.

    cost  O(visits x NEAR); 28 bytes a visit, and 36 an article and thread
    """
    from training.covisit_counting import count_ties  # numba takes a second to import

    ordered = engine.rows(first.order_by("reader", "at", "row").select("reader", "row"))
    together, after = count_ties(ordered["reader"].to_numpy(), ordered["row"].to_numpy(), n, threads=threads)
    return {
        f"{name}_{array}": values
        for name, found in (("together", together), ("after", after))
        for array, values in found.items()
    }
