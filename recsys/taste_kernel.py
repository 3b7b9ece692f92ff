"""Inner loops about the names that articles carry: how much of a reader's taste they meet, and which name most."""

import numpy as np

from recsys.compiled import B8, F64, F64W, I32, I64, compiled, compiled_bare, prefetch
from recsys.sieve_kernel import let_through, new_sieve, passes

# Where the names of each row begin and end (2 n,), their codes, and by code room for a number, all zeros between calls.
# The lowest bits of a code are its kind; the names of a row stand by kind.
Names = tuple[I32, I32, F64W]
# The codes that some articles carry of the first kinds (x,), the position of the article of each, ascending, and which
# part it is of all that this article carries of its kind.
Packed = tuple[I32, I32, F64]

NO_CODE = -1


@compiled_bare
def span(spans: I32, codes: I32, row: int) -> tuple[int, int]:
    """From where to where in `codes` the names of a row stand."""
    if not 0 <= row < spans.size // 2:
        return 0, 0
    begin, end = max(0, spans[2 * row]), min(spans[2 * row + 1], codes.size)
    return begin, max(begin, end)


@compiled_bare
def clear(spans: I32, codes: I32, room: F64, rows: I32) -> None:
    """Puts zeros where the names of some rows had numbers."""
    for row in rows:
        begin, end = span(spans, codes, row)
        for place in range(begin, end):
            room[codes[place]] = 0.0


@compiled_bare
def _add(spans: I32, codes: I32, room: F64, rows: I32, weights: F64) -> None:
    for position in range(rows.size):
        begin, end = span(spans, codes, rows[position])
        for place in range(begin, end):
            room[codes[place]] += weights[position]


@compiled
def _packed(spans: I32, codes: I32, rows: I64, kinds: int, mask: int) -> Packed:
    """What `rows` carry of the first kinds."""
    begins, x = np.empty(rows.size, np.int64), 0
    for i in range(rows.size):
        begin, end = span(spans, codes, rows[i])
        prefetch(codes, np.int64(begin))
        begins[i] = begin
        x += end - begin
    found, owner, part, x = np.empty(x, np.int32), np.empty(x, np.int32), np.empty(x), 0
    for i in range(rows.size):
        place, (_, end) = begins[i], span(spans, codes, rows[i])
        for kind in range(kinds):  # in this order they stand
            first = x
            while place < end and codes[place] & mask == kind:
                found[x], owner[x] = codes[place], i
                place += 1
                x += 1
            for one in range(first, x):
                part[one] = 1.0 / (x - first)
    return found[:x], owner[:x], part[:x]


@compiled_bare
def _add_shares(packed: Packed, room: F64, sieve: B8, mask: int, found: F64) -> None:
    codes, owner, part = packed
    for place in range(codes.size):
        code = codes[place]
        if passes(sieve, code):
            found[code & mask, owner[place]] += part[place] * room[code]


@compiled
def match_shares(  # noqa: PLR0917
    names: Names, own: I32, weights: F64, near: Packed, rows: I64, mask: int, known: F64, found: F64
) -> None:
    """Sets `known` (kinds, x) for the articles whose names `near` holds, and `found` (kinds, m) for `rows`, zeros both,
    to 0..1: the mean share of an article's names of each of the first kinds; 0 for one without any.

    own, weights  (h,) the reader's articles: the share of a name is the weight of those that carry it
    mask          the bits of a code that are its kind
    """
    spans, codes, room = names
    _add(spans, codes, room, own, weights)
    sieve = new_sieve()  # most names are not the reader's: that is seen without a look at the room
    for row in own:
        begin, end = span(spans, codes, row)
        let_through(sieve, codes[begin:end])
    _add_shares(near, room, sieve, mask, known)
    _add_shares(_packed(spans, codes, rows, found.shape[0], mask), room, sieve, mask, found)
    clear(spans, codes, room, own)


@compiled
def favourite(  # noqa: PLR0917
    names: Names, own: I32, weights: F64, nameable: B8, rows: I32, kinds: int, mask: int
) -> I64:
    """(m, kinds) the code of the name of each kind that each of `rows` (m,) carries whose share is greatest, of equal
    ones the last; NO_CODE where it carries none of those that articles with `nameable` (h,) carry.
    """
    spans, codes, room = names
    found = np.full((rows.size, kinds), NO_CODE, np.int64)
    _add(spans, codes, room, own, weights)
    for position in range(own.size):
        if nameable[position]:
            begin, end = span(spans, codes, own[position])
            for place in range(begin, end):
                room[codes[place]] = -abs(room[codes[place]])  # a share that may be told of is below zero
    for i in range(rows.size):
        begin, end = span(spans, codes, rows[i])
        for place in range(begin, end):
            code = codes[place]
            kind = code & mask
            if kind < kinds and room[code] < 0.0:
                best = found[i, kind]
                if best == NO_CODE or room[code] <= room[best]:
                    found[i, kind] = code
    clear(spans, codes, room, own)
    return found
