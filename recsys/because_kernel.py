"""Inner loop of `recsys.because`: what scores are made of, part by part."""

from recsys.compiled import B8, F64, F64M, F64MW, I32, I64, I64MW, I64W, compiled_ahead
from recsys.taste_kernel import NO_CODE, Names, favourite
from recsys.votes_kernel import KINDS, Cast, given


@compiled_ahead
def parts(  # noqa: PLR0917
    rows: I32, signals: F64M, cast: Cast, ends: I64, numbers: I64, ties: F64, names: Names, own: I32, weights: F64,
    nameable: B8, mask: int, part: F64MW, about: I64MW, order: I64MW, count: I64W,
) -> None:  # fmt: skip
    """Sets what the scores of k articles are made of, p parts each: x articles of the reader's, a name of each taste,
    what of both may not be told, and each further signal.

    rows             (k,)
    signals          (s, k) what each signal adds: ties, tastes, others
    cast .. numbers  as of `given`, for the rows; `ties` (4,) its weights
    names .. mask    as of `favourite`; of the reader's articles `own` (h,) those `nameable` may be told
    part             (k, p) zeros, p = x + s - 4 + 1
    about            (k, x + tastes) set to positions in `own`, then codes of names
    order, count     (k, p), (k,) set to those parts that are above 0, greatest first, and how many these are
    """
    others = about.shape[1]
    tastes = signals.shape[0] - KINDS - (part.shape[1] - others - 1)
    named = others - tastes
    who, gave, rest = given(cast, ends, ties, numbers, nameable, named)
    code = favourite(names, own, weights, nameable, rows, tastes, mask)
    for i in range(rows.size):
        part[i, others] = rest[i]
        for j in range(named):
            part[i, j], about[i, j] = gave[i, j], who[i, j]
        for j in range(tastes):
            about[i, named + j] = code[i, j]
            part[i, others if code[i, j] == NO_CODE else named + j] += signals[KINDS + j, i]
        for j in range(others + 1, part.shape[1]):
            part[i, j] = signals[KINDS + tastes + j - others - 1, i]
        count[i] = 0
        for j in range(part.shape[1]):
            if part[i, j] > 0.0:
                place = count[i]
                while place > 0 and part[i, order[i, place - 1]] < part[i, j]:
                    order[i, place] = order[i, place - 1]
                    place -= 1
                order[i, place] = j
                count[i] += 1
