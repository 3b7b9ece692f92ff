"""Inner loop of `recsys.because`: what scores are made of, part by part."""

from recsys.compiled import B8, F64, F64M, F64MW, I32, I64, I64MW, I64W, compiled_ahead
from recsys.taste_kernel import NO_CODE, Names, favourite
from recsys.votes_kernel import KINDS, Cast, given


@compiled_ahead
def parts(  # noqa: PLR0917
    places: I64, candidates: I32, signals: F64M, share: F64, number: I64, cast: Cast, ends: I64, names: Names, own: I32,
    weights: F64, nameable: B8, mask: int, part: F64MW, about: I64MW, order: I64MW, count: I64W,
) -> None:  # fmt: skip
    """Sets what the scores of the candidates at `places` (k,) are made of, p parts each: x articles of the reader's, a
    name of each taste, what of both may not be told, and each further signal.

    candidates, signals, number  (c,), (s, c), (c,) as of `Candidates`; signals: ties, tastes, others
    share            (s,) by which a signal is multiplied
    cast, ends       as of `given`
    names .. mask    as of `favourite`; of the reader's articles `own` (h,) those `nameable` may be told
    part             (k, p) zeros, p = x + s - 4 + 1
    about            (k, x + tastes) set to positions in `own`, then codes of names
    order, count     (k, p), (k,) set to those parts that are above 0, greatest first, and how many these are
    """
    others = about.shape[1]
    tastes = signals.shape[0] - KINDS - (part.shape[1] - others - 1)
    named = others - tastes
    rows, numbers = candidates[places], number[places]
    who, gave, rest = given(cast, ends, share[:KINDS], numbers, nameable, named)
    code = favourite(names, own, weights, nameable, rows, tastes, mask)
    for i in range(places.size):
        part[i, others] = rest[i]
        for j in range(named):
            part[i, j], about[i, j] = gave[i, j], who[i, j]
        for j in range(tastes):
            about[i, named + j] = code[i, j]
            worth = share[KINDS + j] * signals[KINDS + j, places[i]]
            part[i, others if code[i, j] == NO_CODE else named + j] += worth
        for j in range(others + 1, part.shape[1]):
            signal = KINDS + tastes + j - others - 1
            part[i, j] = share[signal] * signals[signal, places[i]]
        count[i] = 0
        for j in range(part.shape[1]):
            if part[i, j] > 0.0:
                place = count[i]
                while place > 0 and part[i, order[i, place - 1]] < part[i, j]:
                    order[i, place] = order[i, place - 1]
                    place -= 1
                order[i, place] = j
                count[i] += 1
