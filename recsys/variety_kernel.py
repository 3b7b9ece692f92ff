"""Inner loops of `recsys.variety`: the best of the candidates, and of these one after the other the best beside those
that were chosen before it.
"""

import numpy as np

from recsys.compiled import B8, F64, I32, I64, I64W, compiled, compiled_ahead, compiled_bare
from recsys.order_kernel import least_of_best
from recsys.taste_kernel import NO_CODE, Names, clear, span

# More than worth and likeness can make up for: first what is neither full nor late, then the rest.
FULL, LATE = 10.0, 100.0


@compiled_bare
def _before(worth: F64, rows: I32, late: B8, one: int, other: int) -> bool:
    if late[one] != late[other]:
        return bool(late[other])
    if worth[one] != worth[other]:
        return bool(worth[one] > worth[other])
    return bool(rows[one] < rows[other])


@compiled
def _sorted(worth: F64, rows: I32, late: B8, among: I64) -> I64:
    """The positions `among`, best first."""
    for done in range(1, among.size):
        one, begin, end = among[done], 0, done
        while begin < end:
            middle = (begin + end) // 2
            if _before(worth, rows, late, one, among[middle]):
                end = middle
            else:
                begin = middle + 1
        for place in range(done, begin, -1):
            among[place] = among[place - 1]
        among[begin] = one
    return among


@compiled
def _best(worth: F64, rows: I32, late: B8, among: I64, k: int) -> I64:
    """The k best of the positions `among`, best first."""
    early, values = 0, np.empty(among.size)
    for one in among:
        values[early] = worth[one]
        early += not late[one]
    if early <= k:
        return _sorted(worth, rows, late, among.copy())[:k]
    edge, kept = least_of_best(values[:early], k), 0
    reaching = np.empty(early, np.int64)
    for one in among:
        if not late[one] and worth[one] >= edge:
            reaching[kept] = one
            kept += 1
    return _sorted(worth, rows, late, reaching[:kept])[:k]


@compiled
def _weighed(names: Names, rows: I32) -> tuple[I64, F64, F64]:
    """Where the names of each of `rows` (p,) begin, row after row (p + 1,), and their weights (x,), greatest of names
    that few of the rows carry; and the length of each row's weights as a vector (p,).
    """
    spans, codes, room = names
    starts = np.zeros(rows.size + 1, np.int64)
    for i in range(rows.size):
        begin, end = span(spans, codes, rows[i])
        starts[i + 1] = starts[i] + end - begin
        for place in range(begin, end):
            room[codes[place]] += 1.0
    weights, lengths = np.empty(starts[-1]), np.zeros(rows.size)
    for i in range(rows.size):
        begin, end = span(spans, codes, rows[i])
        for place in range(begin, end):
            weight = np.log((1.0 + rows.size) / room[codes[place]])
            weights[starts[i] + place - begin] = weight
            lengths[i] += weight * weight
        lengths[i] = np.sqrt(lengths[i])
    clear(spans, codes, room, rows)
    return starts, weights, lengths


@compiled
def _last_names(names: Names, rows: I32, capped: I64, mask: int) -> I64:
    """(kinds, p) the last name of each kind `capped` that each of `rows` (p,) carries."""
    spans, codes, _ = names
    last = np.full((capped.size, rows.size), NO_CODE, np.int64)
    for i in range(rows.size):
        begin, end = span(spans, codes, rows[i])
        for place in range(begin, end):
            for kind in range(capped.size):
                if codes[place] & mask == capped[kind]:
                    last[kind, i] = codes[place]
    return last


@compiled_bare
def _fill_up(value: F64, last: I64, chosen: int, before: I64, most: int) -> None:
    """Puts back what carries the same last name as the chosen one, where `most` of those chosen do."""
    for kind in range(last.shape[0]):
        code, taken = last[kind, chosen], 1
        for i in before:
            taken += last[kind, i] == code
        if code != NO_CODE and taken == most:
            for i in range(value.size):
                if last[kind, i] == code:
                    value[i] -= FULL


@compiled
def _diversified(  # noqa: PLR0917
    names: Names, rows: I32, value: F64, diversity: float, limit: int, capped: I64, mask: int
) -> I64:
    """The positions of `limit` of `rows` (p,), p >= limit: each the greatest of `value` less its likeness to those
    before it.
    """
    spans, codes, room = names
    last, most = _last_names(names, rows, capped, mask), max(1, int(np.ceil((1.0 - diversity) * limit)))
    starts, weights, lengths = _weighed(names, rows)
    nearest, found = np.zeros(rows.size), np.empty(limit, np.int64)
    for done in range(limit):
        chosen = 0
        for i in range(rows.size):
            if value[i] - nearest[i] > value[chosen] - nearest[chosen]:
                chosen = i
        found[done], value[chosen] = chosen, -np.inf
        begin, end = span(spans, codes, rows[chosen])
        for place in range(begin, end):
            room[codes[place]] = weights[starts[chosen] + place - begin]
        for i in range(rows.size):
            shared, length = 0.0, lengths[i] * lengths[chosen]
            begin, end = span(spans, codes, rows[i])
            for place in range(begin, end):
                shared += room[codes[place]] * weights[starts[i] + place - begin]
            if length > 0.0:
                nearest[i] = max(nearest[i], diversity * shared / length)
        clear(spans, codes, room, rows[chosen : chosen + 1])
        _fill_up(value, last, chosen, found[:done], most)
    return found


@compiled_ahead
def picked(  # noqa: PLR0917
    names: Names, rows: I32, score: F64, worth: F64, late: B8, least: float, diversity: float, pool: int, capped: I64,
    mask: int, places: I64W,
) -> int:  # fmt: skip
    """Sets `places` (limit,) to positions of `rows` (c,), by falling score, the `late` last; returns how many.

    score      (c,) only articles with more than 0, and at least `least`, are picked
    worth      (c,) by which they are picked: 0 where score is 0
    diversity  0..1, the weight of likeness; 0: the best are picked, else among the best `pool`
    capped     kinds: of one name of these, of those of an article the last, there are at most (1 - diversity) of the
               limit, rounded up, as long as there are others
    mask       the bits of a code that are its kind

    Likeness is the cosine of the names that two carry, of which those that few of the pool carry count most.
    """
    limit = places.size
    among, c = np.empty(rows.size, np.int64), 0
    for i in range(rows.size):
        among[c] = i
        c += score[i] > 0.0 and score[i] >= least
    if diversity > 0.0 and c > limit > 0:
        best = _best(worth, rows, late, among[:c], pool)
        value, own, most = np.empty(best.size), np.empty(best.size, np.int32), 0.0
        for i in range(best.size):
            own[i] = rows[best[i]]
            most = max(most, worth[best[i]])
        for i in range(best.size):
            value[i] = (1.0 - diversity) * worth[best[i]] / most - LATE * late[best[i]]
        found = _diversified(names, own, value, diversity, limit, capped, mask)
        for i in range(found.size):
            found[i] = best[found[i]]
    else:
        found = _best(worth, rows, late, among[:c], limit)
    found = _sorted(score, rows, late, found)
    for i in range(found.size):
        places[i] = found[i]
    return found.size
