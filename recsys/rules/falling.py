"""Which articles fall under which rule, and what follows for those of one list."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from recsys.rules.rule import LEAST_FACTOR, MOST_FACTOR
from recsys.rules.selecting import Words

# For rules that are asked about often, or for many rows, there is an array of all articles: a lookup in it takes a
# tenth of the time, making it for 100,000 articles as long as some dozen lookups.
FEW = 2_000
OFTEN = 50
COUNTED = 10_000  # combinations of rules whose lookups are counted
KEPT_BYTES = 64 * 1024 * 1024  # of such arrays

_BYTE = 8
_Asked = Literal["any", "factor"]


class Falling:
    """A bit for each rule and article."""

    def __init__(self, words: Words, factors: Sequence[float]) -> None:
        """words  (w, n) what each article falls under      factors  of every rule, 1 where it has none"""
        self._words = np.ascontiguousarray(words.T)  # (n, w): what one article falls under lies together
        self._products = _products(factors, len(words))
        self._whole: OrderedDict[tuple[_Asked, bytes], NDArray[Any]] = OrderedDict()
        self._lookups: dict[tuple[_Asked, bytes], int] = {}
        self._bytes = 0

    def patch(self, rows: NDArray[np.integer], words: Words) -> None:
        """What `rows` (m,), ascending, fall under from now on: (w, m)."""
        grown = max(0, int(rows[-1]) + 1 - len(self._words))
        self._words = _longer(self._words, grown)
        self._words[rows] = words.T
        for key, made in self._whole.items():
            name, rules = key
            whole = _longer(made, grown)
            whole[rows] = self._work(name, np.frombuffer(rules, np.uint64), rows)
            self._whole[key] = whole
            self._bytes += whole.nbytes - made.nbytes

    def touched(self) -> Words:
        """(w,) the rules that any article falls under."""
        found: Words = np.bitwise_or.reduce(self._words, axis=0)
        return found

    @property
    def kept_bytes(self) -> int:
        """What the arrays of all articles take."""
        return self._bytes

    def any(self, rules: Words, rows: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Whether each of `rows` (m,) falls under any of `rules` (w,): (m,)."""
        found: NDArray[np.bool_] = self._asked_of("any", rules, rows)
        return found

    def factor(self, rules: Words, rows: NDArray[np.integer]) -> NDArray[np.float64]:
        """The product of the factors of all of `rules` (w,) that each of `rows` (m,) falls under: (m,)."""
        found: NDArray[np.float64] = self._asked_of("factor", rules, rows)
        return found

    def _asked_of(self, name: _Asked, rules: Words, rows: NDArray[np.integer]) -> NDArray[Any]:
        key = (name, rules.tobytes())
        made = self._whole.get(key)
        if made is None:
            if len(self._lookups) > COUNTED:
                self._lookups.clear()
            self._lookups[key] = self._lookups.get(key, 0) + 1
            if rows.size <= FEW and self._lookups[key] <= OFTEN:
                return self._work(name, rules, rows)
            made = self._make(key, rules)
        else:
            self._whole.move_to_end(key)
        return made.take(rows)

    def _make(self, key: tuple[_Asked, bytes], rules: Words) -> NDArray[Any]:
        """An array of all articles; those that were asked for least lately go."""
        del self._lookups[key]
        made = self._whole[key] = self._work(key[0], rules, None)
        self._bytes += made.nbytes
        while self._bytes > KEPT_BYTES and len(self._whole) > 1:
            self._bytes -= self._whole.popitem(last=False)[1].nbytes
        return made

    def _work(self, name: _Asked, rules: Words, rows: NDArray[np.integer] | None) -> NDArray[Any]:
        return self._any(rules, rows) if name == "any" else self._factor(rules, rows)

    def _any(self, rules: Words, rows: NDArray[np.integer] | None) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = self._met(rules, rows)[1] != 0
        return found

    def _factor(self, rules: Words, rows: NDArray[np.integer] | None) -> NDArray[np.float64]:
        """Eight boosts at a time: a table has the products of all 256 combinations of them."""
        under, met = self._met(rules, rows)
        factor = np.ones(met.size)
        hit = np.flatnonzero(met)
        if hit.size:
            eights = np.flatnonzero(_bytes(rules[None])[0])
            some = _bytes(under.take(hit, axis=0) & rules)[:, eights]
            with np.errstate(over="ignore", under="ignore", invalid="ignore"):  # hundreds of extreme factors
                products = self._products[eights, some].prod(axis=1)
            factor[hit] = np.fmin(np.fmax(products, LEAST_FACTOR), MOST_FACTOR)
        return factor

    def _met(self, rules: Words, rows: NDArray[np.integer] | None) -> tuple[Words, Words]:
        """What each of `rows` (m,) falls under (m, w), and a word that is 0 where none of it is among `rules`: (m,)."""
        under = self._words if rows is None else self._words.take(rows, axis=0)  # a third of the time of indexing
        met = np.zeros(len(under), np.uint64)
        for place in np.flatnonzero(rules).tolist():
            met |= under[:, place] & rules[place]
        return under, met


def _bytes(words: Words) -> NDArray[np.uint8]:
    """(m, 8 w) the bytes of `words` (m, w), those of the first rules first."""
    return words.astype("<u8").view(np.uint8)


def _products(factors: Sequence[float], width: int) -> NDArray[np.float64]:
    """(8 w, 256) for every eight rules the products of the factors of all combinations of them."""
    tables = np.ones((width * _BYTE, 256))
    for place, factor in enumerate(factors):
        tables[place // _BYTE, np.arange(256) >> place % _BYTE & 1 == 1] *= factor
    return tables


def _longer(array: NDArray[Any], grown: int) -> NDArray[Any]:
    """`array` with so many zeros after it along its first axis."""
    return np.concatenate((array, np.zeros((grown, *array.shape[1:]), array.dtype))) if grown else array


def patched(words: Words, rows: NDArray[np.integer], changed: Words) -> Words:
    """`words` (w, n) with the columns at `rows`, which may lie beyond n, replaced."""
    grown = int(rows[-1]) + 1 - words.shape[1]
    if grown > 0:
        words = np.concatenate((words, np.zeros((words.shape[0], grown), np.uint64)), axis=1)
    words[:, rows] = changed
    return words
