"""Inner loops of `recsys.votes`: ties are counted as votes, and the articles with the strongest are found."""

import numpy as np

from recsys.compiled import (
    B8,
    B8W,
    F32,
    F64,
    F64M,
    F64MW,
    F64W,
    I32,
    I32W,
    I64,
    I64W,
    compiled,
    compiled_ahead,
    prefetch,
)
from recsys.order_kernel import least_of_best

KINDS = 4
LISTED = 3  # the kind whose table has a row for each of those who vote
AHEAD = 8  # votes
LINE = 16  # rows, or scores, in a cache line

Table = tuple[I64, I32, F32]  # where each row's ties begin (n + 1,), whom it is tied to, how strongly
Tables = tuple[Table, Table, Table, Table]  # of each kind
Cast = tuple[I32, I32, F64]  # of each vote (v,) the number of who is voted for, the position of who votes, the weight


@compiled
def _span(table: Table, row: int) -> tuple[int, int]:
    """From where to where the ties of a row stand; a row beyond the table has none."""
    starts, tied, _ = table
    if not 0 <= row < starts.size - 1:
        return 0, 0
    begin, end = max(starts[row], 0), min(starts[row + 1], tied.size)
    return begin, max(begin, end)


@compiled
def _bring_near(table: Table, rows: I32) -> None:
    """Has the ties of some rows brought near."""
    _, tied, scores = table
    for row in rows:
        begin, end = _span(table, row)
        for place in range(begin, end, LINE):
            prefetch(tied, place)
            prefetch(scores, place)


@compiled
def _count(  # noqa: PLR0917
    table: Table, rows: I32, weights: F64, numbers: I32, met: I32, sums: F64, kind: int, cast: Cast, m: int, v: int
) -> tuple[int, int]:
    """Counts the votes of one kind, from the v-th on; the next article met for the first time is the m-th."""
    _, tied, scores = table
    number, owner, weight = cast
    for position in range(rows.size):
        begin, end = _span(table, rows[position])
        for place in range(begin, end):
            if place + AHEAD < end:
                prefetch(numbers, np.int64(tied[place + AHEAD]))
            other = tied[place]
            if not 0 <= other < numbers.size:
                continue
            if numbers[other] == 0:
                met[m] = other
                m += 1
                numbers[other] = m
            worth = np.float64(scores[place]) * weights[position]
            sums[numbers[other] - 1, kind] += worth
            number[v], owner[v], weight[v] = numbers[other] - 1, position, worth
            v += 1
    return m, v


@compiled_ahead
def ties(tables: Tables, rows: I32) -> int:
    """How many ties `counted` looks at."""
    found = 0
    for kind in range(KINDS):
        for position in range(rows.size):
            begin, end = _span(tables[kind], position if kind == LISTED else rows[position])
            found += end - begin
    return found


@compiled_ahead
def counted(  # noqa: PLR0917
    tables: Tables, rows: I32, weights: F64, known: I32, out: I64, numbers: I32W, met: I32W, sums: F64MW,
    electable: B8W, cast: tuple[I32W, I32W, F64W], ends: I64W,
) -> int:  # fmt: skip
    """Numbers the m articles that `rows` (h,), distinct, vote for with `weights` (h,), and counts the votes: the ties
    of each row in the first tables; in the last one, which has h rows, those of each position.

    known      (k,) distinct rows that are numbered 0..k-1 in any case; those that are met follow
    out        rows that may not be elected
    numbers    (n,) zeros, and zeros again afterwards; a tie to a row beyond them doesn't count
    met        set to the rows numbered (m,), of room for k and all ties, as the next two are
    sums       (room, 4) zeros, set to the sums by kind
    electable  set to whether each may be elected
    cast       set to the votes (v,), of room for all ties
    ends       (4,) set to where those of each kind end

    returns    m
    """
    whose = np.empty((2, rows.size), np.int32)
    for position in range(rows.size):
        whose[0, position], whose[1, position] = rows[position], position
    for kind in range(LISTED):  # the last table was made for this
        _bring_near(tables[kind], rows)
    for number in range(known.size):
        met[number] = known[number]
        numbers[known[number]] = number + 1
    m, v = known.size, 0
    for kind in range(KINDS):
        m, v = _count(tables[kind], whose[int(kind == LISTED)], weights, numbers, met, sums, kind, cast, m, v)
        ends[kind] = v
    for number in range(m):
        electable[number] = True
    for row in out:
        if 0 <= row < numbers.size and numbers[row] > 0:
            electable[numbers[row] - 1] = False
    for row in met[:m]:
        numbers[row] = 0
    return m


