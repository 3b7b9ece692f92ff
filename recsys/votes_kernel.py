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
    I64M,
    I64MW,
    I64W,
    compiled,
    compiled_ahead,
    compiled_bare,
    prefetch,
)
from recsys.order_kernel import least_of_best

KINDS = 4
AHEAD = 8  # votes
LINE = 16  # rows, or scores, in a cache line

Starts = tuple[I64, I64, I64]  # of all kinds but the last, where each row's ties begin (n + 1,)
Ties = tuple[I32, F32]  # of each tie to whom, and how strongly
Tables = tuple[Ties, Ties, Ties, Ties]  # of each kind
Cast = tuple[I32, I32, F64]  # of each vote (v,) the number of who is voted for, the position of who votes, the weight


@compiled_ahead
def spans(  # noqa: PLR0917
    starts: Starts, lists: I32, apart: int, k: int, tables: Tables, rows: I32, begin: I64MW, end: I64MW
) -> int:
    """Sets `begin` and `end` (4, h) to where in `tables` the ties of each of `rows` (h,) stand, of each kind; returns
    how many they are. A row beyond a table has none; of the last kind they are k from `apart` times `lists` (h,) on.
    """
    found = 0
    for position in range(rows.size):
        for kind in range(KINDS - 1):
            of = starts[kind]
            there = 0 <= rows[position] < of.size - 1
            begin[kind, position] = max(of[rows[position]], 0) if there else 0
            end[kind, position] = of[rows[position] + 1] if there else 0
        first = apart * lists[position]
        begin[KINDS - 1, position], end[KINDS - 1, position] = max(first, 0), first + k
        for kind in range(KINDS):
            end[kind, position] = max(min(end[kind, position], tables[kind][0].size), begin[kind, position])
            found += end[kind, position] - begin[kind, position]
    return found


@compiled_bare
def _bring_near(table: Ties, begin: I64, end: I64) -> None:
    """Has the ties of some rows brought near."""
    tied, scores = table
    for position in range(begin.size):
        for place in range(begin[position], end[position], LINE):
            prefetch(tied, place)
            prefetch(scores, place)


@compiled_bare
def _count(  # noqa: PLR0917
    table: Ties, begin: I64, end: I64, weights: F64, numbers: I32, met: I32, sums: F64, kind: int, cast: Cast, m: int,
    v: int,
) -> tuple[int, int]:  # fmt: skip
    """Counts the votes of one kind, from the v-th on; the next article met for the first time is the m-th."""
    tied, scores = table
    number, owner, weight = cast
    for position in range(begin.size):
        for place in range(begin[position], end[position]):
            if place + AHEAD < end[position]:
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
def counted(  # noqa: PLR0917
    tables: Tables, begin: I64M, end: I64M, weights: F64, known: I32, out: I64, numbers: I32W, met: I32W, sums: F64MW,
    electable: B8W, cast: tuple[I32W, I32W, F64W], ends: I64W,
) -> int:  # fmt: skip
    """Numbers the m articles that h articles with `weights` (h,) vote for, and counts the votes: the ties in `tables`
    that stand from `begin` to `end` (4, h).

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
    for kind in range(KINDS):
        _bring_near(tables[kind], begin[kind], end[kind])
    for number in range(known.size):
        met[number] = known[number]
        numbers[known[number]] = number + 1
    m, v = known.size, 0
    for kind in range(KINDS):
        m, v = _count(tables[kind], begin[kind], end[kind], weights, numbers, met, sums, kind, cast, m, v)
        ends[kind] = v
    for number in range(m):
        electable[number] = True
    for row in out:
        if 0 <= row < numbers.size and numbers[row] > 0:
            electable[numbers[row] - 1] = False
    for row in met[:m]:
        numbers[row] = 0
    return m


@compiled
def _strongest(rows: I32, worth: F64, most: int, place: I64) -> int:
    """Keeps of `place` (f,), numbers of articles of this `worth` (f,), ascending, the `most` best; says how many."""
    edge = least_of_best(worth, most)
    level, above, even = np.empty(worth.size), 0, 0
    for i in range(worth.size):
        above += worth[i] > edge
        level[even] = rows[place[i]]
        even += worth[i] == edge
    last = np.partition(level[:even], most - above - 1)[most - above - 1]
    kept = 0
    for i in range(worth.size):
        number = place[i]
        place[kept] = number
        kept += (worth[i] > edge) | ((worth[i] == edge) & (rows[number] <= last))
    return kept


@compiled_ahead
def strongest(  # noqa: PLR0917
    rows: I32, sums: F64M, admitted: B8, weights: F64, factor: F64, most: int, scale: F64W, place: I64W, others: I64W
) -> tuple[int, int]:
    """Sets `place` to the numbers, ascending, of the `most` articles with the strongest votes, of equally strong ones
    those of lower rows, and `others` to those of the first k that are admitted and not among them. Returns how many
    both are.

    rows, sums, admitted  (m,), (m, 4), (m,) of the articles; who has no vote is none of them
    weights               (4,) of the kinds, each on a scale on which its greatest sum is 1
    factor                (m,) by which what an article has is multiplied; (0,): by nothing
    scale                 (4,) set to the greatest sums, 1 where there is none
    place                 (m,) of which more may be written to
    others                (k,) of which more may be written to
    """
    found = 0
    most_of = (0.0, 0.0, 0.0, 0.0)  # stays in registers, as four names for a row's sums do
    for number in range(rows.size):
        a, b, c, d = sums[number, 0], sums[number, 1], sums[number, 2], sums[number, 3]
        some = admitted[number] & (a + b + c + d > 0.0)
        place[found] = number
        found += some
        if some:
            most_of = (max(most_of[0], a), max(most_of[1], b), max(most_of[2], c), max(most_of[3], d))
    for kind in range(KINDS):
        scale[kind] = most_of[kind]
        if scale[kind] == 0.0:
            scale[kind] = 1.0
    if found > most:
        worth, share = np.zeros(found), weights / scale
        for i in range(found):
            for kind in range(KINDS):
                worth[i] += share[kind] * sums[place[i], kind]
            if factor.size:
                worth[i] *= factor[place[i]]
        found = _strongest(rows, worth, most, place)
    free, left = admitted[: others.size].copy(), 0
    for number in place[:found]:
        if number < others.size:
            free[number] = False
    for number in range(others.size):
        others[left] = number
        left += free[number]
    return found, left


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
