"""The compiled loops of `training.vectorise`: functions of plain arrays, no state.

Two hash tables (open addressing, linear probing, a power of two of slots) number the distinct tokens and the distinct
pairs in the order in which they first appear. The caller makes all arrays long enough for any one text; a loop stops
before a text that may not fit and says how far it came.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.compiled import compiled
from recsys.tfidf import FNV_PRIME, FNV_START, ODD

LETTER, MARK, SPACELESS, HAN, OPTIONAL = 1, 2, 3, 4, 5  # classes of code points; 0 for all others
KEY, NUMBER = 0, 1  # columns of a pair's slot
PLACE, FREQUENCY = 0, 1  # columns of a term's state
NO_HASH = np.uint64(0)  # no term has it

_HASH, _PLUS = 35, 43  # code points of "#" and "+"
_START = np.uint64(FNV_START)
_PRIME = np.uint64(FNV_PRIME)
_ODD = np.uint64(ODD)
_HALF = np.uint64(32)
_ONE = np.uint64(1)


@compiled
def spans(
    points: NDArray[np.uint32],
    starts: NDArray[np.int64],
    classes: NDArray[np.uint8],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    token_starts: NDArray[np.int64],
) -> int:
    """Where the tokens of some texts lie, as `recsys.text.read` finds them.

    points        (c,) code points of all texts, normalised, none OPTIONAL, one text after the other
    starts        (s + 1,) where each text begins      classes  of all code points
    begins, ends  (2 c,) out: a word lies in begins:ends, a fragment in begins:~ends
    token_starts  (s + 1,) out: where each text's tokens begin      returns  their number
    """
    used = 0
    for text in range(starts.size - 1):
        i, end = starts[text], starts[text + 1]
        while i < end:
            kind = classes[points[i]]
            if kind == 0:
                i += 1
                continue
            begin = i
            if kind < SPACELESS:
                while i < end and 0 < classes[points[i]] < SPACELESS:
                    i += 1
                i += _suffix(points, classes, i, end)
                begins[used], ends[used] = begin, i
                used += 1
                continue
            before = -1
            while i < end and classes[points[i]] >= SPACELESS:
                stop = i + 1
                while stop < end and classes[points[stop]] == MARK:
                    stop += 1
                alone = before < 0 and (stop == end or classes[points[stop]] < SPACELESS)
                if alone or classes[points[i]] == HAN:
                    begins[used], ends[used] = i, ~stop
                    used += 1
                if before >= 0:
                    begins[used], ends[used] = before, ~stop
                    used += 1
                before, i = i, stop
        token_starts[text + 1] = used
    return used


@compiled
def _suffix(points: NDArray[np.uint32], classes: NDArray[np.uint8], at: int, end: int) -> int:
    """The length of "#" or "++" at `at` where no letter or digit follows it; else 0."""
    length = 0
    if at < end and points[at] == _HASH:
        length = 1
    elif at + 1 < end and points[at] == _PLUS and points[at + 1] == _PLUS:
        length = 2
    after = at + length
    if length and after < end and classes[points[after]] != 0 and classes[points[after]] != MARK:
        return 0
    return length


@compiled
def slot_of(value: Any, slots: NDArray[np.int32], hashes: NDArray[np.uint64]) -> Any:
    """The slot that holds a hash, else the free one to enter it in; the table as of `number`."""
    mask = np.uint64(slots.size - 1)
    slot = value & mask
    while slots[slot] and hashes[slots[slot] - 1] != value:
        slot = (slot + _ONE) & mask
    return slot


@compiled
def number(
    points: NDArray[np.uint32],
    begins: NDArray[np.int32],
    ends: NDArray[np.int32],
    token_starts: NDArray[np.int64],
    languages: NDArray[np.int64],
    first: int,
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    seen: NDArray[np.int64],
    places: NDArray[np.int32],
    known: int,
    tokens: NDArray[np.int32],
) -> tuple[int, int]:
    """A number for each distinct token of each language, in the texts from `first` on.

    points, begins, ends, token_starts  as of `spans`; languages  (s,) a number for each text
    slots         the table: a number plus one, 0 where free; known: how many tokens it holds
    hashes, seen  (capacity,) out: each distinct token's 64 bits, taken for the token itself, and how often it was seen
    places        (capacity,) out: where among `begins` it was seen first
    tokens        out: a word's number, or ~number for a fragment
    returns       how many texts are done, how many tokens are known
    """
    capacity = min(seen.size, slots.size // 2)
    for text in range(first, languages.size):
        if known + token_starts[text + 1] - token_starts[text] > capacity:
            return text, known
        for token in range(token_starts[text], token_starts[text + 1]):
            end = ends[token] if ends[token] >= 0 else ~ends[token]
            value = (_START ^ np.uint64(languages[text])) * _ODD
            for i in range(begins[token], end):
                value = (value ^ np.uint64(points[i])) * _PRIME
            value = (value ^ (value >> _HALF)) * _ODD
            value ^= value >> _HALF
            slot = slot_of(value, slots, hashes)
            if not slots[slot]:
                hashes[known], seen[known], places[known] = value, 0, token
                known += 1
                slots[slot] = known
            found = slots[slot] - 1
            seen[found] += 1
            tokens[token] = found if ends[token] >= 0 else ~found
    return languages.size, known


@compiled
def refill(slots: NDArray[np.int32], hashes: NDArray[np.uint64]) -> None:
    """Enters tokens 0.. with their hashes into an empty table."""
    for entry in range(hashes.size):
        slots[slot_of(hashes[entry], slots, hashes)] = entry + 1


@compiled
def number_hashes(
    values: NDArray[np.uint64],
    slots: NDArray[np.int32],
    hashes: NDArray[np.uint64],
    known: int,
    numbers: NDArray[np.int32],
) -> int:
    """A number for each distinct hash.

    slots, hashes  the table, as of `number`, with room for all; known: how many it holds
    numbers        out: each value's number, -1 for NO_HASH      returns  how many hashes are known
    """
    for i in range(values.size):
        numbers[i] = -1
        if values[i] != NO_HASH:
            slot = slot_of(values[i], slots, hashes)
            if not slots[slot]:
                hashes[known] = values[i]
                known += 1
                slots[slot] = known
            numbers[i] = slots[slot] - 1
    return known


@compiled
def term_hashes(points: NDArray[np.uint32], starts: NDArray[np.int64]) -> NDArray[np.uint64]:
    """`recsys.tfidf.term_hash` of each of n stems, which lie one after the other in `points`; starts (n + 1,)."""
    hashes = np.empty(starts.size - 1, np.uint64)
    for stem in range(hashes.size):
        value = _START
        for i in range(starts[stem], starts[stem + 1]):
            value = (value ^ np.uint64(points[i])) * _PRIME
        value = (value ^ (value >> _HALF)) * _ODD
        value ^= value >> _HALF
        hashes[stem] = value or _ONE
    return hashes


@compiled
def count(
    tokens: NDArray[np.int32],
    token_starts: NDArray[np.int64],
    articles: NDArray[np.int64],
    weights: NDArray[np.float32],
    first: int,
    term_of: NDArray[np.int32],
    terms: NDArray[np.int32],
    slots: NDArray[np.uint64],
    pairs: NDArray[np.int32],
    known: int,
    found: NDArray[np.int32],
    counts: NDArray[np.float32],
    row_ends: NDArray[np.int64],
    used: int,
) -> tuple[int, int, int]:
    """Terms and pairs of each article with their counts, in the texts from `first` on.

    articles, weights  (s,) which article each text is of (ascending), and what a token in it counts
    term_of   (tokens,) token number -> term number, -1 for a stop word
    terms     (terms, 2) out: each one's PLACE in `found` in the article it was last seen in, -1 before the first, and
              its FREQUENCY, the articles that hold it; pairs (capacity, 2) likewise
    slots     (power of two, 2) the table: a pair's KEY (`pair_key`; 0 where free) and NUMBER; known: how many it holds
    found, counts  out, from `used`: a term as 2 t, a pair as 2 p + 1; row_ends (n,) out: where each article's end
    returns   how many texts are done, pairs known, places used
    """
    capacity = min(pairs.shape[0], slots.shape[0] // 2)
    mask = np.uint64(slots.shape[0] - 1)
    for text in range(first, articles.size):
        low, high = token_starts[text], token_starts[text + 1]
        if known + high - low > capacity or used + 2 * (high - low) > found.size:
            return text, known, used
        article = articles[text]
        row = row_ends[article - 1] if article else 0
        weight = weights[text]
        left = -1
        for i in range(low, high):
            token = tokens[i]
            term = term_of[token if token >= 0 else ~token]
            if term < 0:
                continue
            if terms[term, PLACE] >= row:
                counts[terms[term, PLACE]] += weight
            else:
                terms[term, FREQUENCY] += 1
                terms[term, PLACE] = used
                found[used], counts[used] = 2 * term, weight
                used += 1
            if token < 0:
                continue
            if left >= 0:
                key = ((np.uint64(left) << _HALF) | np.uint64(term)) + _ONE
                slot = pair_slot(key, mask)
                while slots[slot, KEY] != key and slots[slot, KEY]:
                    slot = (slot + _ONE) & mask
                if not slots[slot, KEY]:
                    slots[slot, KEY], slots[slot, NUMBER] = key, known
                    pairs[known, PLACE], pairs[known, FREQUENCY] = -1, 0
                    known += 1
                pair = np.int64(slots[slot, NUMBER])
                if pairs[pair, PLACE] >= row:
                    counts[pairs[pair, PLACE]] += weight
                else:
                    pairs[pair, FREQUENCY] += 1
                    pairs[pair, PLACE] = used
                    found[used], counts[used] = 2 * pair + 1, weight
                    used += 1
            left = term
        row_ends[article] = used
    return articles.size, known, used


@compiled
def pair_slot(key: Any, mask: Any) -> Any:
    """Where the search for a pair begins."""
    mixed = (key ^ (key >> np.uint64(29))) * _ODD
    return (mixed ^ (mixed >> _HALF)) & mask


@compiled
def moved(slots: NDArray[np.uint64], longer: NDArray[np.uint64]) -> None:
    """Enters the pairs of one table into an empty one."""
    mask = np.uint64(longer.shape[0] - 1)
    for old in range(slots.shape[0]):
        if slots[old, KEY]:
            slot = pair_slot(slots[old, KEY], mask)
            while longer[slot, KEY]:
                slot = (slot + _ONE) & mask
            longer[slot] = slots[old]


@compiled
def weigh(
    found: NDArray[np.int32],
    counts: NDArray[np.float32],
    row_ends: NDArray[np.int64],
    columns: NDArray[np.int32],
    idf: NDArray[np.float32],
    pair_columns: NDArray[np.int32],
    lone_pair: float,
    starts: NDArray[np.int64],
    terms: NDArray[np.int32],
    weights: NDArray[np.float32],
) -> None:
    """Rows of length one.

    columns, pair_columns  the column of each term and pair; -1 for a pair of one article, which counts in the length
    idf       (V,) by column; lone_pair: that of a pair without one
    starts    (n + 1,), terms, weights: out, the rows, their terms in the order of `found`
    """
    used = begin = 0
    row_weights = np.empty(0, np.float64)
    logs = np.log1p(np.arange(256.0))  # of most counts
    for row in range(row_ends.size):
        first = used
        if row_ends[row] - begin > row_weights.size:
            row_weights = np.empty(2 * (row_ends[row] - begin), np.float64)
        squares = 0.0
        for i in range(begin, row_ends[row]):
            column = pair_columns[found[i] >> 1] if found[i] & 1 else columns[found[i] >> 1]
            times = counts[i]
            weight = logs[int(times)] if times < logs.size else np.log1p(np.float64(times))
            weight *= np.float64(idf[column]) if column >= 0 else lone_pair
            squares += weight * weight
            if column >= 0:
                row_weights[used - first] = weight
                terms[used] = column
                used += 1
        length = np.sqrt(squares)
        for i in range(first, used):
            weights[i] = row_weights[i - first] / length
        begin = row_ends[row]
        starts[row + 1] = used