@compiled_ahead
def strongest(  # noqa: PLR0917
    rows: I32, sums: F64M, admitted: B8, weights: F64, factor: F64, most: int, scale: F64W, place: I64W
) -> int:
    """Sets `place` to the numbers, ascending, of the `most` articles with the strongest votes, and returns how many
    these are; of equally strong ones those of lower rows.

    rows, sums, admitted  (m,), (m, 4), (m,) of the articles; who has no vote is none of them
    weights               (4,) of the kinds, each on a scale on which its greatest sum is 1
    factor                (m,) by which what an article has is multiplied; (0,): by nothing
    scale                 (4,) zeros, set to the greatest sums, 1 where there is none
    place                 (m,) of which more may be written to
    """
    found = 0
    for number in range(rows.size):
        if admitted[number]:
            some = 0.0
            for kind in range(KINDS):
                some += sums[number, kind]
                scale[kind] = max(scale[kind], sums[number, kind])
            place[found] = number
            found += some > 0.0
    for kind in range(KINDS):
        if scale[kind] == 0.0:
            scale[kind] = 1.0
    if found <= most:
        return found
    worth, share = np.zeros(found), weights / scale
    for i in range(found):
        number = place[i]
        for kind in range(KINDS):
            worth[i] += share[kind] * sums[number, kind]
        if factor.size:
            worth[i] *= factor[number]
    edge = least_of_best(worth, most)
    level, above, even = np.empty(found), 0, 0
    for i in range(found):
        above += worth[i] > edge
        level[even] = rows[place[i]]
        even += worth[i] == edge
    last = np.partition(level[:even], most - above - 1)[most - above - 1]
    kept = 0
    for i in range(found):
        number = place[i]
        place[kept] = number
        kept += worth[i] > edge or (worth[i] == edge and rows[number] <= last)
    return kept


@compiled
def given(  # noqa: PLR0917
    cast: Cast, ends: I64, weights: F64, numbers: I64, nameable: B8, named: int
) -> tuple[I64, F64, F64]:
    """Who gave the votes for the articles at `numbers` (c,), distinct; a negative one is nobody's.

    cast, ends  as of `counted`      weights  (4,) of the kinds      nameable  (h,) of those who vote
    named       how many to tell of

    returns  of each article the positions (c, named) of those nameable who gave most, first of equal ones; what they
             gave (c, named), 0 where there is none; and what all others gave (c,)
    """
    number, owner, weight = cast
    last = -1
    for vote in range(ends[KINDS - 1]):
        last = max(last, number[vote])
    slots = np.full(last + 1, -1, np.int32)
    for c in range(numbers.size):
        if 0 <= numbers[c] <= last:
            slots[numbers[c]] = c
    gave = np.zeros((numbers.size, nameable.size))
    begin = 0
    for kind in range(KINDS):
        for vote in range(begin, ends[kind]):
            if slots[number[vote]] >= 0:
                gave[slots[number[vote]], owner[vote]] += weight[vote] * weights[kind]
        begin = ends[kind]
    who, most = np.zeros((numbers.size, named), np.int64), np.zeros((numbers.size, named))
    others = np.zeros(numbers.size)
    for c in range(numbers.size):
        for place in range(named):
            for position in range(nameable.size):
                if nameable[position] and gave[c, position] > most[c, place]:
                    who[c, place], most[c, place] = position, gave[c, position]
            if most[c, place] > 0.0:
                gave[c, who[c, place]] = 0.0
        for position in range(nameable.size):
            others[c] += gave[c, position]
    return who, most, others
