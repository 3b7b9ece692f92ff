"""Inner loop of `recsys.because`: what scores are made of, part by part."""

import numpy as np

from recsys.compiled import B8, F64, F64M, F64W, I32, I64, I64W, compiled_ahead
from recsys.taste_kernel import NO_CODE, Names, favourite
from recsys.votes_kernel import KINDS, Cast, given


@compiled_ahead
def parts(  # noqa: PLR0917
    places: I64, candidates: I32, signals: F64M, share: F64, number: I64, cast: Cast, ends: I64, names: Names, own: I32,
    weights: F64, nameable: B8, mask: int, named: int, tastes: int, kind: I64W, weight: F64W, about: I64W, stop: I64W,
) -> int:  # fmt: skip
    """Sets what the scores of the candidates at `places` (k,) are made of, each greatest part first: what `named`
    articles of the reader's gave, a name of each of the tastes, what of both may not be told, and each further signal.

    candidates, signals, number  (c,), (s, c), (c,) as of `Candidates`; signals: ties, tastes, others
    share            (s,) by which a signal is multiplied
    cast, ends       as of `given`
    names .. mask    as of `favourite`; of the reader's articles `own` (h,) those `nameable` may be told
    kind             of each part (x,) above 0, which it is in the order above
    weight           how much it is
    about            the position in `own`, or the code of the name
    stop             (k,) where the parts of each candidate end

    returns          x
    """
    rows, numbers = candidates[places], number[places]
    who, gave, rest = given(cast, ends, share[:KINDS], numbers, nameable, named)
    code = favourite(names, own, weights, nameable, rows, tastes, mask)
    others, further = named + tastes, KINDS + tastes
    part, what = np.empty(others + 1 + share.size - further), np.zeros(others + 1 + share.size - further, np.int64)
    x = 0
    for i in range(places.size):
        part[others] = rest[i]
        for j in range(named):
            part[j], what[j] = gave[i, j], who[i, j]
        for j in range(tastes):
            part[named + j], what[named + j] = 0.0, code[i, j]
            part[others if code[i, j] == NO_CODE else named + j] += share[KINDS + j] * signals[KINDS + j, places[i]]
        for j in range(further, share.size):
            part[others + 1 + j - further] = share[j] * signals[j, places[i]]
        first = x
        for j in range(part.size):
            if part[j] > 0.0:
                place = x
                while place > first and weight[place - 1] < part[j]:
                    kind[place], weight[place], about[place] = kind[place - 1], weight[place - 1], about[place - 1]
                    place -= 1
                kind[place], weight[place], about[place] = j, part[j], what[j]
                x += 1
        stop[i] = x
    return x
